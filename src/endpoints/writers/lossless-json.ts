import type { Json } from '../../apimachinery/json.ts';

/** Parses JSON that this server wrote itself; integers that a double cannot hold become bigint. */
export function parseJsonLosslessly(text: string): Json {
  return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' &&
    !Number.isSafeInteger(value) &&
    context?.source !== undefined &&
    /^-?\d+$/.test(context.source)
      ? BigInt(context.source)
      : value,
  ) as Json;
}
