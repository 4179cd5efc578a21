import { goString } from '../go-syntax.ts';
import { maxUint64 } from './int64.ts';

/** A version as semver.org has it. */
export type Version = {
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly pre: readonly (string | bigint)[];
  readonly build: readonly string[];
};

const letters = /^[0-9A-Za-z-]*$/;

/** Reads a version; a string is what is wrong with it, in the words of stock's library. */
export function parseVersion(text: string): Version | string {
  if (text === '') return 'Version string empty';
  const parts = splitOnce(text);
  if (parts.length !== 3) return 'No Major.Minor.Patch elements found';
  const numbers: bigint[] = [];
  for (const [index, name] of ['major', 'minor'].entries()) {
    const part = parts[index] ?? '';
    const problem = numberProblem(part, name);
    if (problem !== undefined) return problem;
    numbers.push(BigInt(part));
  }
  const { patch, pre, build } = tail(parts[2] ?? '');
  const problem = numberProblem(patch, 'patch');
  if (problem !== undefined) return problem;
  const versions = prerelease(pre);
  if (typeof versions === 'string') return versions;
  for (const part of build) {
    if (part === '') return 'Build meta data is empty';
    if (!letters.test(part)) return `Invalid character(s) found in build meta data ${goString(part)}`;
  }
  const [major = 0n, minor = 0n] = numbers;
  return { numbers: [major, minor, BigInt(patch)], pre: versions, build };
}

function splitOnce(text: string): string[] {
  const parts = text.split('.');
  return parts.length <= 3 ? parts : [...parts.slice(0, 2), parts.slice(2).join('.')];
}

function numberProblem(part: string, name: string): string | undefined {
  const title = name.charAt(0).toUpperCase() + name.slice(1);
  if (!/^[0-9]*$/.test(part)) return `Invalid character(s) found in ${name} number ${goString(part)}`;
  if (part.length > 1 && part.startsWith('0'))
    return `${title} number must not contain leading zeroes ${goString(part)}`;
  if (part === '') return 'strconv.ParseUint: parsing "": invalid syntax';
  if (part.length > 20 || BigInt(part) > maxUint64) {
    return `strconv.ParseUint: parsing ${goString(part)}: value out of range`;
  }
  return undefined;
}

function tail(text: string): { patch: string; pre: readonly string[] | undefined; build: readonly string[] } {
  const plus = text.indexOf('+');
  const build = plus < 0 ? [] : text.slice(plus + 1).split('.');
  const rest = plus < 0 ? text : text.slice(0, plus);
  const dash = rest.indexOf('-');
  const pre = dash < 0 ? undefined : rest.slice(dash + 1).split('.');
  return { patch: dash < 0 ? rest : rest.slice(0, dash), pre, build };
}

function prerelease(parts: readonly string[] | undefined): readonly (string | bigint)[] | string {
  const versions: (string | bigint)[] = [];
  for (const part of parts ?? []) {
    if (part === '') return 'Prerelease is empty';
    if (/^[0-9]+$/.test(part)) {
      if (part.length > 1 && part.startsWith('0')) {
        return `Numeric PreRelease version must not contain leading zeroes ${goString(part)}`;
      }
      if (part.length > 20 || BigInt(part) > maxUint64) {
        return `strconv.ParseUint: parsing ${goString(part)}: value out of range`;
      }
      versions.push(BigInt(part));
    } else {
      if (!letters.test(part)) return `Invalid character(s) found in prerelease ${goString(part)}`;
      versions.push(part);
    }
  }
  return versions;
}

/** Reads a version after taking off what is in its way: a `v`, leading zeros, missing parts. */
export function parseLooseVersion(text: string): Version | string {
  const parts = splitOnce(text.replace(/^v/, '')).map((part) => {
    if (part.length <= 1) return part;
    const bare = part.replace(/^0+/, '');
    return /^[0-9]/.test(bare) ? bare : `0${bare}`;
  });
  if (parts.length < 3) {
    if (/[+-]/.test(parts.at(-1) ?? '')) return 'short version cannot contain PreRelease/Build meta data';
    while (parts.length < 3) parts.push('0');
  }
  return parseVersion(parts.join('.'));
}

/** The order of two versions: -1, 0 or 1; build data does not count. */
export function compareVersions(a: Version, b: Version): number {
  for (const [index, number] of a.numbers.entries()) {
    const other = b.numbers[index] ?? 0n;
    if (number !== other) return number > other ? 1 : -1;
  }
  if (a.pre.length === 0 || b.pre.length === 0) return Math.sign(b.pre.length - a.pre.length);
  for (let i = 0; i < Math.min(a.pre.length, b.pre.length); i += 1) {
    const order = comparePre(a.pre[i] ?? '', b.pre[i] ?? '');
    if (order !== 0) return order;
  }
  return Math.sign(a.pre.length - b.pre.length);
}

function comparePre(a: string | bigint, b: string | bigint): number {
  if (typeof a === typeof b) return a === b ? 0 : a > b ? 1 : -1;
  return typeof a === 'bigint' ? -1 : 1;
}

/** The text of a version. */
export function formatVersion({ numbers, pre, build }: Version): string {
  const suffix = (sign: string, parts: readonly (string | bigint)[]): string =>
    parts.length === 0 ? '' : sign + parts.join('.');
  return numbers.join('.') + suffix('-', pre) + suffix('+', build);
}
