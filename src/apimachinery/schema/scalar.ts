import type { Json } from '../json.ts';
import { canonicalQuantity, quantityProblem } from '../quantity.ts';
import { canonicalBase64 } from './base64.ts';
import { normalizeDuration } from './duration.ts';
import { goValueKind } from './go-type.ts';
import type { ScalarType } from './schema.ts';
import { normalizeMicroTime, normalizeTime, TimeProblem } from './time.ts';

/** Why a scalar does not fit: `problem` is the whole text, or `cannot` continues "cannot unmarshal" (absent: the kind of the value). */
export type ScalarProblem = {
  readonly problem?: string | undefined;
  readonly cannot?: string;
  /** The Go type that refused, where it is not the field's. */
  readonly type?: string;
};

const wrongKind: ScalarProblem = {};

/** Go types that read their JSON themselves: their errors end the decoding, others only when the document has been read. */
export function decodesItself(type: ScalarType): boolean {
  return (
    type === 'quantity' || type === 'time' || type === 'microTime' || type === 'duration' || type === 'intOrString'
  );
}

const maxInt32 = 2 ** 31 - 1;
const maxInt64 = (1n << 63n) - 1n;

/** A scalar in its canonical form, or why it is none. `given` is not null. */
export function decodeScalar(type: ScalarType, given: Json): string | number | bigint | boolean | ScalarProblem {
  switch (type) {
    case 'string':
      return typeof given === 'string' ? given : wrongKind;
    case 'boolean':
      return typeof given === 'boolean' ? given : wrongKind;
    case 'int32':
      return int32(given);
    case 'int64':
      return int64(given);
    case 'double':
      if (typeof given === 'bigint') return Number(given);
      return typeof given === 'number' ? given : wrongKind;
    case 'intOrString':
      return typeof given === 'string' ? given : int32(given);
    case 'quantity':
      return quantity(given);
    case 'time':
      return typeof given === 'string' ? orProblem(normalizeTime(given)) : wrongKind;
    case 'microTime':
      return typeof given === 'string' ? orProblem(normalizeMicroTime(given)) : wrongKind;
    case 'duration':
      return typeof given === 'string'
        ? (normalizeDuration(given) ?? { problem: `time: invalid duration ${JSON.stringify(given)}` })
        : wrongKind;
    case 'bytes':
      return bytes(given);
  }
}

function int32(given: Json): number | ScalarProblem {
  if (typeof given === 'number' && Number.isInteger(given) && given <= maxInt32 && given >= -maxInt32 - 1) return given;
  return numberProblem(given);
}

function int64(given: Json): number | bigint | ScalarProblem {
  if (typeof given === 'number' && Number.isSafeInteger(given)) return given;
  if (typeof given === 'bigint' && given <= maxInt64 && given >= -maxInt64 - 1n) return given;
  return numberProblem(given);
}

function numberProblem(given: Json): ScalarProblem {
  return typeof given === 'number' || typeof given === 'bigint' ? { cannot: `number ${given}` } : wrongKind;
}

function quantity(given: Json): string | ScalarProblem {
  const text = typeof given === 'string' ? given.trim() : typeof given === 'object' ? '{' : String(given);
  return canonicalQuantity(text) ?? { problem: quantityProblem(text) };
}

function orProblem(result: string | TimeProblem): string | ScalarProblem {
  return result instanceof TimeProblem ? { problem: result.text } : result;
}

function bytes(given: Json): string | ScalarProblem {
  if (typeof given === 'string') {
    const result = canonicalBase64(given);
    return typeof result === 'string' ? result : { problem: `illegal base64 data at input byte ${result}` };
  }
  if (!Array.isArray(given)) return wrongKind;
  const data = Buffer.alloc(given.length);
  for (let i = 0; i < given.length; i++) {
    const item = given[i] ?? 0;
    if (typeof item !== 'number' || !Number.isInteger(item) || item < 0 || item > 255)
      return { cannot: goValueKind(item), ...numberProblem(item), type: 'uint8' };
    data[i] = item;
  }
  return data.toString('base64');
}
