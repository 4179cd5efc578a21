import { goString } from '../../apimachinery/go-syntax.ts';
import type { ObjectMeta } from '../../apimachinery/object.ts';
import type { PodSpec } from '../../api/core/v1/pod-template/types.ts';
import {
  type Check,
  type CheckPod,
  containersOf,
  counted,
  namesOf,
  plural,
  quoted,
  setters,
  sorted,
  type Violation,
} from './check.ts';
import { seLinuxOptions } from './se-linux.ts';
import { seccompAnnotations, seccompProfiles } from './seccomp.ts';

const appArmorAnnotation = 'container.apparmor.security.beta.kubernetes.io/';
const profileTypes: ReadonlySet<string | undefined> = new Set(['RuntimeDefault', 'Localhost']);
const allowedCapabilities: ReadonlySet<string> = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

function appArmorProfile({ annotations = {} }: ObjectMeta, spec: PodSpec): Violation | undefined {
  const containers = containersOf(spec);
  const pod = spec.securityContext?.appArmorProfile;
  const isBad = (profile: { type?: string } | undefined): boolean =>
    profile !== undefined && !profileTypes.has(profile.type);
  const bad = containers.filter(({ securityContext }) => isBad(securityContext?.appArmorProfile));
  const who = setters(
    isBad(pod),
    bad.map(({ name = '' }) => name),
  );
  const values = sorted([
    ...(isBad(pod) ? [pod?.type ?? ''] : []),
    ...bad.map(({ securityContext }) => securityContext?.appArmorProfile?.type ?? ''),
  ]);
  const forbidden = Object.entries(annotations)
    .filter(([key, value]) => key.startsWith(appArmorAnnotation) && !isAllowedProfile(value))
    .map(([key, value]) => `${key}=${goString(value)}`);
  const all = [...values, ...sorted(forbidden)];
  if (who === undefined && forbidden.length === 0) return undefined;
  const by = [
    ...(who === undefined ? [] : [who]),
    ...(forbidden.length > 0 ? [plural('annotation', forbidden.length)] : []),
  ];
  return {
    reason: plural('forbidden AppArmor profile', all.length),
    detail: `${by.join(' and ')} must not set AppArmor profile type to ${quoted(all)}`,
  };
}

function isAllowedProfile(value: string): boolean {
  return value === '' || value === 'runtime/default' || value.startsWith('localhost/');
}

function capabilities(_metadata: ObjectMeta, spec: PodSpec): Violation | undefined {
  const added = new Set<string>();
  const bad = namesOf(containersOf(spec), ({ securityContext }) => {
    const forbidden = securityContext?.capabilities?.add?.filter((each) => !allowedCapabilities.has(each)) ?? [];
    for (const each of forbidden) added.add(each);
    return forbidden.length > 0;
  });
  if (bad.length === 0) return undefined;
  return {
    reason: 'non-default capabilities',
    detail: `${counted('container', bad)} must not include ${quoted(sorted(added))} in securityContext.capabilities.add`,
  };
}

function hostNamespaces(_metadata: ObjectMeta, spec: PodSpec): Violation | undefined {
  const used = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => spec[field] === true);
  if (used.length === 0) return undefined;
  return { reason: 'host namespaces', detail: used.map((field) => `${field}=true`).join(', ') };
}

function hostPathVolumes(_metadata: ObjectMeta, { volumes = [] }: PodSpec): Violation | undefined {
  const bad = volumes.filter(({ hostPath }) => hostPath !== undefined).map(({ name = '' }) => name);
  return bad.length === 0 ? undefined : { reason: 'hostPath volumes', detail: counted('volume', bad) };
}

function hostPorts(_metadata: ObjectMeta, spec: PodSpec): Violation | undefined {
  const used = new Set<string>();
  const bad = namesOf(containersOf(spec), ({ ports = [] }) => {
    const taken = ports.flatMap(({ hostPort = 0 }) => (hostPort === 0 ? [] : [String(hostPort)]));
    for (const each of taken) used.add(each);
    return taken.length > 0;
  });
  if (bad.length === 0) return undefined;
  const verb = bad.length === 1 ? 'uses' : 'use';
  return {
    reason: 'hostPort',
    detail: `${counted('container', bad)} ${verb} ${plural('hostPort', used.size)} ${sorted(used).join(', ')}`,
  };
}

function privileged(_metadata: ObjectMeta, spec: PodSpec): Violation | undefined {
  const bad = namesOf(containersOf(spec), ({ securityContext }) => securityContext?.privileged === true);
  if (bad.length === 0) return undefined;
  return {
    reason: 'privileged',
    detail: `${counted('container', bad)} must not set securityContext.privileged=true`,
  };
}

function procMount(_metadata: ObjectMeta, spec: PodSpec): Violation | undefined {
  const used = new Set<string>();
  const bad = namesOf(containersOf(spec), ({ securityContext }) => {
    const type = securityContext?.procMount;
    if (type === undefined || type === 'Default') return false;
    used.add(type);
    return true;
  });
  if (bad.length === 0) return undefined;
  return {
    reason: 'procMount',
    detail: `${counted('container', bad)} must not set securityContext.procMount to ${quoted(sorted(used))}`,
  };
}

function windowsHostProcess(_metadata: ObjectMeta, spec: PodSpec): Violation | undefined {
  const bad = namesOf(
    containersOf(spec),
    ({ securityContext }) => securityContext?.windowsOptions?.hostProcess === true,
  );
  const who = setters(spec.securityContext?.windowsOptions?.hostProcess === true, bad);
  if (who === undefined) return undefined;
  return { reason: 'hostProcess', detail: `${who} must not set securityContext.windowsOptions.hostProcess=true` };
}

const safeSysctls: readonly { readonly from: number; readonly names: readonly string[] }[] = [
  {
    from: 0,
    names: [
      'kernel.shm_rmid_forced',
      'net.ipv4.ip_local_port_range',
      'net.ipv4.tcp_syncookies',
      'net.ipv4.ping_group_range',
      'net.ipv4.ip_unprivileged_port_start',
    ],
  },
  { from: 27, names: ['net.ipv4.ip_local_reserved_ports'] },
  {
    from: 29,
    names: [
      'net.ipv4.tcp_keepalive_time',
      'net.ipv4.tcp_fin_timeout',
      'net.ipv4.tcp_keepalive_intvl',
      'net.ipv4.tcp_keepalive_probes',
    ],
  },
  { from: 32, names: ['net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem'] },
];

function sysctls(minor: number): CheckPod {
  const safe = new Set(safeSysctls.filter(({ from }) => from <= minor).flatMap(({ names }) => names));
  return (_metadata, spec) => {
    const bad = (spec.securityContext?.sysctls ?? []).map(({ name = '' }) => name).filter((name) => !safe.has(name));
    return bad.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: bad.join(', ') };
  };
}

function always(id: string, check: CheckPod): Check {
  return { id, level: 'baseline', versions: [{ from: 0, check }] };
}

/** What the level `baseline` forbids. */
export const baselineChecks: readonly Check[] = [
  always('appArmorProfile', appArmorProfile),
  always('capabilities_baseline', capabilities),
  always('hostNamespaces', hostNamespaces),
  always('hostPathVolumes', hostPathVolumes),
  always('hostPorts', hostPorts),
  always('privileged', privileged),
  always('procMount', procMount),
  {
    id: 'seLinuxOptions',
    level: 'baseline',
    versions: [
      { from: 0, check: seLinuxOptions([]) },
      { from: 31, check: seLinuxOptions(['container_engine_t']) },
    ],
  },
  {
    id: 'seccompProfile_baseline',
    level: 'baseline',
    versions: [
      { from: 0, check: seccompAnnotations },
      { from: 19, check: seccompProfiles },
    ],
  },
  {
    id: 'sysctls',
    level: 'baseline',
    versions: safeSysctls.map(({ from }) => ({ from, check: sysctls(from) })),
  },
  always('windowsHostProcess', windowsHostProcess),
];
