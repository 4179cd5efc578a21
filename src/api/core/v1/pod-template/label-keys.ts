import type { Affinity, PodAffinityTerm } from './types.ts';

/** Makes the matchLabelKeys and mismatchLabelKeys of a new pod's affinity terms part of their selectors, with the pod's own values. */
export function applyLabelKeys(affinity: Affinity | undefined, labels: Readonly<Record<string, string>>): void {
  for (const side of [affinity?.podAffinity, affinity?.podAntiAffinity]) {
    for (const { podAffinityTerm } of side?.preferredDuringSchedulingIgnoredDuringExecution ?? []) {
      if (podAffinityTerm !== undefined) applyToTerm(podAffinityTerm, labels);
    }
    for (const term of side?.requiredDuringSchedulingIgnoredDuringExecution ?? []) applyToTerm(term, labels);
  }
}

function applyToTerm(term: PodAffinityTerm, labels: Readonly<Record<string, string>>): void {
  const { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] } = term;
  if (labelSelector === undefined) return;
  const add = (keys: readonly string[], operator: string): void => {
    for (const key of keys) {
      const value = labels[key];
      if (value === undefined) continue;
      (labelSelector.matchExpressions ??= []).push({ key, operator, values: [value] });
    }
  };
  add(matchLabelKeys, 'In');
  add(mismatchLabelKeys, 'NotIn');
}
