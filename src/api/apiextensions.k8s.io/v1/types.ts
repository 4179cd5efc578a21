import type { JsonObject } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';

export type CrdNames = {
  plural?: string;
  singular?: string;
  shortNames?: string[];
  kind?: string;
  listKind?: string;
  categories?: string[];
};

export type CrdColumn = {
  name?: string;
  type?: string;
  format?: string;
  description?: string;
  priority?: number;
  jsonPath?: string;
};

export type CrdScale = { specReplicasPath?: string; statusReplicasPath?: string; labelSelectorPath?: string };

export type CrdVersion = {
  name?: string;
  served?: boolean;
  storage?: boolean;
  deprecated?: boolean;
  deprecationWarning?: string;
  schema?: { openAPIV3Schema?: JsonObject };
  subresources?: { status?: JsonObject; scale?: CrdScale };
  additionalPrinterColumns?: CrdColumn[];
  selectableFields?: { jsonPath?: string }[];
};

export type CrdConversion = {
  strategy?: string;
  webhook?: { clientConfig?: JsonObject; conversionReviewVersions?: string[] };
};

export type CrdSpec = {
  group?: string;
  names?: CrdNames;
  scope?: string;
  versions?: CrdVersion[];
  conversion?: CrdConversion;
  preserveUnknownFields?: boolean;
};

export type CrdCondition = {
  type?: string;
  status?: string;
  lastTransitionTime?: string;
  reason?: string;
  message?: string;
};

export type CrdStatus = { conditions?: CrdCondition[]; acceptedNames?: CrdNames; storedVersions?: string[] };

/** apiextensions.k8s.io/v1 CustomResourceDefinition, as far as its schema guarantees it. */
export type Crd = KubeObject & { spec?: CrdSpec; status?: CrdStatus };

/** CustomResourceDefinitions as storage names them. */
export const crdResource = 'customresourcedefinitions.apiextensions.k8s.io';
export const crdGroup = 'apiextensions.k8s.io';
/** Holds a deleted definition until its objects are gone. */
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io';

/** A condition of a definition; undefined when it has none of that type. */
export function crdCondition(crd: Crd, type: string): CrdCondition | undefined {
  return crd.status?.conditions?.find((condition) => condition.type === type);
}

export function isCrdConditionTrue(crd: Crd, type: string): boolean {
  return crdCondition(crd, type)?.status === 'True';
}

/**
 * Sets a condition in place; the transition time changes with the status only.
 * @returns whether anything changed.
 */
export function setCrdCondition(crd: Crd, wanted: CrdCondition & { type: string }, now: string): boolean {
  const status = (crd.status ??= {});
  const conditions = (status.conditions ??= []);
  const index = conditions.findIndex((condition) => condition.type === wanted.type);
  const old = conditions[index];
  if (old === undefined) {
    conditions.push({ lastTransitionTime: now, ...wanted });
    return true;
  }
  if (old.status === wanted.status && old.reason === wanted.reason && old.message === wanted.message) return false;
  const since = old.status === wanted.status ? (old.lastTransitionTime ?? now) : now;
  conditions[index] = { ...wanted, lastTransitionTime: since };
  return true;
}
