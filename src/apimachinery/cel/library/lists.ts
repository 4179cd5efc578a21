import { add } from '../arithmetic.ts';
import { elementsOf } from '../collections.ts';
import { declare, type FunctionDeclaration, type Implementation, type Library, method } from '../declarations.ts';
import { compare, equals } from '../equality.ts';
import {
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DURATION,
  INT,
  listOf,
  STRING,
  TIMESTAMP,
  typeParam,
  UINT,
} from '../type.ts';
import {
  CelError,
  type CelResult,
  type CelValue,
  Double,
  Duration,
  ListValue,
  noSuchOverload,
  Uint,
} from '../values.ts';

const A = typeParam('A');

const comparable: readonly (readonly [string, CelType])[] = [
  ['int', INT],
  ['uint', UINT],
  ['double', DOUBLE],
  ['bool', BOOL],
  ['duration', DURATION],
  ['timestamp', TIMESTAMP],
  ['string', STRING],
  ['bytes', BYTES],
];

const summable: readonly (readonly [string, CelType, CelValue])[] = [
  ['int', INT, 0],
  ['uint', UINT, new Uint(0n)],
  ['double', DOUBLE, new Double(0)],
  ['duration', DURATION, new Duration(0n)],
];

function onElements(work: (elements: readonly CelValue[]) => CelResult): Implementation {
  return (list) => {
    if (!(list instanceof ListValue)) return noSuchOverload;
    const elements = elementsOf(list);
    return elements instanceof CelError ? elements : work(elements);
  };
}

function isSorted(elements: readonly CelValue[]): CelResult {
  for (let i = 1; i < elements.length; i += 1) {
    if (compare(elements[i - 1] ?? null, elements[i] ?? null) === 1) return false;
  }
  return true;
}

function sum(elements: readonly CelValue[], zero: CelValue): CelResult {
  let total = zero;
  for (const element of elements) {
    const next = add(total, element);
    if (next instanceof CelError) return next;
    total = next;
  }
  return total;
}

/** The element that the others do not beat; the first of equals. */
function extreme(name: string, beaten: number): (elements: readonly CelValue[]) => CelResult {
  return (elements) => {
    let best = elements[0];
    if (best === undefined) return new CelError(`${name} called on empty list`);
    for (const element of elements) if (compare(best, element) === beaten) best = element;
    return best;
  };
}

function place(list: CelValue, wanted: CelValue, last: boolean): CelResult {
  if (!(list instanceof ListValue)) return noSuchOverload;
  for (let step = 0; step < list.size; step += 1) {
    const i = last ? list.size - 1 - step : step;
    const element = list.at(i);
    if (!(element instanceof CelError) && equals(element, wanted) === true) return i;
  }
  return -1;
}

function forTypes(
  name: string,
  id: (type: string) => string,
  work: (elements: readonly CelValue[]) => CelResult,
  result?: CelType,
): FunctionDeclaration {
  const call = onElements(work);
  return declare(name, ...comparable.map(([text, type]) => method(id(text), [listOf(type)], result ?? type, call)));
}

/** Kubernetes' functions of lists. */
export const listsLibrary: Library = {
  functions: [
    forTypes('isSorted', (type) => `list_${type}_is_sorted_bool`, isSorted, BOOL),
    declare(
      'sum',
      ...summable.map(([text, type, zero]) =>
        method(
          `list_${text}_sum_${text}`,
          [listOf(type)],
          type,
          onElements((elements) => sum(elements, zero)),
        ),
      ),
    ),
    forTypes('max', (type) => `list_${type}_max_${type}`, extreme('max', -1)),
    forTypes('min', (type) => `list_${type}_min_${type}`, extreme('min', 1)),
    declare(
      'indexOf',
      method('list_a_index_of_int', [listOf(A), A], INT, (list, item) => place(list, item, false)),
    ),
    declare(
      'lastIndexOf',
      method('list_a_last_index_of_int', [listOf(A), A], INT, (list, item) => place(list, item, true)),
    ),
  ],
};
