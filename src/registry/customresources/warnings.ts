import { qualifiedName } from '../../apimachinery/validation/names.ts';

const standard: ReadonlySet<string> = new Set(['orphan', 'foregroundDeletion', 'kubernetes']);
const field = 'metadata.finalizers';

/** What is to be said of new finalizers of a custom resource (apiextensions-apiserver's validateKubeFinalizerName). */
export function finalizerWarnings(now: readonly string[] | undefined, before: readonly string[] = []): string[] {
  if (now === undefined || now.length === 0) return [];
  const warnings: string[] = [];
  for (const name of [...new Set(now)].filter((each) => !before.includes(each)).toSorted()) {
    const shown = `${field}: ${JSON.stringify(name)}: `;
    for (const message of qualifiedName(name)) warnings.push(shown + message);
    if (name.includes('/') || standard.has(name)) continue;
    const path = name.includes('.') ? ' including a path (/)' : '';
    warnings.push(
      `${shown}prefer a domain-qualified finalizer name${path} to avoid accidental conflicts with other finalizer writers`,
    );
  }
  return warnings;
}
