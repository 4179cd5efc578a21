import type { KubeObject } from '../../../apimachinery/object.ts';
import type { PodSpec } from './pod-template/types.ts';

export type ContainerState = {
  waiting?: { reason?: string; message?: string };
  running?: { startedAt?: string | null };
  terminated?: { exitCode?: number; signal?: number; reason?: string; finishedAt?: string | null };
};

export type ContainerStatus = {
  name?: string;
  state?: ContainerState;
  lastState?: ContainerState;
  ready?: boolean;
  started?: boolean;
  restartCount?: number;
  user?: { linux?: { uid?: number; gid?: number; supplementalGroups?: number[] } };
  allocatedResourcesStatus?: unknown;
};

export type PodCondition = {
  type?: string;
  status?: string;
  reason?: string;
  message?: string;
  lastProbeTime?: string | null;
  lastTransitionTime?: string | null;
  observedGeneration?: number;
};

export type PodStatus = {
  phase?: string;
  reason?: string;
  conditions?: PodCondition[];
  initContainerStatuses?: ContainerStatus[];
  containerStatuses?: ContainerStatus[];
  ephemeralContainerStatuses?: ContainerStatus[];
  hostIP?: string;
  hostIPs?: { ip?: string }[];
  podIP?: string;
  podIPs?: { ip?: string }[];
  nominatedNodeName?: string;
  qosClass?: string;
  observedGeneration?: number;
  resourceClaimStatuses?: unknown;
};

/** The parts of a core/v1 Pod that this server reads. */
export type Pod = KubeObject & { spec?: PodSpec; status?: PodStatus };
