import { acceptNames, takenNames } from '../../api/apiextensions.k8s.io/v1/names.ts';
import { cleanupFinalizer, type Crd, crdResource, setCrdCondition } from '../../api/apiextensions.k8s.io/v1/types.ts';
import { setApprovalCondition } from '../../api/apiextensions.k8s.io/v1/validate-approval.ts';
import { formatTime, type KubeObject } from '../../apimachinery/object.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import type { BuiltInCatalogs } from '../catalog.ts';
import type { ResourceHooks } from '../generic/hooks.ts';
import type { RequestContext } from '../registry.ts';

/** The names of the others in a definition's group: accepted ones of other definitions, and what is built in. */
export function namesInGroup(
  crd: Crd,
  others: Iterable<KubeObject>,
  builtIn: readonly {
    group: string;
    resource: string;
    singular: string;
    shortNames: readonly string[];
    kind: string;
    listKind: string;
  }[],
): ReturnType<typeof takenNames> {
  const group = crd.spec?.group;
  const names: Parameters<typeof takenNames>[0] extends Iterable<infer N> ? N[] : never = [];
  for (const other of others as Iterable<Crd>) {
    if (other.spec?.group !== group || other.metadata.name === crd.metadata.name) continue;
    names.push(other.status?.acceptedNames ?? {});
  }
  for (const each of builtIn) {
    if (each.group !== group) continue;
    const { resource: plural, singular, kind, listKind } = each;
    names.push({ plural, singular, shortNames: [...each.shortNames], kind, listKind });
  }
  return takenNames(names);
}

/**
 * What a CustomResourceDefinition needs beyond its strategy: names are accepted, and the definition is established, by its create, so that its objects are
 * served when the create has been answered; a deleted one stays until its objects are gone.
 */
export function customResourceDefinitionHooks(
  store: Pick<ObjectStore, 'list'>,
  builtIn: BuiltInCatalogs,
  now: () => Date = () => new Date(),
): ResourceHooks {
  return {
    async beforeCreate({ cluster }: RequestContext, object) {
      const crd = object as Crd;
      const { items } = await store.list({ cluster: cluster.name, resource: crdResource, at: { mode: 'fresh' } });
      const others = items.map((item) => item.object);
      acceptNames(crd, namesInGroup(crd, others, builtIn.builtIn(cluster).definitions), formatTime(now()));
      setApprovalCondition(crd, formatTime(now()));
      return [];
    },
    deletesWithoutGrace: true,
    blocksRemoval: (object) => object.metadata.deletionTimestamp === undefined,
    beginDeletion(object) {
      const finalizers = object.metadata.finalizers ?? [];
      if (!finalizers.includes(cleanupFinalizer)) object.metadata.finalizers = [...finalizers, cleanupFinalizer];
      setCrdCondition(
        object as Crd,
        {
          type: 'Terminating',
          status: 'True',
          reason: 'InstanceDeletionPending',
          message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
        },
        formatTime(now()),
      );
    },
  };
}
