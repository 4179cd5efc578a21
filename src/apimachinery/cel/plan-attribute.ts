import type { Eval, Frame } from './frame.ts';
import { Lazy } from './frame.ts';
import { fromJson, JsonMap } from './json-value.ts';
import { CelType, DYN, ObjectType } from './type.ts';
import { toText } from './conversions.ts';
import {
  CelError,
  type CelResult,
  type CelValue,
  Double,
  ListValue,
  MapValue,
  Optional,
  runtimeType,
  Uint,
} from './values.ts';

/** Where a chain of fields and indices begins. */
export type Root =
  | { readonly kind: 'variable'; readonly name: string; readonly type: CelType }
  | { readonly kind: 'slot'; readonly slot: number; readonly type: CelType; readonly init?: Eval }
  /** A condition reads one of two chains and costs nothing itself. */
  | { readonly kind: 'condition'; readonly resolve: Eval }
  | { readonly kind: 'value'; readonly resolve: Eval };

/** One step of a chain: a key, known or worked out. */
export type Step = {
  readonly key: CelValue | Eval;
  readonly optional: boolean;
  /** The struct that the checker saw the key in. */
  readonly owner?: ObjectType;
};

/** A chain of fields and indices from one root, which costs one unit to read and one more for each step. */
export type Chain = { readonly root: Root; readonly steps: readonly Step[]; readonly test?: true };

/** Marks a slot of a binding whose value nobody asked for yet. */
export const unset: unique symbol = Symbol('unset');

/** Reads a chain with all its costs. */
export function readChain(chain: Chain): Eval {
  const resolve = resolveChain(chain);
  if (chain.root.kind === 'condition' || chain.test === true) return resolve;
  return (frame) => {
    frame.cost += 1;
    return resolve(frame);
  };
}

/** Reads a chain without the cost of its root: what a condition's branches and index expressions do. */
export function resolveChain(chain: Chain): Eval {
  const load = loader(chain.root);
  if (chain.steps.length === 0) {
    const { root } = chain;
    if (root.kind !== 'variable' && root.kind !== 'slot') return load as Eval;
    return (frame) => asValue(load(frame), root.type);
  }
  return fieldPath(chain, load) ?? generalPath(chain, load);
}

type Load = (frame: Frame) => unknown;

/** What a root holds: JSON or a value; an error where there is nothing. */
function loader(root: Root): Load {
  switch (root.kind) {
    case 'variable': {
      const { name } = root;
      const missing = new CelError(`no such attribute(s): ${name}`);
      return (frame) => {
        const value = Object.hasOwn(frame.activation, name) ? frame.activation[name] : missing;
        if (typeof value !== 'object') return value === undefined ? missing : value;
        return value instanceof Lazy ? value.value : value;
      };
    }
    case 'slot': {
      const { slot, init } = root;
      if (init === undefined) return (frame) => frame.slots[slot];
      return (frame) => {
        if (frame.slots[slot] === unset) frame.slots[slot] = init(frame);
        return frame.slots[slot];
      };
    }
    default:
      return root.resolve;
  }
}

function asValue(raw: unknown, type: CelType): CelResult {
  if (raw instanceof CelError) return raw;
  return fromJson(raw, type);
}

type PlainField = {
  readonly key: string;
  readonly name: string;
  readonly inherited: boolean;
  readonly missing: CelError;
};

/** A path of declared fields reads the JSON itself and makes a value of the last one only. */
function fieldPath(chain: Chain, load: Load): Eval | undefined {
  if (chain.test === true || (chain.root.kind !== 'variable' && chain.root.kind !== 'slot')) return undefined;
  const fields: PlainField[] = [];
  let type: CelType = DYN;
  let nullIsAbsent = false;
  for (const { key, optional, owner } of chain.steps) {
    const field = typeof key === 'string' ? owner?.field(key) : undefined;
    if (typeof key !== 'string' || optional || owner === undefined || field === undefined) return undefined;
    if (fields.length > 0 && owner.nullIsAbsent !== nullIsAbsent) return undefined;
    nullIsAbsent = owner.nullIsAbsent;
    const name = field.jsonName;
    fields.push({ key, name, inherited: name in Object.prototype, missing: missingKey(key) });
    ({ type } = field);
  }
  // Values that are not JSON are rare: the code for them is made when one comes.
  let slow: Eval | undefined;
  const general: Eval = (frame) => {
    slow ??= generalPath(chain, load);
    return slow(frame);
  };
  const [single] = fields;
  if (single !== undefined && fields.length === 1) return singleField(load, single, type, nullIsAbsent, general);
  return (frame) => {
    const start = load(frame);
    let raw: unknown = start instanceof JsonMap ? start.raw : start;
    if (!isPlain(raw)) return general(frame);
    for (const field of fields) {
      frame.cost += 1;
      if (!isPlain(raw)) return field.missing;
      raw = fieldOf(raw, field);
      if (raw === undefined || (raw === null && nullIsAbsent)) return field.missing;
    }
    return fromJson(raw, type);
  };
}

function singleField(load: Load, field: PlainField, type: CelType, nullIsAbsent: boolean, general: Eval): Eval {
  return (frame) => {
    const start = load(frame);
    const raw: unknown = start instanceof JsonMap ? start.raw : start;
    if (!isPlain(raw)) return general(frame);
    frame.cost += 1;
    const value = fieldOf(raw, field);
    if (typeof value === 'string' && type.kind === 'string') return value;
    if (value === undefined || (value === null && nullIsAbsent)) return field.missing;
    return fromJson(value, type);
  };
}

function fieldOf(raw: Readonly<Record<string, unknown>>, { name, inherited }: PlainField): unknown {
  return inherited && !Object.hasOwn(raw, name) ? undefined : raw[name];
}

function isPlain(raw: unknown): raw is Readonly<Record<string, unknown>> {
  return (
    typeof raw === 'object' &&
    raw !== null &&
    !Array.isArray(raw) &&
    !(raw instanceof MapValue) &&
    !(raw instanceof CelError) &&
    !(raw instanceof Optional)
  );
}

function generalPath(chain: Chain, load: Load): Eval {
  const { root, steps, test } = chain;
  const type = root.kind === 'variable' || root.kind === 'slot' ? root.type : DYN;
  const last = steps.length - 1;
  return (frame) => {
    let value = asValue(load(frame), type);
    if (value instanceof CelError) return value;
    let optional = false;
    if (value instanceof Optional) {
      if (value.value === undefined) return test === true ? false : value;
      optional = true;
      value = value.value;
    }
    for (let i = 0; i <= last; i += 1) {
      const step = steps[i];
      if (step === undefined) break;
      optional ||= step.optional;
      const key: CelResult = typeof step.key === 'function' ? step.key(frame) : step.key;
      if (key instanceof CelError) {
        if (!optional) frame.cost += 1;
        return key;
      }
      const tested = test === true && i === last;
      const found: CelResult | undefined = qualify(value, key, optional || tested);
      if (!optional || (found !== undefined && !(found instanceof CelError))) frame.cost += 1;
      if (found instanceof CelError) return found;
      if (tested) return found !== undefined;
      if (found === undefined) return test === true ? false : Optional.none;
      value = found;
    }
    return optional ? Optional.of(value) : value;
  };
}

/** The value under a key; undefined where there is none and asking is allowed. */
export function qualify(value: CelValue, key: CelValue, presence: boolean): CelResult | undefined {
  if (value instanceof MapValue) {
    const found = value.find(key);
    return found === undefined && !presence ? missingKey(key) : found;
  }
  if (value instanceof ListValue) {
    const index = indexOf(key);
    if (index instanceof CelError) return index;
    if (index >= 0 && index < value.size) return value.at(index);
    return presence ? undefined : new CelError(`index out of bounds: ${shown(key)}`);
  }
  return presence ? undefined : missingKey(key);
}

/** The place in a list that a key names. */
export function indexOf(key: CelValue): number | CelError {
  if (typeof key === 'number') return key;
  if (key instanceof Double || key instanceof Uint || typeof key === 'bigint') {
    const plain = Number(typeof key === 'bigint' ? key : key.value);
    if (Number.isSafeInteger(plain)) return plain;
    if (typeof key === 'bigint') return -1;
    return new CelError(`unsupported index value ${shown(key)} in list`);
  }
  return new CelError(`unsupported index type '${runtimeType(key).name}' in list`);
}

function missingKey(key: CelValue): CelError {
  return new CelError(`no such key: ${shown(key)}`);
}

/** A value as errors name it. */
export function shown(key: CelValue): string {
  const text = toText(key);
  return typeof text === 'string' ? text : runtimeType(key).name;
}
