import type { Rule } from '../../../api/admissionregistration.k8s.io/v1/rules.ts';
import {
  type CheckedPolicy,
  type CheckedTypes,
  typeWarnings,
} from '../../../api/admissionregistration.k8s.io/expressions/type-check.ts';
import { typeOfKind } from '../../../api/admissionregistration.k8s.io/expressions/type-of-kind.ts';
import { ApiError } from '../../../apimachinery/errors.ts';
import { type GroupVersionKind, type KubeObject, parseApiVersion } from '../../../apimachinery/object.ts';
import type { LoopbackClient } from '../../../client/client.ts';
import type { Catalog, CatalogSource } from '../../../registry/registry.ts';
import type { ObjectStore } from '../../../storage/object-store.ts';
import { type Controller, visitEverywhere } from '../../framework/controller.ts';
import { formatObjectKey, parseObjectKey } from '../../framework/object-keys.ts';

const resource = 'validatingadmissionpolicies.admissionregistration.k8s.io';
const fieldManager = 'validatingadmissionpolicy-status';
/** Kinds that the expressions of one rule are checked against, as in stock. */
const maxKinds = 10;

type Policy = KubeObject & {
  readonly spec?: CheckedPolicy & {
    readonly paramKind?: { readonly apiVersion?: string; readonly kind?: string };
    readonly matchConstraints?: { readonly resourceRules?: readonly Rule[] };
  };
  readonly status?: { readonly observedGeneration?: number };
};

export type PolicyStatusControllerOptions = {
  readonly store: Pick<ObjectStore, 'get' | 'cluster' | 'listEverywhere'>;
  readonly client: Pick<LoopbackClient, 'apply'>;
  readonly catalogs: CatalogSource;
};

/** Says in the status of ValidatingAdmissionPolicies where their expressions do not fit the kinds that they are about. */
export function createPolicyStatusController(options: PolicyStatusControllerOptions): Controller {
  const { store, client, catalogs } = options;
  return {
    name: 'validatingadmissionpolicy-status',
    concurrency: 2,

    notice({ type, key }, enqueue) {
      if (key.resource === resource && type !== 'DELETED') enqueue(formatObjectKey(key));
    },

    async sweep(context) {
      await visitEverywhere(store, resource, context, (object) => {
        if (isBehind(object.object as Policy)) context.enqueue(formatObjectKey(object.key));
      });
    },

    async reconcile(text) {
      const key = parseObjectKey(text);
      const cluster = await store.cluster(key.cluster);
      if (cluster?.state !== 'Active') return;
      const policy = (await store.get(key))?.object as Policy | undefined;
      if (policy === undefined || !isBehind(policy)) return;
      const types = typesOf(policy, await catalogs.catalogFor(cluster));
      const warnings = typeWarnings(policy.spec ?? {}, types);
      const { name = '', generation = 0 } = policy.metadata;
      const status = {
        observedGeneration: generation,
        typeChecking: warnings.length === 0 ? {} : { expressionWarnings: warnings },
      };
      const { apiVersion, kind } = policy;
      const configuration = { apiVersion, kind, metadata: { name }, status };
      const how = { fieldManager, force: true, subresource: 'status' };
      try {
        await client.apply({ cluster: key.cluster, resource, name }, configuration, how);
      } catch (error) {
        if (!(error instanceof ApiError) || error.code !== 404) throw error;
      }
    },
  };
}

function isBehind({ metadata, status }: Policy): boolean {
  return (status?.observedGeneration ?? 0) < (metadata.generation ?? 0);
}

/** The kinds that a policy names without wildcards, and that of its parameters. */
function typesOf({ spec = {} }: Policy, catalog: Catalog): CheckedTypes {
  const kinds = new Map<string, CheckedTypes['kinds'][number]>();
  for (const rule of spec.matchConstraints?.resourceRules ?? []) {
    let count = 0;
    for (const found of kindsNamed(rule, catalog)) {
      if (count++ === maxKinds) break;
      kinds.set(`${found.gvk.group}/${found.gvk.version}/${found.gvk.kind}`, found);
    }
  }
  const sorted = [...kinds.values()].toSorted(
    (a, b) =>
      compare(a.gvk.group, b.gvk.group) || compare(a.gvk.version, b.gvk.version) || compare(a.gvk.kind, b.gvk.kind),
  );
  return { kinds: sorted, params: paramType(spec, catalog) };
}

function* kindsNamed(rule: Rule, catalog: Catalog): Generator<CheckedTypes['kinds'][number]> {
  const { apiGroups = [], apiVersions = [], resources = [] } = rule;
  if (apiGroups.some((group) => group.includes('*')) || apiVersions.some((version) => version.includes('*'))) return;
  for (const group of apiGroups.toSorted(compare))
    for (const version of apiVersions.toSorted(compare))
      for (const each of resources.toSorted(compare)) {
        if (/[*/]/.test(each)) continue;
        const found = catalog.find(group, version, each);
        if (found === undefined) continue;
        const gvk: GroupVersionKind = { group, version, kind: found.definition.kind };
        yield { gvk, type: typeOfKind(found.version.schema) };
      }
}

function paramType({ paramKind }: NonNullable<Policy['spec']>, catalog: Catalog): CheckedTypes['params'] {
  if (paramKind === undefined) return undefined;
  const { group, version } = parseApiVersion(paramKind.apiVersion ?? '');
  const definition = catalog.definitions.find((each) => each.group === group && each.kind === paramKind.kind);
  const found = definition && catalog.find(group, version, definition.resource);
  return found && typeOfKind(found.version.schema);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
