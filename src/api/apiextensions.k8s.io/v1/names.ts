import { isDeepStrictEqual } from 'node:util';
import { caBundleProblem } from './ca-bundle.ts';
import { type Crd, crdCondition, type CrdNames, isCrdConditionTrue, setCrdCondition } from './types.ts';

/** The names that others in a group have: of resources (plural, singular, short) and of kinds. */
export type TakenNames = { readonly resources: ReadonlySet<string>; readonly kinds: ReadonlySet<string> };

/** The names accepted for the other definitions of a group. */
export function takenNames(others: Iterable<CrdNames>): TakenNames {
  const resources = new Set<string>();
  const kinds = new Set<string>();
  for (const names of others) {
    for (const name of [names.plural, names.singular, ...(names.shortNames ?? [])])
      if (name !== undefined) resources.add(name);
    for (const kind of [names.kind, names.listKind]) if (kind !== undefined) kinds.add(kind);
  }
  return { resources, kinds };
}

/**
 * Accepts the names that a definition asks for and nobody else in its group has, and sets the conditions NamesAccepted and Established accordingly, in
 * place (upstream's naming and establishing controllers in one step). A definition that was established once stays so.
 * @returns whether anything changed.
 */
export function acceptNames(crd: Crd, taken: TakenNames, now: string): boolean {
  const wanted = crd.spec?.names ?? {};
  const status = (crd.status ??= {});
  const had = status.acceptedNames ?? {};
  const accepted: CrdNames = { ...had };
  let conflict: { reason: string; message: string } | undefined;
  const claim = (field: 'plural' | 'singular' | 'kind' | 'listKind', used: ReadonlySet<string>, reason: string) => {
    const name = wanted[field] ?? '';
    if (name !== (had[field] ?? '') && used.has(name)) conflict = { reason, message: inUse(name) };
    else accepted[field] = name;
  };
  claim('plural', taken.resources, 'PluralConflict');
  claim('singular', taken.resources, 'SingularConflict');
  const refused = (wanted.shortNames ?? []).filter(
    (name) => !(had.shortNames ?? []).includes(name) && taken.resources.has(name),
  );
  if (refused.length === 1) conflict = { reason: 'ShortNamesConflict', message: inUse(refused[0] ?? '') };
  else if (refused.length > 1)
    conflict = { reason: 'ShortNamesConflict', message: `[${refused.map(inUse).join(', ')}]` };
  else setList(accepted, 'shortNames', wanted.shortNames);
  claim('kind', taken.kinds, 'KindConflict');
  claim('listKind', taken.kinds, 'ListKindConflict');
  setList(accepted, 'categories', wanted.categories);

  // Go's form has these two in any case.
  accepted.plural ??= '';
  accepted.kind ??= '';
  let changed = !isDeepStrictEqual(accepted, had);
  status.acceptedNames = accepted;
  const names =
    conflict === undefined
      ? { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' }
      : { type: 'NamesAccepted', status: 'False', ...conflict };
  if (setCrdCondition(crd, names, now)) changed = true;
  if (conflict === undefined) {
    const established =
      caBundleProblem(crd.spec?.conversion) === undefined
        ? {
            type: 'Established',
            status: 'True',
            reason: 'InitialNamesAccepted',
            message: 'the initial names have been accepted',
          }
        : {
            type: 'Established',
            status: 'False',
            reason: 'InvalidCABundle',
            message: 'The conversion webhook CABundle is invalid',
          };
    if (!isCrdConditionTrue(crd, 'Established') && setCrdCondition(crd, established, now)) changed = true;
  } else if (crdCondition(crd, 'Established') === undefined) {
    setCrdCondition(
      crd,
      { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' },
      now,
    );
    changed = true;
  }
  return changed;
}

function setList(names: CrdNames, field: 'shortNames' | 'categories', list: string[] | undefined): void {
  if (list === undefined || list.length === 0) delete names[field];
  else names[field] = [...list];
}

function inUse(name: string): string {
  return `${JSON.stringify(name)} is already in use`;
}
