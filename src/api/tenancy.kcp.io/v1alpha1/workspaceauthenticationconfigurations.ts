import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, nameColumn } from '../../../apimachinery/table.ts';
import { nameIsDns1123Subdomain } from '../../../apimachinery/validation/names.ts';
import { compileAll } from '../../apiserver.config.k8s.io/authentication-configuration.ts';
import type { JwtAuthenticator } from '../../apiserver.config.k8s.io/jwt-authenticator.ts';
import { jwtAuthenticatorSchema } from '../../apiserver.config.k8s.io/jwt-schema.ts';
import { structSchema, type } from '../../own-types.ts';
import { allVerbs, type ResourceDefinition } from '../../resource-definition.ts';

/** tenancy.kcp.io/v1alpha1 WorkspaceAuthenticationConfiguration: issuers whose tokens sign users in to the workspaces of types that name it. */
export type WorkspaceAuthenticationConfiguration = KubeObject & { spec?: { jwt?: readonly JwtAuthenticator[] } };

const gvk = { group: 'tenancy.kcp.io', version: 'v1alpha1', kind: 'WorkspaceAuthenticationConfiguration' };

const schema = structSchema({
  gvk,
  fields: {
    spec: {
      schema: type.struct({ jwt: { schema: type.list(jwtAuthenticatorSchema), required: true } }),
      required: true,
    },
  },
});

/** Wrong authenticators are refused when they are written: kcp finds them out only when it should use them. */
function validate(object: KubeObject): FieldError[] {
  const { spec } = object as WorkspaceAuthenticationConfiguration;
  if (spec?.jwt === undefined) return [fieldError.required('spec.jwt')];
  const errors: FieldError[] = [];
  compileAll(spec.jwt, 'spec.jwt', [], errors);
  return errors;
}

export const workspaceAuthenticationConfigurations: ResourceDefinition = {
  group: gvk.group,
  resource: 'workspaceauthenticationconfigurations',
  singular: 'workspaceauthenticationconfiguration',
  kind: gvk.kind,
  listKind: 'WorkspaceAuthenticationConfigurationList',
  shortNames: [],
  categories: ['kcp'],
  scope: 'Cluster',
  verbs: allVerbs,
  versions: [
    {
      version: gvk.version,
      served: true,
      schema,
      table: {
        columns: [
          nameColumn,
          { name: 'Age', type: 'date', format: '', description: 'The time since the object was created.', priority: 0 },
        ],
        cells: (object, now) => [object.metadata.name ?? '', ageCell(object, now)],
      },
    },
  ],
  storageVersion: gvk.version,
  strategy: { generation: 'spec', validate, validateName: nameIsDns1123Subdomain },
  builtIn: false,
};
