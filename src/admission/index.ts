import { chosenPlugins, defaultPlugins, type PluginChoice } from '../config/admission-plugins.ts';
import type { ReviewAuthorizer } from '../registry/authorization/reviews.ts';
import type { CatalogSource } from '../registry/registry.ts';
import type { WebhookCaller } from '../registry/webhooks.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { type AdmissionChain, type AdmissionPlugin, createAdmissionChain } from './admission.ts';
import { certificateApproval } from './certificates/approval.ts';
import { certificateSigning } from './certificates/signing.ts';
import { certificateSubjectRestriction } from './certificates/subject-restriction.ts';
import { defaultIngressClass } from './default-ingress-class.ts';
import { defaultStorageClass } from './default-storage-class.ts';
import { defaultTolerationSeconds } from './default-toleration-seconds.ts';
import { limitRanger } from './limit-ranger/plugin.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { ownerReferencesPermission } from './owner-references-permission.ts';
import { persistentVolumeClaimResize } from './persistent-volume-claim-resize.ts';
import { podSecurity } from './pod-security/plugin.ts';
import { priority } from './priority.ts';
import { resourceQuota } from './resource-quota.ts';
import { reservedMetadata } from './reserved-metadata.ts';
import { runtimeClass } from './runtime-class.ts';
import { serviceAccount } from './service-account/plugin.ts';
import { storageObjectInUseProtection } from './storage-object-in-use-protection.ts';
import { taintNodesByCondition } from './taint-nodes-by-condition.ts';
import { ConfigurationIndex } from './dynamic/configuration-index.ts';
import { admissionConfigurations } from './dynamic/announce.ts';
import { mutatingWebhooks } from './webhook/mutating.ts';
import { mutatingPolicies } from './policy/mutating.ts';
import { paramAccess } from './policy/param-access.ts';
import { validatingPolicies } from './policy/validating.ts';
import { validatingWebhooks } from './webhook/validating.ts';

export type AdmissionOptions = {
  readonly store: ObjectStore;
  /** Says what there is to count, and which resource a kind is. */
  readonly catalogs: CatalogSource;
  /** Says who may approve and sign certificates. */
  readonly authorizer: Pick<ReviewAuthorizer, 'authorize'>;
  /** Calls the webhooks of logical clusters. Absent: every call fails. */
  readonly webhooks?: WebhookCaller;
  /** Whether MutatingAdmissionPolicies are served; default: no, as in stock. */
  readonly mutatingPolicies?: boolean;
  /** Which of stock's plugins are on. Default: as in stock. */
  readonly choice?: PluginChoice;
  /** Further plugins, after the server's own: the check of RBAC escalation, an embedding program's rules. */
  readonly plugins?: readonly AdmissionPlugin[];
};

/** Stock's plugins that are here, by name. The names also stand in config/admission-plugins.ts, which says their order and which are on. */
const stockPlugins: Readonly<Record<string, (options: AdmissionOptions & DynamicOptions) => AdmissionPlugin>> = {
  NamespaceLifecycle: namespaceLifecycle,
  ServiceAccount: serviceAccount,
  TaintNodesByCondition: taintNodesByCondition,
  PodSecurity: podSecurity,
  Priority: priority,
  DefaultTolerationSeconds: defaultTolerationSeconds,
  DefaultStorageClass: defaultStorageClass,
  StorageObjectInUseProtection: storageObjectInUseProtection,
  PersistentVolumeClaimResize: persistentVolumeClaimResize,
  RuntimeClass: runtimeClass,
  CertificateApproval: certificateApproval,
  CertificateSigning: certificateSigning,
  CertificateSubjectRestriction: certificateSubjectRestriction,
  DefaultIngressClass: defaultIngressClass,
  LimitRanger: limitRanger,
  OwnerReferencesPermissionEnforcement: ownerReferencesPermission,
  MutatingAdmissionPolicy: mutatingPolicies,
  MutatingAdmissionWebhook: mutatingWebhooks,
  ValidatingAdmissionPolicy: validatingPolicies,
  ValidatingAdmissionWebhook: validatingWebhooks,
  ResourceQuota: resourceQuota,
};

/** Asked after the plugins of embedding programs: those of the logical cluster's own making, and what counts as what is final. */
const last: ReadonlySet<string> = new Set([
  'MutatingAdmissionPolicy',
  'MutatingAdmissionWebhook',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionWebhook',
  'ResourceQuota',
]);

/** What the plugins that a logical cluster configures share. */
type DynamicOptions = { readonly configurations: ConfigurationIndex };

/** The admission chain that every server has. */
export function createAdmission(given: AdmissionOptions): AdmissionChain {
  const options = { ...given, configurations: new ConfigurationIndex(given.store) };
  const names = chosenPlugins(options.choice ?? defaultPlugins);
  const make = (name: string): AdmissionPlugin => {
    const plugin = stockPlugins[name]?.(options);
    if (plugin === undefined) throw new Error(`there is no admission plugin ${name}`);
    return plugin;
  };
  return createAdmissionChain([
    admissionConfigurations(options),
    paramAccess(options),
    ...names.filter((name) => !last.has(name)).map(make),
    reservedMetadata(),
    ...(options.plugins ?? []),
    ...names.filter((name) => last.has(name)).map(make),
  ]);
}
