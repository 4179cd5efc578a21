import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, nameColumn } from '../../../apimachinery/table.ts';
import { nameIsDns1123Label } from '../../../apimachinery/validation/names.ts';
import { structSchema, type } from '../../own-types.ts';
import { allVerbs, type ResourceDefinition } from '../../resource-definition.ts';

/** tenancy.kcp.io/v1alpha1 WorkspaceType: what workspaces of the type have in common. Fields of kcp's that are not listed are not served. */
export type WorkspaceType = KubeObject & {
  spec?: { authenticationConfigurations?: readonly { readonly name?: string }[] };
};

const gvk = { group: 'tenancy.kcp.io', version: 'v1alpha1', kind: 'WorkspaceType' };
const maxConfigurations = 16;

const schema = structSchema({
  gvk,
  fields: {
    spec: type.struct({
      authenticationConfigurations: type.listMap(
        type.struct({ name: { schema: type.string, required: true } }),
        'name',
      ),
    }),
  },
});

function validate(object: KubeObject): FieldError[] {
  const configurations = (object as WorkspaceType).spec?.authenticationConfigurations ?? [];
  const path = 'spec.authenticationConfigurations';
  if (configurations.length > maxConfigurations)
    return [fieldError.tooMany(path, configurations.length, maxConfigurations)];
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, { name = '' }] of configurations.entries()) {
    if (name === '') errors.push(fieldError.required(`${path}[${index}].name`));
    else if (seen.has(name)) errors.push(fieldError.duplicate(`${path}[${index}]`, name));
    seen.add(name);
  }
  return errors;
}

export const workspaceTypes: ResourceDefinition = {
  group: gvk.group,
  resource: 'workspacetypes',
  singular: 'workspacetype',
  kind: gvk.kind,
  listKind: 'WorkspaceTypeList',
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
  strategy: { generation: 'spec', validate, validateName: nameIsDns1123Label },
  builtIn: false,
};
