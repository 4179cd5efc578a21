import type { Pod } from '../api/core/v1/pod-status.ts';
import { factsOf } from '../registry/generic/resource-facts.ts';
import type { AdmissionAttributes, AdmissionPlugin, Operation } from './admission.ts';

/** `handles` of a plugin that minds these operations on the objects of one resource, and not on their subresources. */
export function onlyObjectsOf(
  storage: string,
  ...operations: readonly Operation[]
): NonNullable<AdmissionPlugin['handles']> {
  return (operation, { definition, subresource }) =>
    subresource === '' && operations.includes(operation) && factsOf(definition).storage === storage;
}

/** The pod that a write to pods is about. */
export function podOf({ object }: AdmissionAttributes): Pod {
  return (object ?? { kind: 'Pod', apiVersion: 'v1', metadata: {} }) as Pod;
}
