import { type ApiError, applyConflict, type StatusCause } from '../errors.ts';
import { type FieldSet, forEachPath, sortSet } from './field-set.ts';
import { compareIdentities, type Manager } from './managers.ts';

/** What one manager owns that an apply would change. */
export type Conflict = { readonly manager: Manager; readonly set: FieldSet };

/** `"kubectl" with subresource "status" using apps/v1`. */
function describe(manager: Manager): string {
  const subresource = manager.subresource === '' ? '' : ` with subresource ${JSON.stringify(manager.subresource)}`;
  const version = manager.operation === 'Update' ? ` using ${manager.apiVersion}` : '';
  return `${JSON.stringify(manager.name)}${subresource}${version}`;
}

/** 409 with one cause for every field that somebody else owns, in upstream's words. */
export function conflictError(conflicts: readonly Conflict[]): ApiError {
  const causes: StatusCause[] = [];
  const blocks: string[] = [];
  for (const { manager, set } of [...conflicts].sort((a, b) => compareIdentities(a.manager, b.manager))) {
    const who = describe(manager);
    const paths: string[] = [];
    forEachPath(sortSet(set), (path) => paths.push(path));
    for (const field of paths) {
      causes.push({ reason: 'FieldManagerConflict', message: `conflict with ${who}`, field });
    }
    blocks.push([`conflicts with ${who}:`, ...paths.map((path) => `- ${path}`)].join('\n'));
  }
  const only = causes.length === 1 ? causes[0] : undefined;
  const text =
    only === undefined
      ? `Apply failed with ${causes.length} conflicts: ${blocks.join('\n')}`
      : `Apply failed with 1 conflict: ${only.message ?? ''}: ${only.field ?? ''}`;
  return applyConflict(text, causes);
}
