import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import { deepEqual } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { nameIsDns1123Label } from '../../../apimachinery/validation/names.ts';
import { kcpConditions } from '../../kcp-conditions.ts';
import { structSchema, type } from '../../own-types.ts';
import { allVerbs, type ResourceDefinition } from '../../resource-definition.ts';

/** tenancy.kcp.io/v1alpha1 Workspace. `URL` is spelled so by kcp. */
export type Workspace = KubeObject & {
  spec?: {
    type?: { name?: string; path?: string };
    location?: { selector?: { matchLabels?: Record<string, string> } };
    cluster?: string;
    URL?: string;
    mount?: { ref?: { apiVersion?: string; kind?: string; name?: string; namespace?: string } };
  };
  status?: { phase?: string; initializers?: string[]; terminators?: string[] };
};

const gvk = { group: 'tenancy.kcp.io', version: 'v1alpha1', kind: 'Workspace' };

const schema = structSchema({
  gvk,
  fields: {
    spec: type.struct({
      type: type.struct({ name: { schema: type.string, required: true }, path: type.string }),
      location: type.struct({ selector: type.builtin('io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector') }),
      cluster: type.string,
      URL: type.string,
      mount: type.struct({
        ref: {
          schema: type.struct({
            apiVersion: type.string,
            kind: type.string,
            name: type.string,
            namespace: type.string,
          }),
          required: true,
        },
      }),
    }),
    status: type.struct({
      phase: type.string,
      conditions: kcpConditions,
      initializers: type.list(type.string),
      terminators: type.list(type.string),
    }),
  },
});

/** A workspace's place in the tree, its type and its mount are decided once. */
function validateUpdate(object: KubeObject, before: KubeObject): FieldError[] {
  const spec = (object as Workspace).spec ?? {};
  const old = (before as Workspace).spec ?? {};
  const errors: FieldError[] = [];
  if (old.type !== undefined && !deepEqual(spec.type, old.type)) {
    errors.push(fieldError.invalid('spec.type', spec.type ?? null, 'type is immutable'));
  }
  if (old.cluster !== undefined && spec.cluster !== old.cluster) {
    const message = spec.cluster === undefined ? 'cluster cannot be unset' : 'cluster is immutable';
    errors.push(fieldError.invalid('spec.cluster', spec.cluster ?? '', message));
  }
  if (old.URL !== undefined && spec.URL === undefined) {
    errors.push(fieldError.invalid('spec', 'object', 'URL cannot be unset'));
  }
  if (!deepEqual(spec.mount, old.mount)) {
    errors.push(fieldError.invalid('spec.mount', spec.mount ?? null, 'mount is immutable'));
  }
  return errors;
}

function validate(object: KubeObject): FieldError[] {
  const { type: workspaceType, mount } = (object as Workspace).spec ?? {};
  const errors: FieldError[] = [];
  if (workspaceType !== undefined && (workspaceType.name ?? '') === '')
    errors.push(fieldError.required('spec.type.name'));
  if (mount !== undefined && workspaceType !== undefined) {
    errors.push(fieldError.forbidden('spec.type', 'type and mount cannot be set together'));
  }
  return errors;
}

export const workspaces: ResourceDefinition = {
  group: gvk.group,
  resource: 'workspaces',
  singular: 'workspace',
  kind: gvk.kind,
  listKind: 'WorkspaceList',
  shortNames: ['ws'],
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
          stringColumn('Type', 'Type of the workspace.'),
          stringColumn('Region', 'Where the workspace lives.'),
          stringColumn('Phase', 'The current phase.'),
          stringColumn('URL', 'URL to access the workspace.'),
          { name: 'Age', type: 'date', format: '', description: 'The time since the object was created.', priority: 0 },
        ],
        cells: (object, now) => {
          const { spec = {}, status = {} } = object as Workspace;
          return [
            object.metadata.name ?? '',
            spec.type?.name ?? null,
            object.metadata.labels?.region ?? null,
            status.phase ?? null,
            spec.URL ?? null,
            ageCell(object, now),
          ];
        },
      },
    },
  ],
  storageVersion: gvk.version,
  strategy: {
    generation: 'spec',
    prepareForCreate(object) {
      delete object.status;
    },
    prepareForUpdate(object, old) {
      if (old.status === undefined) delete object.status;
      else object.status = old.status;
    },
    validate,
    validateUpdate,
    validateName: nameIsDns1123Label,
  },
  status: {},
  builtIn: false,
};
