import { deepEqual, type Json } from '../apimachinery/json.ts';
import { type KubeObject, type OwnerReference, parseApiVersion } from '../apimachinery/object.ts';
import type { ReviewAuthorizer } from '../registry/authorization/reviews.ts';
import { factsOf } from '../registry/generic/resource-facts.ts';
import type { Catalog, CatalogSource } from '../registry/registry.ts';
import type { AdmissionAttributes, AdmissionPlugin } from './admission.ts';
import { refusal } from './refusal.ts';

export type OwnerReferencesPermissionOptions = {
  readonly authorizer: Pick<ReviewAuthorizer, 'authorize'>;
  readonly catalogs: Pick<CatalogSource, 'catalogFor'>;
};

type Question = {
  readonly verb: 'delete' | 'update';
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
};

/**
 * Who changes the owners of an object must be allowed to delete it, and who makes an owner wait for it (blockOwnerDeletion) must be allowed to set the
 * owner's finalizers (upstream's OwnerReferencesPermissionEnforcement). Off by default, as in stock.
 */
export function ownerReferencesPermission(options: OwnerReferencesPermissionOptions): AdmissionPlugin {
  return {
    name: 'OwnerReferencesPermissionEnforcement',
    // Strategies keep pods' owners when their status is written, and old kubelets send them wrong.
    handles: (operation, { definition, subresource }) =>
      (operation === 'CREATE' || operation === 'UPDATE') &&
      !(subresource === 'status' && factsOf(definition).storage === 'pods'),
    validate(attributes) {
      const { object, oldObject } = attributes;
      if (object === undefined || !changesOwners(object, oldObject)) return undefined;
      return check(options, attributes, object);
    },
  };
}

async function check(
  { authorizer, catalogs }: OwnerReferencesPermissionOptions,
  attributes: AdmissionAttributes,
  object: KubeObject,
): Promise<void> {
  const { ctx, target, operation, name, oldObject } = attributes;
  const ask = async (question: Question): Promise<string | undefined> => {
    const decision = await authorizer.authorize({ user: ctx.user, cluster: ctx.cluster, path: '', ...question });
    return decision.outcome === 'allow' ? undefined : decision.reason;
  };
  if (operation !== 'CREATE') {
    const { group, resource } = target.definition;
    const { namespace, subresource, version } = target;
    const reason = await ask({
      verb: 'delete',
      group,
      version: version.version,
      resource,
      subresource,
      namespace,
      name,
    });
    if (reason !== undefined)
      throw refusal(attributes, `cannot set an ownerRef on a resource you can't delete: ${reason}, <nil>`);
  }
  const blocking = newBlockingOwners(object, oldObject);
  if (blocking.length === 0) return;
  const anything = { group: '*', version: '*', resource: '*', name: '*', namespace: '' };
  if ((await ask({ verb: 'update', subresource: 'finalizers', ...anything })) === undefined) return;
  const catalog = await catalogs.catalogFor(ctx.cluster);
  for (const owner of blocking) {
    const questions = ownerQuestions(catalog, owner, target.namespace);
    if (questions.length === 0) {
      const { apiVersion, kind } = owner;
      const none = `no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`;
      throw refusal(
        attributes,
        `cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion ${apiVersion} Kind ${kind}: ${none}`,
      );
    }
    for (const question of questions) {
      const reason = await ask(question);
      if (reason !== undefined)
        throw refusal(
          attributes,
          `cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: ${reason}, <nil>`,
        );
    }
  }
}

function changesOwners(object: KubeObject, old: KubeObject | undefined): boolean {
  const [now, before] = [object.metadata.ownerReferences ?? [], old?.metadata.ownerReferences ?? []];
  return now.length !== before.length || now.some((owner, i) => !deepEqual(owner as Json, before[i] as Json));
}

/** Owners that are made to wait now and were not before. */
function newBlockingOwners(object: KubeObject, old: KubeObject | undefined): readonly OwnerReference[] {
  const before = new Map(old?.metadata.ownerReferences?.map((owner) => [owner.uid, owner]));
  return (object.metadata.ownerReferences ?? []).filter(
    ({ uid, blockOwnerDeletion }) => blockOwnerDeletion === true && before.get(uid)?.blockOwnerDeletion !== true,
  );
}

/** Whether the owner's finalizers may be set, for every resource that its kind may be. A namespaced owner is in the namespace of what it owns. */
function ownerQuestions(
  catalog: Catalog,
  { apiVersion, kind, name }: OwnerReference,
  within: string,
): readonly Question[] {
  const { group, version } = parseApiVersion(apiVersion);
  return catalog.definitions
    .filter(
      (each) =>
        each.group === group && each.kind === kind && each.versions.some((v) => v.served && v.version === version),
    )
    .map(({ resource, scope }) => {
      const namespace = scope === 'Namespaced' ? within : '';
      return { verb: 'update', group, version, resource, subresource: 'finalizers', namespace, name };
    });
}
