import { forbidden } from '../apimachinery/errors.ts';
import type { KubeObject } from '../apimachinery/object.ts';
import { structField, textField } from '../registry/generic/object-fields.ts';
import { factsOf } from '../registry/generic/resource-facts.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { AdmissionAttributes, AdmissionPlugin } from './admission.ts';

const defaultAccount = 'default';

/**
 * New pods run as a ServiceAccount that exists: `default` unless they name one (upstream's ServiceAccount plugin, without the token volume: tokens of a
 * logical cluster are not mounted where its pods run).
 */
export function serviceAccount({ store }: { readonly store: ObjectStore }): AdmissionPlugin {
  return {
    name: 'ServiceAccount',
    handles: (operation, target) =>
      operation === 'CREATE' && target.subresource === '' && factsOf(target.definition).storage === 'pods',
    admit(attributes) {
      const { object } = attributes;
      if (object !== undefined) nameAccount(object);
    },
    validate: (attributes) => requireAccount(store, attributes),
  };
}

function nameAccount(pod: KubeObject): void {
  const spec = structField(pod, 'spec');
  if (spec === undefined) return;
  if (textField(spec, 'serviceAccountName') === '') spec['serviceAccountName'] = defaultAccount;
  spec['serviceAccount'] = spec['serviceAccountName'];
}

async function requireAccount(store: ObjectStore, { ctx, target, name, object }: AdmissionAttributes): Promise<void> {
  const account = textField(structField(object, 'spec'), 'serviceAccountName') || defaultAccount;
  const key = { cluster: ctx.cluster.name, resource: 'serviceaccounts', namespace: target.namespace, name: account };
  if ((await store.getAny(key)) !== undefined || (await store.get(key)) !== undefined) return;
  throw forbidden(
    { group: '', resource: 'pods' },
    name,
    `error looking up service account ${target.namespace}/${account}: serviceaccount ${JSON.stringify(account)} not found`,
  );
}
