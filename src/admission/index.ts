import { chosenPlugins, defaultPlugins, type PluginChoice } from '../config/admission-plugins.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { type AdmissionChain, type AdmissionPlugin, createAdmissionChain } from './admission.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { reservedMetadata } from './reserved-metadata.ts';
import { serviceAccount } from './service-account.ts';

export type AdmissionOptions = {
  readonly store: ObjectStore;
  /** Which of stock's plugins are on. Default: as in stock. */
  readonly choice?: PluginChoice;
  /** Further plugins, after the server's own: the check of RBAC escalation, an embedding program's rules. */
  readonly plugins?: readonly AdmissionPlugin[];
};

/** Stock's plugins that are here, by name. The names also stand in config/admission-plugins.ts, which says their order and which are on. */
const stockPlugins: Readonly<Record<string, (options: AdmissionOptions) => AdmissionPlugin>> = {
  NamespaceLifecycle: namespaceLifecycle,
  ServiceAccount: serviceAccount,
};

/** Asked after the plugins of embedding programs, as what they count is final. */
const last: ReadonlySet<string> = new Set(['ResourceQuota']);

/** The admission chain that every server has. */
export function createAdmission(options: AdmissionOptions): AdmissionChain {
  const names = chosenPlugins(options.choice ?? defaultPlugins);
  const make = (name: string): AdmissionPlugin => {
    const plugin = stockPlugins[name]?.(options);
    if (plugin === undefined) throw new Error(`there is no admission plugin ${name}`);
    return plugin;
  };
  return createAdmissionChain([
    ...names.filter((name) => !last.has(name)).map(make),
    reservedMetadata(),
    ...(options.plugins ?? []),
    ...names.filter((name) => last.has(name)).map(make),
  ]);
}
