import { elementsOf } from '../collections.ts';
import { ArrayList } from '../collections.ts';
import { declare, type Implementation, type Library, method, overload } from '../declarations.ts';
import { optionalMacros } from '../macros.ts';
import { BOOL, DYN, INT, listOf, mapOf, optionalOf, STRING, typeParam } from '../type.ts';
import { CelError, type CelResult, type CelValue, ListValue, noSuchOverload, Optional } from '../values.ts';
import { isZero } from '../zero.ts';

const K = typeParam('K');
const V = typeParam('V');
const optionalV = optionalOf(V);
const listV = listOf(V);
const mapKV = mapOf(K, V);
const listOptionalV = listOf(optionalV);

function onOptional(work: (optional: Optional) => CelResult): Implementation {
  return (value) => (value instanceof Optional ? work(value) : noSuchOverload);
}

/** An end of a list, if it has one. */
function edge(place: (size: number) => number): Implementation {
  return (list) => {
    if (!(list instanceof ListValue)) return noSuchOverload;
    if (list.size === 0) return Optional.none;
    const value = list.at(place(list.size));
    return value instanceof CelError ? value : Optional.of(value);
  };
}

function unwrap(list: CelValue): CelResult {
  if (!(list instanceof ListValue)) return noSuchOverload;
  const elements = elementsOf(list);
  if (elements instanceof CelError) return elements;
  const values: CelValue[] = [];
  for (const element of elements) {
    if (!(element instanceof Optional)) return new CelError('value is not optional');
    if (element.value !== undefined) values.push(element.value);
  }
  return new ArrayList(values);
}

/** Values that may be missing: `.?`, `[?]`, `optional.of` and what is done with them. */
export const optionalLibrary: Library = {
  optionals: true,
  macros: optionalMacros,
  types: [optionalOf(DYN)],
  functions: [
    declare(
      'optional.of',
      overload('optional_of', [V], optionalV, (value) => Optional.of(value)),
    ),
    declare(
      'optional.ofNonZeroValue',
      overload('optional_ofNonZeroValue', [V], optionalV, (value) =>
        isZero(value) ? Optional.none : Optional.of(value),
      ),
    ),
    declare(
      'optional.none',
      overload('optional_none', [], optionalV, () => Optional.none),
    ),
    declare(
      'value',
      method(
        'optional_value',
        [optionalV],
        V,
        onOptional(({ value }) => (value === undefined ? new CelError('optional.none() dereference') : value)),
      ),
    ),
    declare(
      'hasValue',
      method(
        'optional_hasValue',
        [optionalV],
        BOOL,
        onOptional(({ value }) => value !== undefined),
      ),
    ),
    declare('or', method('optional_or_optional', [optionalV, optionalV], optionalV)),
    declare('orValue', method('optional_orValue_value', [optionalV, V], V)),
    declare('_?._', overload('select_optional_field', [DYN, STRING], optionalV)),
    declare(
      '_[?_]',
      overload('list_optindex_optional_int', [listV, INT], optionalV),
      overload('optional_list_optindex_optional_int', [optionalOf(listV), INT], optionalV),
      overload('map_optindex_optional_value', [mapKV, K], optionalV),
      overload('optional_map_optindex_optional_value', [optionalOf(mapKV), K], optionalV),
    ),
    declare(
      '_[_]',
      overload('optional_list_index_int', [optionalOf(listV), INT], optionalV),
      overload('optional_map_index_value', [optionalOf(mapKV), K], optionalV),
    ),
    declare(
      'last',
      method(
        'list_last',
        [listV],
        optionalV,
        edge((size) => size - 1),
      ),
    ),
    declare(
      'first',
      method(
        'list_first',
        [listV],
        optionalV,
        edge(() => 0),
      ),
    ),
    declare('optional.unwrap', overload('optional_unwrap', [listOptionalV], listV, unwrap)),
    declare('unwrapOpt', method('optional_unwrapOpt', [listOptionalV], listV, unwrap)),
  ],
};
