import { formatRequests } from './generic-formats.ts';
import { listRequests } from './generic-lists.ts';
import { subresourceRequests } from './generic-subresources.ts';
import { watchRequests } from './generic-watches.ts';
import { writeRequests } from './generic-writes.ts';
import type { DifferentialRequest } from './request.ts';

const sets: Readonly<Record<string, readonly DifferentialRequest[]>> = {
  'generic-formats': formatRequests,
  'generic-lists': listRequests,
  'generic-watches': watchRequests,
  'generic-writes': writeRequests,
  'generic-subresources': subresourceRequests,
};

/** The names of the sets of requests about what all kinds have in common. */
export const genericSets: readonly string[] = Object.keys(sets);

/** The sets among `names`; all of them for `generic`. */
export function genericRequests(names: readonly string[]): readonly DifferentialRequest[] {
  return Object.entries(sets).flatMap(([name, requests]) =>
    names.includes(name) || names.includes('generic') ? requests : [],
  );
}
