export const maxInt64: bigint = 2n ** 63n - 1n;
export const minInt64: bigint = -(2n ** 63n);
export const maxUint64: bigint = 2n ** 64n - 1n;

/** Whether a number fits a signed 64-bit integer. */
export function isInt64(value: bigint): boolean {
  return value <= maxInt64 && value >= minInt64;
}

/** Whether a number fits an unsigned 64-bit integer. */
export function isUint64(value: bigint): boolean {
  return value >= 0n && value <= maxUint64;
}
