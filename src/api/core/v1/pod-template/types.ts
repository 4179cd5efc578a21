import type { JsonObject } from '../../../../apimachinery/json.ts';
import type { ObjectMeta } from '../../../../apimachinery/object.ts';
import type { LabelSelectorObject } from '../../../../apimachinery/validation/label-selector.ts';

/*
 * The parts of core/v1 PodSpec that defaults, validation and tables read. Decoding has checked the types of everything that is declared here; what is
 * not declared is carried along untouched.
 */

/** Resource name → quantity. */
export type ResourceList = Record<string, string>;

export type ResourceRequirements = {
  limits?: ResourceList;
  requests?: ResourceList;
  claims?: { name?: string; request?: string }[];
};

export type PodTemplateSpec = { metadata?: ObjectMeta; spec?: PodSpec };

export type PodSpec = {
  volumes?: Volume[];
  initContainers?: Container[];
  containers?: Container[];
  ephemeralContainers?: EphemeralContainer[];
  restartPolicy?: string;
  terminationGracePeriodSeconds?: number;
  activeDeadlineSeconds?: number;
  dnsPolicy?: string;
  nodeSelector?: Record<string, string>;
  serviceAccountName?: string;
  serviceAccount?: string;
  automountServiceAccountToken?: boolean;
  nodeName?: string;
  hostNetwork?: boolean;
  hostPID?: boolean;
  hostIPC?: boolean;
  hostUsers?: boolean;
  shareProcessNamespace?: boolean;
  securityContext?: PodSecurityContext;
  imagePullSecrets?: { name?: string }[];
  hostname?: string;
  subdomain?: string;
  affinity?: Affinity;
  schedulerName?: string;
  tolerations?: Toleration[];
  hostAliases?: { ip?: string; hostnames?: string[] }[];
  priorityClassName?: string;
  priority?: number;
  dnsConfig?: {
    nameservers?: string[];
    searches?: string[];
    options?: { name?: string; value?: string }[];
  };
  readinessGates?: { conditionType?: string }[];
  runtimeClassName?: string;
  enableServiceLinks?: boolean;
  preemptionPolicy?: string;
  overhead?: ResourceList;
  topologySpreadConstraints?: TopologySpreadConstraint[];
  os?: { name?: string };
  schedulingGates?: { name?: string }[];
  resourceClaims?: JsonObject[];
  resources?: ResourceRequirements;
};

export type ContainerPort = {
  name?: string;
  hostPort?: number;
  containerPort?: number;
  protocol?: string;
  hostIP?: string;
};

export type EnvVar = {
  name?: string;
  value?: string;
  valueFrom?: {
    fieldRef?: ObjectFieldSelector;
    resourceFieldRef?: ResourceFieldSelector;
    configMapKeyRef?: KeySelector;
    secretKeyRef?: KeySelector;
  };
};

export type ObjectFieldSelector = { apiVersion?: string; fieldPath?: string };
export type ResourceFieldSelector = { containerName?: string; resource?: string; divisor?: string };
export type KeySelector = { name?: string; key?: string; optional?: boolean };

export type EnvFromSource = {
  prefix?: string;
  configMapRef?: { name?: string };
  secretRef?: { name?: string };
};

export type VolumeMount = {
  name?: string;
  readOnly?: boolean;
  recursiveReadOnly?: string;
  mountPath?: string;
  subPath?: string;
  mountPropagation?: string;
  subPathExpr?: string;
};

export type VolumeDevice = { name?: string; devicePath?: string };

export type Handler = {
  exec?: { command?: string[] };
  httpGet?: {
    path?: string;
    port?: string | number;
    host?: string;
    scheme?: string;
    httpHeaders?: { name?: string; value?: string }[];
  };
  tcpSocket?: { port?: string | number; host?: string };
  grpc?: { port?: number; service?: string };
  sleep?: { seconds?: number };
};

export type Probe = Handler & {
  initialDelaySeconds?: number;
  timeoutSeconds?: number;
  periodSeconds?: number;
  successThreshold?: number;
  failureThreshold?: number;
  terminationGracePeriodSeconds?: number;
};

export type Lifecycle = { postStart?: Handler; preStop?: Handler; stopSignal?: string };

export type Container = {
  name?: string;
  image?: string;
  command?: string[];
  args?: string[];
  workingDir?: string;
  ports?: ContainerPort[];
  envFrom?: EnvFromSource[];
  env?: EnvVar[];
  resources?: ResourceRequirements;
  resizePolicy?: { resourceName?: string; restartPolicy?: string }[];
  restartPolicy?: string;
  volumeMounts?: VolumeMount[];
  volumeDevices?: VolumeDevice[];
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  startupProbe?: Probe;
  lifecycle?: Lifecycle;
  terminationMessagePath?: string;
  terminationMessagePolicy?: string;
  imagePullPolicy?: string;
  securityContext?: SecurityContext;
};

export type EphemeralContainer = Container & { targetContainerName?: string };

export type SeccompProfile = { type?: string; localhostProfile?: string };
export type AppArmorProfile = { type?: string; localhostProfile?: string };
export type WindowsOptions = {
  gmsaCredentialSpecName?: string;
  gmsaCredentialSpec?: string;
  runAsUserName?: string;
  hostProcess?: boolean;
};

export type SecurityContext = {
  privileged?: boolean;
  runAsUser?: number;
  runAsGroup?: number;
  procMount?: string;
  seccompProfile?: SeccompProfile;
  appArmorProfile?: AppArmorProfile;
  allowPrivilegeEscalation?: boolean;
  runAsNonRoot?: boolean;
  capabilities?: { add?: string[]; drop?: string[] };
  seLinuxOptions?: JsonObject;
  readOnlyRootFilesystem?: boolean;
  windowsOptions?: WindowsOptions;
};

export type PodSecurityContext = {
  fsGroup?: number;
  fsGroupChangePolicy?: string;
  runAsUser?: number;
  runAsNonRoot?: boolean;
  runAsGroup?: number;
  supplementalGroups?: number[];
  supplementalGroupsPolicy?: string;
  seLinuxOptions?: JsonObject;
  seLinuxChangePolicy?: string;
  sysctls?: { name?: string; value?: string }[];
  seccompProfile?: SeccompProfile;
  appArmorProfile?: AppArmorProfile;
  windowsOptions?: WindowsOptions;
};

export type Toleration = {
  key?: string;
  operator?: string;
  value?: string;
  effect?: string;
  tolerationSeconds?: number;
};

export type NodeSelectorRequirement = { key?: string; operator?: string; values?: string[] };
export type NodeSelectorTerm = {
  matchExpressions?: NodeSelectorRequirement[];
  matchFields?: NodeSelectorRequirement[];
};

export type PodAffinityTerm = {
  labelSelector?: LabelSelectorObject;
  namespaces?: string[];
  topologyKey?: string;
  namespaceSelector?: LabelSelectorObject;
  matchLabelKeys?: string[];
  mismatchLabelKeys?: string[];
};

export type PodAffinity = {
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[];
  preferredDuringSchedulingIgnoredDuringExecution?: { weight?: number; podAffinityTerm?: PodAffinityTerm }[];
};

export type Affinity = {
  nodeAffinity?: {
    requiredDuringSchedulingIgnoredDuringExecution?: { nodeSelectorTerms?: NodeSelectorTerm[] };
    preferredDuringSchedulingIgnoredDuringExecution?: { weight?: number; preference?: NodeSelectorTerm }[];
  };
  podAffinity?: PodAffinity;
  podAntiAffinity?: PodAffinity;
};

export type TopologySpreadConstraint = {
  maxSkew?: number;
  topologyKey?: string;
  whenUnsatisfiable?: string;
  labelSelector?: LabelSelectorObject;
  minDomains?: number;
  nodeAffinityPolicy?: string;
  nodeTaintsPolicy?: string;
  matchLabelKeys?: string[];
};

export type KeyToPath = { key?: string; path?: string; mode?: number };

export type DownwardAPIFile = {
  path?: string;
  fieldRef?: ObjectFieldSelector;
  resourceFieldRef?: ResourceFieldSelector;
  mode?: number;
};

export type VolumeProjection = {
  secret?: { name?: string; items?: KeyToPath[] };
  configMap?: { name?: string; items?: KeyToPath[] };
  downwardAPI?: { items?: DownwardAPIFile[] };
  serviceAccountToken?: { audience?: string; expirationSeconds?: number; path?: string };
  clusterTrustBundle?: JsonObject;
};

/** A volume: its name and, beside it, exactly one source. Sources that no cluster of today has are only known by name. */
export type Volume = {
  name?: string;
  hostPath?: { path?: string; type?: string };
  emptyDir?: { medium?: string; sizeLimit?: string };
  gitRepo?: { repository?: string; directory?: string };
  secret?: { secretName?: string; items?: KeyToPath[]; defaultMode?: number };
  nfs?: { server?: string; path?: string };
  iscsi?: JsonObject & { iscsiInterface?: string };
  persistentVolumeClaim?: { claimName?: string; readOnly?: boolean };
  rbd?: JsonObject & { pool?: string; user?: string; keyring?: string };
  downwardAPI?: { items?: DownwardAPIFile[]; defaultMode?: number };
  configMap?: { name?: string; items?: KeyToPath[]; defaultMode?: number };
  azureDisk?: JsonObject;
  projected?: { sources?: VolumeProjection[]; defaultMode?: number };
  scaleIO?: JsonObject & { storageMode?: string; fsType?: string };
  csi?: { driver?: string; nodePublishSecretRef?: { name?: string } };
  ephemeral?: { volumeClaimTemplate?: { metadata?: ObjectMeta; spec?: JsonObject } };
  image?: JsonObject;
};
