import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { builtinResource } from '../../builtin-resource.ts';
import type { StrategyContext } from '../../resource-definition.ts';

type ServiceAccount = KubeObject & { secrets?: { name?: string }[] };

const mountableSecretsAnnotation = 'kubernetes.io/enforce-mountable-secrets';

/** Only the names of secret references are kept: a service account speaks of its own namespace. */
function cleanSecretReferences(object: KubeObject): void {
  const account = object as ServiceAccount;
  if (account.secrets === undefined) return;
  account.secrets = account.secrets.map(({ name }) => (name === undefined ? {} : { name }));
}

function warn(object: KubeObject, old: KubeObject | undefined, ctx: StrategyContext): void {
  const { annotations = {} } = object.metadata;
  if (!Object.hasOwn(annotations, mountableSecretsAnnotation)) return;
  if (old !== undefined && Object.hasOwn(old.metadata.annotations ?? {}, mountableSecretsAnnotation)) return;
  ctx.warn(
    `metadata.annotations[${mountableSecretsAnnotation}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`,
  );
}

export const serviceAccounts = builtinResource({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  resource: 'serviceaccounts',
  shortNames: ['sa'],
  scope: 'Namespaced',
  table: {
    columns: [nameColumn, stringColumn('Secrets', 'The number of secrets that pods may use.'), ageColumn],
    cells: (object, now) => [
      object.metadata.name ?? '',
      (object as ServiceAccount).secrets?.length ?? 0,
      ageCell(object, now),
    ],
  },
  strategy: {
    generation: 'none',
    allowUnconditionalUpdate: true,
    returnDeletedObject: true,
    prepareForCreate: cleanSecretReferences,
    prepareForUpdate: cleanSecretReferences,
    warn,
  },
  subresources: {
    token: { kind: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' }, verbs: ['create'] },
  },
});
