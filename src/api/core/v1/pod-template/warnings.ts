import type { StrategyContext } from '../../../resource-definition.ts';
import type { EnvVar, PodSpec, PodTemplateSpec } from './types.ts';

const deprecatedAnnotations: Readonly<Record<string, string>> = {
  'scheduler.alpha.kubernetes.io/critical-pod': 'non-functional in v1.16+; use the "priorityClassName" field instead',
  'security.alpha.kubernetes.io/sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
  'security.alpha.kubernetes.io/unsafe-sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
};

/** Sends the warnings that a pod template deserves (pkg/api/pod/warnings.go). `path` is where it is; '' for a pod itself. */
export function warnOfPodTemplate(template: PodTemplateSpec | undefined, path: string, ctx: StrategyContext): void {
  const { metadata, spec } = template ?? {};
  if (spec === undefined) return;
  const at = (field: string): string => (path === '' ? field : `${path}.${field}`);
  for (const name of Object.keys(metadata?.annotations ?? {})) {
    if (!Object.hasOwn(deprecatedAnnotations, name)) continue;
    ctx.warn(`${at('metadata.annotations')}[${name}]: ${deprecatedAnnotations[name] ?? ''}`);
  }
  spec.topologySpreadConstraints?.forEach(({ labelSelector }, index) => {
    if (labelSelector !== undefined) return;
    const field = `${at('spec.topologySpreadConstraints')}[${index}].labelSelector`;
    ctx.warn(`${field}: a null labelSelector results in matching no pod`);
  });
  warnOfReferences(spec, at, ctx);
  for (const list of ['initContainers', 'containers'] as const) {
    spec[list]?.forEach((container, index) =>
      warnOfEnv(container.env ?? [], `${at('spec')}.${list}[${index}].env`, ctx),
    );
  }
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    ctx.warn(
      `${at('spec.terminationGracePeriodSeconds')}: must be >= 0; negative values are invalid and will be treated as 1`,
    );
  }
}

function warnOfReferences(spec: PodSpec, at: (field: string) => string, ctx: StrategyContext): void {
  const names = new Set<string>();
  spec.imagePullSecrets?.forEach(({ name = '' }, index) => {
    const field = `${at('spec.imagePullSecrets')}[${index}].name`;
    if (name === '') ctx.warn(`${field}: invalid empty name ""`);
    else if (names.has(name)) ctx.warn(`${at('spec.imagePullSecrets')}[${index}].name: duplicate name "${name}"`);
    names.add(name);
  });
  const aliases = new Set<string>();
  spec.hostAliases?.forEach(({ ip = '' }, index) => {
    if (aliases.has(ip)) ctx.warn(`${at('spec.hostAliases')}[${index}].ip: duplicate ip "${ip}"`);
    aliases.add(ip);
  });
}

/** A variable that is defined twice: the later one wins, and patches lose the earlier one. */
function warnOfEnv(variables: readonly EnvVar[], path: string, ctx: StrategyContext): void {
  const seen = new Map<string, EnvVar>();
  variables.forEach((variable, index) => {
    const { name = '', value = '' } = variable;
    const before = seen.get(name);
    // A value that builds on the earlier definition is meant.
    const refers = value.includes(`$(${name})`);
    if (before !== undefined && !refers) {
      ctx.warn(`${path}[${index}]: hides previous definition of "${name}", which may be dropped when using apply`);
    }
    seen.set(name, variable);
  });
}
