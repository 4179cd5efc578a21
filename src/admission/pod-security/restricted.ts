import type { ObjectMeta } from '../../apimachinery/object.ts';
import type { Container, PodSpec } from '../../api/core/v1/pod-template/types.ts';
import {
  type Check,
  containersOf,
  counted,
  namesOf,
  plural,
  quoted,
  setters,
  sorted,
  unlessWindows,
  type Violation,
} from './check.ts';
import { requiredSeccompProfiles } from './seccomp.ts';

const allowedVolumes: ReadonlySet<string> = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);
/** The others that there are, in the order in which one is looked for. */
const restrictedVolumeTypes = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'gitRepo',
  'nfs',
  'iscsi',
  'glusterfs',
  'rbd',
  'flexVolume',
  'cinder',
  'cephfs',
  'flocker',
  'fc',
  'azureFile',
  'vsphereVolume',
  'quobyte',
  'azureDisk',
  'photonPersistentDisk',
  'portworxVolume',
  'scaleIO',
  'storageos',
];

function allowPrivilegeEscalation(_metadata: ObjectMeta, spec: PodSpec): Violation | undefined {
  const bad = namesOf(containersOf(spec), ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false);
  if (bad.length === 0) return undefined;
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${counted('container', bad)} must set securityContext.allowPrivilegeEscalation=false`,
  };
}

function capabilities(_metadata: ObjectMeta, spec: PodSpec): Violation | undefined {
  const containers = containersOf(spec);
  const forbidden = ({ securityContext }: Container): string[] =>
    securityContext?.capabilities?.add?.filter((each) => each !== 'NET_BIND_SERVICE') ?? [];
  const keeping = namesOf(
    containers,
    ({ securityContext }) => securityContext?.capabilities?.drop?.includes('ALL') !== true,
  );
  const adding = namesOf(containers, (container) => forbidden(container).length > 0);
  const details: string[] = [];
  if (keeping.length > 0)
    details.push(`${counted('container', keeping)} must set securityContext.capabilities.drop=["ALL"]`);
  if (adding.length > 0)
    details.push(
      `${counted('container', adding)} must not include ${quoted(sorted(containers.flatMap(forbidden)))} in securityContext.capabilities.add`,
    );
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') };
}

function restrictedVolumes(_metadata: ObjectMeta, { volumes = [] }: PodSpec): Violation | undefined {
  const bad = volumes.filter((volume) => !Object.keys(volume).some((key) => allowedVolumes.has(key)));
  if (bad.length === 0) return undefined;
  const types = sorted(
    bad.map((volume) => restrictedVolumeTypes.find((type) => Object.hasOwn(volume, type)) ?? 'unknown'),
  );
  const names = bad.map(({ name = '' }) => name);
  const verb = bad.length === 1 ? 'uses' : 'use';
  return {
    reason: 'restricted volume types',
    detail: `${counted('volume', names)} ${verb} ${plural('restricted volume type', types.length)} ${quoted(types)}`,
  };
}

function runAsNonRoot(_metadata: ObjectMeta, spec: PodSpec): Violation | undefined {
  const containers = containersOf(spec);
  const pod = spec.securityContext?.runAsNonRoot;
  const who = setters(
    pod === false,
    namesOf(containers, ({ securityContext }) => securityContext?.runAsNonRoot === false),
  );
  const reason = 'runAsNonRoot != true';
  if (who !== undefined) return { reason, detail: `${who} must not set securityContext.runAsNonRoot=false` };
  if (pod === true) return undefined;
  const bad = namesOf(containers, ({ securityContext }) => securityContext?.runAsNonRoot === undefined);
  if (bad.length === 0) return undefined;
  return { reason, detail: `pod or ${counted('container', bad)} must set securityContext.runAsNonRoot=true` };
}

function runAsUser(_metadata: ObjectMeta, spec: PodSpec): Violation | undefined {
  const who = setters(
    spec.securityContext?.runAsUser === 0,
    namesOf(containersOf(spec), ({ securityContext }) => securityContext?.runAsUser === 0),
  );
  return who === undefined ? undefined : { reason: 'runAsUser=0', detail: `${who} must not set runAsUser=0` };
}

/** What the level `restricted` forbids beside what `baseline` does. */
export const restrictedChecks: readonly Check[] = [
  {
    id: 'allowPrivilegeEscalation',
    level: 'restricted',
    versions: [
      { from: 8, check: allowPrivilegeEscalation },
      { from: 25, check: unlessWindows(allowPrivilegeEscalation) },
    ],
  },
  {
    id: 'capabilities_restricted',
    level: 'restricted',
    overrides: 'capabilities_baseline',
    versions: [
      { from: 22, check: capabilities },
      { from: 25, check: unlessWindows(capabilities) },
    ],
  },
  {
    id: 'restrictedVolumes',
    level: 'restricted',
    overrides: 'hostPathVolumes',
    versions: [{ from: 0, check: restrictedVolumes }],
  },
  { id: 'runAsNonRoot', level: 'restricted', versions: [{ from: 0, check: runAsNonRoot }] },
  { id: 'runAsUser', level: 'restricted', versions: [{ from: 23, check: runAsUser }] },
  {
    id: 'seccompProfile_restricted',
    level: 'restricted',
    overrides: 'seccompProfile_baseline',
    versions: [
      { from: 19, check: requiredSeccompProfiles },
      { from: 25, check: unlessWindows(requiredSeccompProfiles) },
    ],
  },
];
