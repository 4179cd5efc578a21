import { Lazy } from '../../apimachinery/cel/index.ts';
import type { JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { Form } from '../dynamic/match.ts';
import type { DynamicRequest } from '../dynamic/request.ts';
import { admissionRequest } from '../dynamic/request-object.ts';

/** The values of `object`, `oldObject`, `request` (made when an expression reads it) and `namespaceObject`. */
export function requestVariables(
  request: DynamicRequest,
  form: Form,
  object: KubeObject | undefined,
  oldObject: KubeObject | undefined,
  namespace?: KubeObject,
): Record<string, unknown> {
  return {
    object: object ?? null,
    oldObject: oldObject ?? null,
    namespaceObject: namespace === undefined ? null : new Lazy(() => shownNamespace(namespace)),
    request: new Lazy(() => withoutObjects(admissionRequest(request, form, undefined, undefined))),
  };
}

function withoutObjects(request: JsonObject): JsonObject {
  const { object: _object, oldObject: _oldObject, ...rest } = request;
  return rest;
}

/** Expressions see what a namespace is, not who manages it. */
function shownNamespace(namespace: KubeObject): JsonObject {
  const { managedFields: _managed, ownerReferences: _owners, ...metadata } = namespace.metadata;
  return { ...namespace, metadata } as JsonObject;
}
