import type { StrategyContext } from '../../../resource-definition.ts';
import { ipWarning } from '../../../../apimachinery/validation/ip.ts';
import { labelValue } from '../../../../apimachinery/validation/names.ts';
import { warnOfNodeLabel } from '../deprecated-labels.ts';
import type {
  Container,
  EnvVar,
  NodeSelectorTerm,
  PodAffinity,
  PodSpec,
  PodTemplateSpec,
  ResourceList,
} from './types.ts';
import { appArmorPrefix, seccompPod, seccompPrefix } from './validate-pod-annotations.ts';
import { warnOfPorts } from './warn-ports.ts';
import { isFractional, warnOfVolumes } from './warn-volumes.ts';

const deprecatedAnnotations: Readonly<Record<string, string>> = {
  'scheduler.alpha.kubernetes.io/critical-pod': 'non-functional in v1.16+; use the "priorityClassName" field instead',
  'security.alpha.kubernetes.io/sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
  'security.alpha.kubernetes.io/unsafe-sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
};
const nullSelector = 'a null labelSelector results in matching no pod';
const useSeccompField = 'non-functional in v1.27+; use the "seccompProfile" field instead';

type At = (field: string) => string;

/** Sends the warnings that a pod template deserves (pkg/api/pod/warnings.go), in stock's order. `path` is where it is; '' for a pod itself. */
export function warnOfPodTemplate(template: PodTemplateSpec | undefined, path: string, ctx: StrategyContext): void {
  const { metadata, spec } = template ?? {};
  if (spec === undefined) return;
  const at: At = (field) => (path === '' ? field : `${path}.${field}`);
  const annotations = metadata?.annotations ?? {};
  warnOfNodeChoice(spec, at, ctx);
  for (const name of Object.keys(deprecatedAnnotations)) {
    if (!Object.hasOwn(annotations, name)) continue;
    ctx.warn(`${at('metadata.annotations')}[${name}]: ${deprecatedAnnotations[name] ?? ''}`);
  }
  if (spec.volumes !== undefined) warnOfVolumes(spec.volumes, at('spec.volumes'), ctx);
  warnOfReferences(spec, at, ctx);
  warnOfFractions(spec.overhead, at('spec.overhead'), ctx);
  if (spec.securityContext?.seccompProfile === undefined && Object.hasOwn(annotations, seccompPod))
    ctx.warn(`${at('metadata.annotations')}[${seccompPod}]: ${useSeccompField}`);
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'] as const)
    spec[list]?.forEach((container, index) => {
      warnOfProfiles(container, spec, annotations, path, at, ctx);
      warnOfContainer(container, `${at('spec')}.${list}[${index}]`, ctx);
    });
  warnOfPorts(spec, at('spec'), ctx);
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0)
    ctx.warn(
      `${at('spec.terminationGracePeriodSeconds')}: must be >= 0; negative values are invalid and will be treated as 1`,
    );
  warnOfPodAffinity(spec.affinity?.podAffinity, at('spec.affinity.podAffinity'), ctx);
  warnOfPodAffinity(spec.affinity?.podAntiAffinity, at('spec.affinity.podAntiAffinity'), ctx);
  spec.dnsConfig?.nameservers?.forEach((ip, index) =>
    warnOfIp(ip, `${at('spec.dnsConfig.nameservers')}[${index}]`, ctx),
  );
  spec.hostAliases?.forEach(({ ip = '' }, index) => warnOfIp(ip, `${at('spec.hostAliases')}[${index}].ip`, ctx));
}

/** Warns of an IP address that is not written as it should be. */
export function warnOfIp(ip: string, path: string, ctx: StrategyContext): void {
  const warning = ipWarning(ip);
  if (warning !== undefined) ctx.warn(`${path}: ${warning}`);
}

function warnOfNodeChoice(spec: PodSpec, at: At, ctx: StrategyContext): void {
  for (const key of Object.keys(spec.nodeSelector ?? {}))
    warnOfNodeLabel(key, `${at('spec.nodeSelector')}[${key}]`, ctx);
  const node = spec.affinity?.nodeAffinity;
  if (node !== undefined) {
    const path = at('spec.affinity.nodeAffinity');
    node.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms?.forEach((term, index) =>
      warnOfNodeTerm(
        term,
        false,
        `${path}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${index}]`,
        ctx,
      ),
    );
    node.preferredDuringSchedulingIgnoredDuringExecution?.forEach(({ preference = {} }, index) =>
      warnOfNodeTerm(
        preference,
        true,
        `${path}.preferredDuringSchedulingIgnoredDuringExecution[${index}].preference`,
        ctx,
      ),
    );
  }
  spec.topologySpreadConstraints?.forEach(({ labelSelector, topologyKey = '' }, index) => {
    const path = `${at('spec.topologySpreadConstraints')}[${index}]`;
    warnOfNodeLabel(topologyKey, `${path}.topologyKey`, ctx, `${topologyKey} is `);
    if (labelSelector === undefined) ctx.warn(`${path}.labelSelector: ${nullSelector}`);
  });
}

/** Warns of node labels that have got other names and, where validation does not look at them, of values that no label can have. */
export function warnOfNodeTerm(term: NodeSelectorTerm, alsoValues: boolean, path: string, ctx: StrategyContext): void {
  term.matchExpressions?.forEach(({ key = '', values }, index) => {
    const here = `${path}.matchExpressions[${index}]`;
    warnOfNodeLabel(key, `${here}.key`, ctx, `${key} is `);
    if (!alsoValues) return;
    values?.forEach((value, at) => {
      for (const message of labelValue(value)) ctx.warn(`${here}.values[${at}]: ${value} is invalid, ${message}`);
    });
  });
}

function warnOfReferences(spec: PodSpec, at: At, ctx: StrategyContext): void {
  const aliases = new Set<string>();
  spec.hostAliases?.forEach(({ ip = '' }, index) => {
    if (aliases.has(ip)) ctx.warn(`${at('spec.hostAliases')}[${index}].ip: duplicate ip "${ip}"`);
    aliases.add(ip);
  });
  const names = new Set<string>();
  spec.imagePullSecrets?.forEach(({ name = '' }, index) => {
    if (names.has(name)) ctx.warn(`${at('spec.imagePullSecrets')}[${index}].name: duplicate name "${name}"`);
    names.add(name);
  });
  spec.imagePullSecrets?.forEach(({ name = '' }, index) => {
    if (name === '') ctx.warn(`${at('spec.imagePullSecrets')}[${index}].name: invalid empty name ""`);
  });
}

function warnOfFractions(list: ResourceList | undefined, path: string, ctx: StrategyContext): void {
  if (list === undefined) return;
  for (const name of ['memory', 'ephemeral-storage']) {
    const value = list[name];
    if (value !== undefined && isFractional(value))
      ctx.warn(`${path}[${name}]: fractional byte value "${value}" is invalid, must be an integer`);
  }
}

/** Old annotations without the fields that have replaced them. A pod's own AppArmor annotations are told of where they become fields. */
function warnOfProfiles(
  { name = '', securityContext }: Container,
  spec: PodSpec,
  annotations: Readonly<Record<string, string>>,
  path: string,
  at: At,
  ctx: StrategyContext,
): void {
  const key = `${seccompPrefix}${name}`;
  if (securityContext?.seccompProfile === undefined && Object.hasOwn(annotations, key))
    ctx.warn(`${at('metadata.annotations')}[${key}]: ${useSeccompField}`);
  const hasProfile = (spec.securityContext?.appArmorProfile ?? securityContext?.appArmorProfile) !== undefined;
  const armor = `${appArmorPrefix}${name}`;
  if (path !== '' && !hasProfile && Object.hasOwn(annotations, armor))
    ctx.warn(
      `${at('metadata.annotations')}[${armor}]: deprecated since v1.30; use the "appArmorProfile" field instead`,
    );
}

function warnOfContainer({ resources, env }: Container, path: string, ctx: StrategyContext): void {
  if (resources !== undefined)
    for (const name of ['memory', 'ephemeral-storage'])
      for (const list of ['limits', 'requests'] as const) {
        const value = resources[list]?.[name];
        if (value !== undefined && isFractional(value))
          ctx.warn(
            `${path}.resources.${list}[${name}]: fractional byte value "${value}" is invalid, must be an integer`,
          );
      }
  if (env !== undefined && env.length > 1) warnOfEnv(env, `${path}.env`, ctx);
}

/** A variable that is defined twice: the later one wins, and patches lose the earlier one. */
function warnOfEnv(variables: readonly EnvVar[], path: string, ctx: StrategyContext): void {
  const seen = new Set<string>();
  variables.forEach(({ name = '', value = '', valueFrom }, index) => {
    const reference = `$(${name})`;
    // A value that builds on the earlier definition is meant.
    const builds = valueFrom === undefined && value !== reference && value.includes(reference);
    if (seen.has(name) && !builds)
      ctx.warn(`${path}[${index}]: hides previous definition of "${name}", which may be dropped when using apply`);
    seen.add(name);
  });
}

function warnOfPodAffinity(affinity: PodAffinity | undefined, path: string, ctx: StrategyContext): void {
  affinity?.requiredDuringSchedulingIgnoredDuringExecution?.forEach(({ labelSelector }, index) => {
    if (labelSelector === undefined)
      ctx.warn(`${path}.requiredDuringSchedulingIgnoredDuringExecution[${index}].labelSelector: ${nullSelector}`);
  });
  affinity?.preferredDuringSchedulingIgnoredDuringExecution?.forEach(({ podAffinityTerm }, index) => {
    if (podAffinityTerm?.labelSelector === undefined)
      ctx.warn(
        `${path}.preferredDuringSchedulingIgnoredDuringExecution[${index}].podAffinityTerm.labelSelector: ${nullSelector}`,
      );
  });
}
