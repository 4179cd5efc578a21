/** A parameter of an operation: name, place and type say all that clients look at. */
export type Parameter = {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly type: 'string' | 'integer' | 'boolean';
};

function query(type: Parameter['type'], ...names: string[]): Parameter[] {
  return names.map((name) => ({ name, in: 'query', type }));
}

/** A parameter that stands in the path. */
export function pathParameter(name: string): Parameter {
  return { name, in: 'path', type: 'string' };
}

/** Of every operation. */
export const pretty = query('string', 'pretty');
/** Of create and update. */
export const writeParameters = query('string', 'dryRun', 'fieldManager', 'fieldValidation');
/** Of patch. */
export const patchParameters = [...writeParameters, ...query('boolean', 'force')];
/** DeleteOptions, as far as the query has them. */
export const deleteParameters = [
  ...query('string', 'dryRun', 'propagationPolicy'),
  ...query('integer', 'gracePeriodSeconds'),
  ...query('boolean', 'ignoreStoreReadErrorWithClusterBreakingPotential', 'orphanDependents'),
];
/** What selects objects, for lists and collections to delete. */
export const selectParameters = [
  ...query('string', 'continue', 'fieldSelector', 'labelSelector', 'resourceVersion', 'resourceVersionMatch'),
  ...query('integer', 'limit', 'timeoutSeconds'),
  ...query('boolean', 'sendInitialEvents'),
];
/** Of list and watch. */
export const listParameters = [...selectParameters, ...query('boolean', 'allowWatchBookmarks', 'watch')];
