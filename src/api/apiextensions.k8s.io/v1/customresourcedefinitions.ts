import { deepCopy, type Json } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { defaultTable } from '../../../apimachinery/table.ts';
import { builtinSchema } from '../../builtin-types.ts';
import { allVerbs, type ResourceDefinition } from '../../resource-definition.ts';
import { type Crd, crdGroup } from './types.ts';
import { validateCrd, validateCrdUpdate } from './validate-crd.ts';

function applyDefaults(object: KubeObject): void {
  const crd = object as Crd;
  const spec = (crd.spec ??= {});
  const names = (spec.names ??= {});
  const { kind = '' } = names;
  if ((names.singular ?? '') === '') names.singular = kind.toLowerCase();
  if ((names.listKind ?? '') === '' && kind !== '') names.listKind = `${kind}List`;
  spec.conversion ??= { strategy: 'None' };
  const client = spec.conversion.webhook?.clientConfig;
  const service = client?.['service'];
  if (typeof service === 'object' && service !== null && !Array.isArray(service)) service['port'] ??= 443;
}

/** The storage version joins the versions in which objects may be stored. */
function addStoredVersion(crd: Crd): void {
  const storage = crd.spec?.versions?.find((version) => version.storage === true)?.name;
  if (storage === undefined) return;
  const status = (crd.status ??= {});
  const stored = (status.storedVersions ??= []);
  if (!stored.includes(storage)) stored.push(storage);
}

/** apiextensions.k8s.io/v1 CustomResourceDefinition. What its objects define is served by registry/customresources. */
export const customResourceDefinitions: ResourceDefinition = {
  group: crdGroup,
  resource: 'customresourcedefinitions',
  singular: 'customresourcedefinition',
  kind: 'CustomResourceDefinition',
  listKind: 'CustomResourceDefinitionList',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  scope: 'Cluster',
  verbs: allVerbs,
  versions: [
    {
      version: 'v1',
      served: true,
      table: defaultTable,
      get schema() {
        return builtinSchema('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition');
      },
    },
  ],
  storageVersion: 'v1',
  strategy: {
    generation: 'spec',
    applyDefaults,
    prepareForCreate(object) {
      const crd = object as Crd;
      crd.status = {};
      addStoredVersion(crd);
    },
    prepareForUpdate(object, old) {
      const crd = object as Crd;
      const { status } = old as Crd;
      if (status === undefined) delete crd.status;
      else crd.status = deepCopy(status as Json) as NonNullable<Crd['status']>;
      addStoredVersion(crd);
    },
    validateCreate: (object) => validateCrd(object as Crd),
    validateUpdate: (object, old) => validateCrdUpdate(object as Crd, old as Crd),
  },
  status: {},
  builtIn: true,
};
