import { badRequest } from '../../apimachinery/errors.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { Target } from '../../registry/registry.ts';

/** Takes over the URL's namespace where the body names none. Throws 400 when it names another. */
export function matchNamespace(object: KubeObject, target: Target): void {
  const { metadata } = object;
  const namespace = metadata.namespace ?? '';
  if (namespace === target.namespace) return;
  if (target.namespace === '') delete metadata.namespace;
  else if (namespace === '') metadata.namespace = target.namespace;
  else {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
}

/** Throws 400 unless the body names the object of the URL. */
export function matchName(object: KubeObject, target: Target): void {
  const name = object.metadata.name ?? '';
  if (name === '') {
    throw badRequest(`the name of the object (${target.name} based on URL) was undeterminable: name must be provided`);
  }
  if (name !== target.name) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${target.name})`);
  }
}
