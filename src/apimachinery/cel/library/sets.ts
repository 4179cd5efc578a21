import { listHas } from '../collections.ts';
import { declare, type Implementation, type Library, overload } from '../declarations.ts';
import { BOOL, listOf, typeParam } from '../type.ts';
import { CelError, type CelResult, ListValue, noSuchOverload } from '../values.ts';

const list = listOf(typeParam('T'));

function onLists(work: (a: ListValue, b: ListValue) => CelResult): Implementation {
  return (a, b) => (a instanceof ListValue && b instanceof ListValue ? work(a, b) : noSuchOverload);
}

function contains(a: ListValue, b: ListValue): CelResult {
  for (let i = 0; i < b.size; i += 1) {
    const value = b.at(i);
    const has = value instanceof CelError ? value : listHas(a, value);
    if (has !== true) return has;
  }
  return true;
}

function equivalent(a: ListValue, b: ListValue): CelResult {
  const within = contains(a, b);
  return within === true ? contains(b, a) : within;
}

function intersects(a: ListValue, b: ListValue): CelResult {
  for (let i = 0; i < a.size; i += 1) {
    const value = a.at(i);
    if (!(value instanceof CelError) && listHas(b, value) === true) return true;
  }
  return false;
}

/** Lists as sets. */
export const setsLibrary: Library = {
  functions: [
    declare('sets.contains', overload('list_sets_contains_list', [list, list], BOOL, onLists(contains))),
    declare('sets.equivalent', overload('list_sets_equivalent_list', [list, list], BOOL, onLists(equivalent))),
    declare('sets.intersects', overload('list_sets_intersects_list', [list, list], BOOL, onLists(intersects))),
  ],
};
