import type { Descriptions } from './definitions.ts';

/** A parameter of an operation: name, place and type say all that clients look at. */
export type Parameter = {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly type: 'string' | 'integer' | 'boolean';
  /** A text, or the type whose field of that name has it. */
  readonly description?: string | { readonly of: string };
};

const deleteOptions = { of: 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions' };

/** Parameters of the query. */
export function query(type: Parameter['type'], ...names: string[]): Parameter[] {
  return names.map((name) => ({ name, in: 'query', type }));
}

/** Those that the type of a delete request's body has, too. */
function asInDeleteOptions(parameters: readonly Parameter[]): Parameter[] {
  return parameters.map((parameter) => ({ ...parameter, description: deleteOptions }));
}

/** A parameter that stands in the path. */
export function pathParameter(name: string, description: string): Parameter {
  return { name, in: 'path', type: 'string', description };
}

export const namespaceParameter = pathParameter(
  'namespace',
  'object name and auth scope, such as for teams and projects',
);

/** Of every operation. */
export const pretty = query('string', 'pretty');
/** Of create and update. */
export const writeParameters = [
  ...asInDeleteOptions(query('string', 'dryRun')),
  ...query('string', 'fieldManager', 'fieldValidation'),
];
/** Of patch. */
export const patchParameters = [...writeParameters, ...query('boolean', 'force')];
/** DeleteOptions, as far as the query has them. */
export const deleteParameters = asInDeleteOptions([
  ...query('string', 'dryRun', 'propagationPolicy'),
  ...query('integer', 'gracePeriodSeconds'),
  ...query('boolean', 'ignoreStoreReadErrorWithClusterBreakingPotential', 'orphanDependents'),
]);
/** What selects objects, for lists and collections to delete. */
export const selectParameters = [
  ...query('string', 'continue', 'fieldSelector', 'labelSelector', 'resourceVersion', 'resourceVersionMatch'),
  ...query('integer', 'limit', 'timeoutSeconds'),
  ...query('boolean', 'sendInitialEvents'),
];
/** Of list and watch. */
export const listParameters = [...selectParameters, ...query('boolean', 'allowWatchBookmarks', 'watch')];

/** The `description` of a parameter, when there is one. */
export function describedParameter(
  { name, description }: Parameter,
  descriptions: Descriptions | undefined,
): { description?: string } {
  const text = typeof description === 'object' ? descriptions?.(description.of, name) : description;
  return text === undefined ? {} : { description: text };
}
