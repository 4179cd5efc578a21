import {
  addQuantity,
  compareQuantity,
  formatQuantity,
  parseQuantity,
  type Quantity,
  quantityProblem,
  subtractQuantity,
} from '../../quantity.ts';
import { declare, type Implementation, type Library, method, overload } from '../declarations.ts';
import { addScaled, readScaled, type Scaled, wholeOf } from '../scaled.ts';
import { BOOL, CelType, DOUBLE, INT, STRING } from '../type.ts';
import { CelError, type CelResult, type CelValue, Double, noSuchOverload, OpaqueValue, shortInt } from '../values.ts';

const QUANTITY = new CelType('struct', 'kubernetes.Quantity');
const one = 1_000_000_000n;

/** An amount of resources. */
class QuantityValue extends OpaqueValue {
  override readonly celType = QUANTITY;
  readonly quantity: Quantity;
  readonly scaled: Scaled | undefined;
  /** A result of arithmetic; stock cannot compare one with what a text spells unless it stands on the left. */
  readonly computed: boolean;

  constructor(quantity: Quantity, scaled: Scaled | undefined, computed: boolean) {
    super();
    this.quantity = quantity;
    this.scaled = scaled;
    this.computed = computed;
  }

  override equals(other: CelValue): CelResult {
    if (!(other instanceof QuantityValue) || other.computed) return noSuchOverload;
    return compareQuantity(this.quantity, other.quantity) === 0;
  }

  override toJson(): unknown {
    return formatQuantity(this.quantity);
  }
}

function parse(text: CelValue): CelResult {
  if (typeof text !== 'string') return noSuchOverload;
  const problem = quantityProblem(text);
  return problem === undefined
    ? new QuantityValue(parseQuantity(text), readScaled(text), false)
    : new CelError(problem);
}

function onQuantity(work: (quantity: Quantity) => CelResult): Implementation {
  return (value) => (value instanceof QuantityValue ? work(value.quantity) : noSuchOverload);
}

function onTwo(work: (a: Quantity, b: Quantity) => CelResult): Implementation {
  return (a, b) =>
    a instanceof QuantityValue && b instanceof QuantityValue ? work(a.quantity, b.quantity) : noSuchOverload;
}

function arithmetic(work: (a: Quantity, b: Quantity) => Quantity, sign: bigint): Implementation {
  return (a, b) => {
    if (!(a instanceof QuantityValue)) return noSuchOverload;
    let other: { quantity: Quantity; scaled: Scaled | undefined };
    if (b instanceof QuantityValue) other = b;
    else if (typeof b !== 'number' && typeof b !== 'bigint') return noSuchOverload;
    else {
      const value = BigInt(b);
      other = { quantity: { nano: value * one, format: 'DecimalExponent' }, scaled: { value, scale: 0 } };
    }
    return new QuantityValue(work(a.quantity, other.quantity), addScaled(a.scaled, other.scaled, sign), true);
  };
}

const asInteger: Implementation = (value) => {
  if (!(value instanceof QuantityValue)) return noSuchOverload;
  const whole = wholeOf(value.scaled);
  return whole === undefined ? new CelError('cannot convert value to integer') : shortInt(whole);
};

const isInteger: Implementation = (value) =>
  value instanceof QuantityValue ? wholeOf(value.scaled) !== undefined : noSuchOverload;

const asFloat: Implementation = (value) => {
  if (!(value instanceof QuantityValue)) return noSuchOverload;
  const { scaled, quantity } = value;
  return new Double(scaled === undefined ? Number(quantity.nano) / 1e9 : Number(`${scaled.value}e${scaled.scale}`));
};

/** Quantities such as `500m` and `1.5Gi`. */
export const quantityLibrary: Library = {
  functions: [
    declare('quantity', overload('string_to_quantity', [STRING], QUANTITY, parse)),
    declare(
      'isQuantity',
      overload('is_quantity_string', [STRING], BOOL, (text) =>
        typeof text === 'string' ? quantityProblem(text) === undefined : noSuchOverload,
      ),
    ),
    declare(
      'sign',
      overload(
        'quantity_sign',
        [QUANTITY],
        INT,
        onQuantity(({ nano }) => (nano > 0n ? 1 : nano < 0n ? -1 : 0)),
      ),
    ),
    declare(
      'isGreaterThan',
      method(
        'quantity_is_greater_than',
        [QUANTITY, QUANTITY],
        BOOL,
        onTwo((a, b) => compareQuantity(a, b) > 0),
      ),
    ),
    declare(
      'isLessThan',
      method(
        'quantity_is_less_than',
        [QUANTITY, QUANTITY],
        BOOL,
        onTwo((a, b) => compareQuantity(a, b) < 0),
      ),
    ),
    declare('compareTo', method('quantity_compare_to', [QUANTITY, QUANTITY], INT, onTwo(compareQuantity))),
    declare('asApproximateFloat', method('quantity_get_float', [QUANTITY], DOUBLE, asFloat)),
    declare('asInteger', method('quantity_get_int', [QUANTITY], INT, asInteger)),
    declare('isInteger', method('quantity_is_integer', [QUANTITY], BOOL, isInteger)),
    declare(
      'add',
      method('quantity_add', [QUANTITY, QUANTITY], QUANTITY, arithmetic(addQuantity, 1n)),
      method('quantity_add_int', [QUANTITY, INT], QUANTITY, arithmetic(addQuantity, 1n)),
    ),
    declare(
      'sub',
      method('quantity_sub', [QUANTITY, QUANTITY], QUANTITY, arithmetic(subtractQuantity, -1n)),
      method('quantity_sub_int', [QUANTITY, INT], QUANTITY, arithmetic(subtractQuantity, -1n)),
    ),
  ],
};
