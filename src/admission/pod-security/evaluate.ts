import type { PodSpec } from '../../api/core/v1/pod-template/types.ts';
import type { ObjectMeta } from '../../apimachinery/object.ts';
import { baselineChecks } from './baseline.ts';
import type { Check, CheckPod, Violation } from './check.ts';
import type { LevelVersion } from './policy.ts';
import { restrictedChecks } from './restricted.ts';

/** The newest version in which a check changed: later ones are like it. */
const newest = Math.max(
  ...[...baselineChecks, ...restrictedChecks].flatMap(({ versions }) => versions.map((v) => v.from)),
);

/** By level and version; at most two for each version there has been. */
const known = new Map<string, readonly CheckPod[]>();

/** What a level forbids of a pod or pod template, in the order of messages: the baseline's checks first, each by its name. */
export function violationsOf(wanted: LevelVersion, metadata: ObjectMeta, spec: PodSpec): readonly Violation[] {
  if (wanted.level === 'privileged') return [];
  const violations: Violation[] = [];
  for (const check of checksOf(wanted)) {
    const violation = check(metadata, spec);
    if (violation !== undefined) violations.push(violation);
  }
  return violations;
}

/** `reason (detail), reason (detail)` */
export function describeViolations(violations: readonly Violation[]): string {
  return violations.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`)).join(', ');
}

function checksOf({ level, minor }: LevelVersion): readonly CheckPod[] {
  const version = Math.min(minor, newest);
  const key = `${level}:${version}`;
  let checks = known.get(key);
  if (checks === undefined) known.set(key, (checks = level === 'baseline' ? baseline(version) : restricted(version)));
  return checks;
}

function baseline(version: number, but: ReadonlySet<string> = new Set()): CheckPod[] {
  return baselineChecks.filter(({ id }) => !but.has(id)).flatMap((check) => formOf(check, version));
}

function restricted(version: number): CheckPod[] {
  const present = restrictedChecks.filter((check) => formOf(check, version).length > 0);
  const overridden = new Set(present.flatMap(({ overrides }) => (overrides === undefined ? [] : [overrides])));
  return [...baseline(version, overridden), ...present.flatMap((check) => formOf(check, version))];
}

/** The form that a check has in a version; none before its first. */
function formOf({ versions }: Check, version: number): CheckPod[] {
  const form = versions.findLast(({ from }) => from <= version);
  return form === undefined ? [] : [form.check];
}
