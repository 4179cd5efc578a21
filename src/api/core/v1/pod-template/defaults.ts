import { imageTag } from './image.ts';
import type {
  Container,
  DownwardAPIFile,
  Handler,
  ObjectFieldSelector,
  PodSpec,
  PodTemplateSpec,
  Probe,
  Volume,
} from './types.ts';

/** Fills what a PodTemplateSpec leaves out, as kinds with pod templates do (pkg/apis/core/v1/defaults.go). */
export function defaultPodTemplate(template: PodTemplateSpec): void {
  template.spec ??= {};
  defaultPodSpec(template.spec);
}

/** What pods and pod templates have in common. */
export function defaultPodSpec(spec: PodSpec): void {
  if (!spec.dnsPolicy) spec.dnsPolicy = 'ClusterFirst';
  if (!spec.restartPolicy) spec.restartPolicy = 'Always';
  spec.securityContext ??= {};
  spec.terminationGracePeriodSeconds ??= 30;
  if (!spec.schedulerName) spec.schedulerName = 'default-scheduler';
  mirrorServiceAccount(spec);
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
  for (const container of spec.initContainers ?? []) defaultContainer(container);
  for (const container of spec.containers ?? []) defaultContainer(container);
  for (const container of spec.ephemeralContainers ?? []) defaultContainer(container);
}

/** What only pods have: requests that follow limits, service links, host ports on the host's network. */
export function defaultPod(spec: PodSpec): void {
  for (const containers of [spec.containers ?? [], spec.initContainers ?? []]) {
    for (const container of containers) {
      const { resources } = container;
      if (resources?.limits !== undefined) resources.requests = { ...resources.limits, ...resources.requests };
      if (spec.hostNetwork === true) {
        for (const port of container.ports ?? []) if (!port.hostPort) port.hostPort = port.containerPort ?? 0;
      }
    }
  }
  spec.enableServiceLinks ??= true;
}

/** serviceAccount is the old name of serviceAccountName; both are shown. */
function mirrorServiceAccount(spec: PodSpec): void {
  const name = spec.serviceAccountName || spec.serviceAccount;
  if (!name) return;
  spec.serviceAccountName = name;
  spec.serviceAccount = name;
}

function defaultContainer(container: Container): void {
  if (!container.imagePullPolicy) {
    container.imagePullPolicy = imageTag(container.image ?? '') === 'latest' ? 'Always' : 'IfNotPresent';
  }
  if (!container.terminationMessagePath) container.terminationMessagePath = '/dev/termination-log';
  if (!container.terminationMessagePolicy) container.terminationMessagePolicy = 'File';
  for (const port of container.ports ?? []) if (!port.protocol) port.protocol = 'TCP';
  for (const { valueFrom } of container.env ?? []) defaultFieldRef(valueFrom?.fieldRef);
  defaultProbe(container.livenessProbe);
  defaultProbe(container.readinessProbe);
  defaultProbe(container.startupProbe);
  defaultHandler(container.lifecycle?.postStart);
  defaultHandler(container.lifecycle?.preStop);
}

function defaultProbe(probe: Probe | undefined): void {
  if (probe === undefined) return;
  defaultHandler(probe);
  if (!probe.timeoutSeconds) probe.timeoutSeconds = 1;
  if (!probe.periodSeconds) probe.periodSeconds = 10;
  if (!probe.successThreshold) probe.successThreshold = 1;
  if (!probe.failureThreshold) probe.failureThreshold = 3;
  if (probe.grpc !== undefined) probe.grpc.service ??= '';
}

function defaultHandler(handler: Handler | undefined): void {
  const http = handler?.httpGet;
  if (http === undefined) return;
  if (!http.path) http.path = '/';
  if (!http.scheme) http.scheme = 'HTTP';
}

function defaultFieldRef(selector: ObjectFieldSelector | undefined): void {
  if (selector !== undefined && !selector.apiVersion) selector.apiVersion = 'v1';
}

function defaultFiles(files: readonly DownwardAPIFile[] | undefined): void {
  for (const file of files ?? []) defaultFieldRef(file.fieldRef);
}

const defaultMode = 0o644;

function defaultVolume(volume: Volume): void {
  if (!Object.keys(volume).some((key) => key !== 'name' && volume[key as keyof Volume] !== undefined)) {
    volume.emptyDir = {};
    return;
  }
  const { secret, configMap, downwardAPI, projected } = volume;
  defaultVolumeDriver(volume);
  if (secret !== undefined) secret.defaultMode ??= defaultMode;
  if (configMap !== undefined) configMap.defaultMode ??= defaultMode;
  if (downwardAPI !== undefined) {
    downwardAPI.defaultMode ??= defaultMode;
    defaultFiles(downwardAPI.items);
  }
  if (projected !== undefined) {
    projected.defaultMode ??= defaultMode;
    for (const source of projected.sources ?? []) {
      defaultFiles(source.downwardAPI?.items);
      if (source.serviceAccountToken !== undefined) source.serviceAccountToken.expirationSeconds ??= 3600;
    }
  }
  const claim = volume.ephemeral?.volumeClaimTemplate;
  if (claim !== undefined) {
    claim.spec ??= {};
    claim.spec.volumeMode ??= 'Filesystem';
  }
}

/** What volumes of pods and persistent volumes have in common. */
export function defaultVolumeDriver({ hostPath, iscsi, rbd, scaleIO, azureDisk }: Volume): void {
  if (hostPath !== undefined) hostPath.type ??= '';
  if (iscsi !== undefined && !iscsi.iscsiInterface) iscsi.iscsiInterface = 'default';
  if (rbd !== undefined) {
    if (!rbd.pool) rbd.pool = 'rbd';
    if (!rbd.user) rbd.user = 'admin';
    if (!rbd.keyring) rbd.keyring = '/etc/ceph/keyring';
  }
  if (scaleIO !== undefined) {
    if (!scaleIO.storageMode) scaleIO.storageMode = 'ThinProvisioned';
    if (!scaleIO.fsType) scaleIO.fsType = 'xfs';
  }
  if (azureDisk !== undefined) {
    azureDisk.cachingMode ??= 'ReadWrite';
    azureDisk.fsType ??= 'ext4';
    azureDisk.readOnly ??= false;
    azureDisk.kind ??= 'Shared';
  }
}
