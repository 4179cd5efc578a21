const nanoseconds: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

const maxDuration = (1n << 63n) - 1n;

/** A duration such as `1h30m` or `1.5s` in nanoseconds; undefined when Go's time.ParseDuration refuses it. */
export function parseDuration(text: string): bigint | undefined {
  const match = /^([-+]?)((?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.exec(text);
  if (text === '0' || text === '+0' || text === '-0') return 0n;
  if (match === null || text.length > 200) return undefined;
  let total = 0n;
  for (const [, whole = '', fraction = '', unit = ''] of text.matchAll(/(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/g)) {
    const size = nanoseconds[unit] ?? 0n;
    total += BigInt(whole === '' ? '0' : whole) * size;
    if (fraction !== '') total += (BigInt(fraction) * size) / 10n ** BigInt(fraction.length);
  }
  if (total > maxDuration) return undefined;
  return match[1] === '-' ? -total : total;
}

/** Nanoseconds as Go's Duration.String writes them: `1h30m0s`, `1.5s`, `250ms`, `0s`. */
export function formatDuration(value: bigint): string {
  if (value === 0n) return '0s';
  const sign = value < 0n ? '-' : '';
  const absolute = value < 0n ? -value : value;
  if (absolute < 1_000n) return `${sign}${absolute}ns`;
  if (absolute < 1_000_000n) return `${sign}${decimal(absolute, 1_000n)}µs`;
  if (absolute < 1_000_000_000n) return `${sign}${decimal(absolute, 1_000_000n)}ms`;
  const minutes = absolute / 60_000_000_000n;
  const seconds = `${decimal(absolute % 60_000_000_000n, 1_000_000_000n)}s`;
  if (minutes === 0n) return `${sign}${seconds}`;
  return minutes < 60n ? `${sign}${minutes}m${seconds}` : `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

function decimal(value: bigint, unit: bigint): string {
  const fraction = (value % unit)
    .toString()
    .padStart(unit.toString().length - 1, '0')
    .replace(/0+$/, '');
  return fraction === '' ? `${value / unit}` : `${value / unit}.${fraction}`;
}

/** The canonical form of a duration; undefined when it is none. */
export function normalizeDuration(text: string): string | undefined {
  const value = parseDuration(text);
  return value === undefined ? undefined : formatDuration(value);
}
