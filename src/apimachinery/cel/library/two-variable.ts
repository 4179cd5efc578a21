import { declare, type Library, overload } from '../declarations.ts';
import { twoVariableMacros } from '../macros.ts';
import { mapOf, typeParam } from '../type.ts';

const K = typeParam('K');
const V = typeParam('V');
const mapOfKV = mapOf(K, V);

/** Loops with an index or key beside the value; the loops themselves put entries into maps. */
export const twoVariableLibrary: Library = {
  macros: twoVariableMacros,
  functions: [
    declare(
      'cel.@mapInsert',
      overload('@mapInsert_map_key_value', [mapOfKV, K, V], mapOfKV),
      overload('@mapInsert_map_map', [mapOfKV, mapOfKV], mapOfKV),
    ),
  ],
};
