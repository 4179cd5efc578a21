import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { goNodeSelectorTerm, goStringMap } from '../../../apimachinery/go-syntax.ts';
import { deepEqual, type Json } from '../../../apimachinery/json.ts';
import type { NodeSelectorTerm, PodSpec } from './pod-template/types.ts';

/** Errors of how a gated pod changes its choice of nodes: it may only become narrower. */
export function validateNodeChoiceUpdate(spec: PodSpec, old: PodSpec, errors: FieldError[]): void {
  const kept = Object.entries(old.nodeSelector ?? {}).every(([key, value]) => spec.nodeSelector?.[key] === value);
  if (!kept) {
    const message = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)';
    errors.push(fieldError.invalid('spec.nodeSelector', goSyntax(goStringMap(spec.nodeSelector)), message));
  }
  const before = old.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (before === undefined || before.length === 0) return;
  const path = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms';
  if (before.length !== (terms?.length ?? 0)) {
    const list = terms?.map(goNodeSelectorTerm).join(', ');
    const shown = list === undefined ? '[]core.NodeSelectorTerm(nil)' : `[]core.NodeSelectorTerm{${list}}`;
    const message = 'no additions/deletions to non-empty NodeSelectorTerms list are allowed';
    errors.push(fieldError.invalid(path, goSyntax(shown), message));
    return;
  }
  terms?.forEach((term, index) => {
    if (onlyAdds(term, before[index] ?? {})) return;
    const message = 'only additions are allowed (no mutations or deletions)';
    errors.push(fieldError.invalid(`${path}[${index}]`, goSyntax(goNodeSelectorTerm(term)), message));
  });
}

function onlyAdds(term: NodeSelectorTerm, old: NodeSelectorTerm): boolean {
  const fields = ['matchExpressions', 'matchFields'] as const;
  const size = (of: NodeSelectorTerm, field: (typeof fields)[number]): number => of[field]?.length ?? 0;
  if (fields.every((field) => size(old, field) === 0)) return fields.every((field) => size(term, field) === 0);
  return fields.every((field) => {
    const before = old[field] ?? [];
    return deepEqual((term[field] ?? []).slice(0, before.length) as Json, before as Json);
  });
}
