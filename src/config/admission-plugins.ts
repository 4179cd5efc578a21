/** An admission plugin of the stock server, in the order in which it asks them. */
export type StockPlugin = {
  readonly name: string;
  readonly byDefault: boolean;
  /** Whether this server has it, too. What it has not cannot be enabled. */
  readonly isHere: boolean;
};

const on = true;
const off = false;

/** Names, order and defaults of kube-apiserver 1.33 (pkg/kubeapiserver/options/plugins.go). */
export const stockPlugins: readonly StockPlugin[] = [
  plugin('AlwaysAdmit', off, false),
  plugin('NamespaceAutoProvision', off, false),
  plugin('NamespaceLifecycle', on, true),
  plugin('NamespaceExists', off, false),
  plugin('LimitPodHardAntiAffinityTopology', off, false),
  plugin('LimitRanger', on, true),
  plugin('ServiceAccount', on, true),
  plugin('NodeRestriction', off, false),
  plugin('TaintNodesByCondition', on, true),
  plugin('AlwaysPullImages', off, false),
  plugin('ImagePolicyWebhook', off, false),
  plugin('PodSecurity', on, true),
  plugin('PodNodeSelector', off, false),
  plugin('Priority', on, true),
  plugin('DefaultTolerationSeconds', on, true),
  plugin('PodTolerationRestriction', off, false),
  plugin('EventRateLimit', off, false),
  plugin('ExtendedResourceToleration', off, false),
  plugin('DefaultStorageClass', on, true),
  plugin('StorageObjectInUseProtection', on, true),
  plugin('OwnerReferencesPermissionEnforcement', off, true),
  plugin('PersistentVolumeClaimResize', on, true),
  plugin('RuntimeClass', on, true),
  plugin('CertificateApproval', on, true),
  plugin('CertificateSigning', on, true),
  plugin('ClusterTrustBundleAttest', on, false),
  plugin('CertificateSubjectRestriction', on, true),
  plugin('DefaultIngressClass', on, true),
  plugin('DenyServiceExternalIPs', off, false),
  plugin('PodTopologyLabels', on, false),
  plugin('MutatingAdmissionPolicy', on, true),
  plugin('MutatingAdmissionWebhook', on, true),
  plugin('ValidatingAdmissionPolicy', on, true),
  plugin('ValidatingAdmissionWebhook', on, true),
  plugin('ResourceQuota', on, true),
  plugin('AlwaysDeny', off, false),
];

function plugin(name: string, byDefault: boolean, isHere: boolean): StockPlugin {
  return { name, byDefault, isHere };
}

/** The plugins to add to and to take from those that are on by default. */
export type PluginChoice = { readonly enabled: readonly string[]; readonly disabled: readonly string[] };

export const defaultPlugins: PluginChoice = { enabled: [], disabled: [] };

/** What is wrong with a choice; undefined: nothing. The texts are stock's, and one of ours for plugins that this server lacks. */
export function pluginChoiceError({ enabled, disabled }: PluginChoice): string | undefined {
  for (const [option, names] of [
    ['enable-admission-plugins', enabled],
    ['disable-admission-plugins', disabled],
  ] as const) {
    const unknown = names.find((name) => !stockPlugins.some((each) => each.name === name));
    if (unknown !== undefined) return `${option} plugin ${JSON.stringify(unknown)} is unknown`;
  }
  const both = enabled.filter((name) => disabled.includes(name)).toSorted();
  if (both.length > 0)
    return `[${both.join(' ')}] in enable-admission-plugins and disable-admission-plugins overlapped`;
  const absent = enabled.find((name) => stockPlugins.some((each) => each.name === name && !each.isHere));
  return absent === undefined
    ? undefined
    : `enable-admission-plugins: this server has no plugin ${JSON.stringify(absent)}`;
}

/** The names of the plugins that a choice leaves on, in the order in which they are asked. */
export function chosenPlugins({ enabled, disabled }: PluginChoice): readonly string[] {
  return stockPlugins
    .filter(
      ({ name, byDefault, isHere }) => isHere && !disabled.includes(name) && (byDefault || enabled.includes(name)),
    )
    .map(({ name }) => name);
}
