import {
  AUTHORIZER,
  BOOL,
  type CelType,
  DYN,
  type Environment,
  INT,
  kubernetesEnvironment,
  listOf,
  mapOf,
  mutationLibrary,
  newMinor,
  type ObjectType,
  objectType,
  RESOURCE_CHECK,
  STRING,
  storedMinor,
  TIMESTAMP,
} from '../../../apimachinery/cel/index.ts';

const texts = listOf(STRING);
const textMap = mapOf(STRING, STRING);

const groupVersionKind = objectType('kubernetes.GroupVersionKind', { group: STRING, version: STRING, kind: STRING });
const groupVersionResource = objectType('kubernetes.GroupVersionResource', {
  group: STRING,
  version: STRING,
  resource: STRING,
});
const userInfo = objectType('kubernetes.UserInfo', {
  username: STRING,
  uid: STRING,
  groups: texts,
  extra: mapOf(STRING, texts),
});

/** The variable `request`: an AdmissionRequest without its objects. */
const requestType: ObjectType = objectType('kubernetes.AdmissionRequest', {
  kind: groupVersionKind,
  resource: groupVersionResource,
  subResource: STRING,
  requestKind: groupVersionKind,
  requestResource: groupVersionResource,
  requestSubResource: STRING,
  name: STRING,
  namespace: STRING,
  operation: STRING,
  userInfo,
  dryRun: BOOL,
  options: DYN,
});

const namespaceCondition = objectType('kubernetes.NamespaceCondition', {
  status: STRING,
  type: STRING,
  lastTransitionTime: TIMESTAMP,
  message: STRING,
  reason: STRING,
});
const namespaceSpec = objectType('kubernetes.NamespaceSpec', { finalizers: texts });
const namespaceStatus = objectType('kubernetes.NamespaceStatus', {
  conditions: listOf(namespaceCondition),
  phase: STRING,
});
const namespaceMetadata = objectType('kubernetes.NamespaceMetadata', {
  name: STRING,
  generateName: STRING,
  namespace: STRING,
  labels: textMap,
  annotations: textMap,
  UID: STRING,
  creationTimestamp: TIMESTAMP,
  deletionGracePeriodSeconds: INT,
  deletionTimestamp: TIMESTAMP,
  generation: INT,
  resourceVersion: STRING,
  finalizers: texts,
});

/** The variable `namespaceObject`. */
const namespaceType: ObjectType = objectType('kubernetes.Namespace', {
  metadata: namespaceMetadata,
  spec: namespaceSpec,
  status: namespaceStatus,
});

const types = [
  requestType,
  groupVersionKind,
  groupVersionResource,
  userInfo,
  namespaceType,
  namespaceMetadata,
  namespaceSpec,
  namespaceStatus,
  namespaceCondition,
];

/** What of the configuration decides which variables its expressions have. */
export type ExpressionScope = {
  readonly params: boolean;
  readonly authorizer: boolean;
  /** It has been accepted before: it may use what this release brought, which a new one may not yet. */
  readonly stored: boolean;
  /** It makes patches and parts of objects. */
  readonly mutates?: boolean;
};

const environments = new Map<string, Environment>();

/** What expressions of webhooks and policies may use; the same for the same scope. */
export function admissionEnvironment({ params, authorizer, stored, mutates = false }: ExpressionScope): Environment {
  const key = `${params} ${authorizer} ${stored} ${mutates}`;
  let environment = environments.get(key);
  if (environment === undefined) {
    environment = kubernetesEnvironment(stored ? storedMinor : newMinor).extend({
      variables: {
        object: DYN,
        oldObject: DYN,
        namespaceObject: namespaceType,
        request: requestType,
        ...(params ? { params: DYN } : {}),
        ...(authorizer ? { authorizer: AUTHORIZER, 'authorizer.requestResource': RESOURCE_CHECK } : {}),
      },
      types,
      ...(mutates ? { libraries: [mutationLibrary] } : {}),
    });
    environments.set(key, environment);
  }
  return environment;
}

/** The same with `variables`, whose fields have these types. */
export function withVariables(environment: Environment, fields: Readonly<Record<string, CelType>>): Environment {
  const type = objectType('kubernetes.variables', fields);
  return environment.extend({ variables: { variables: type }, types: [type] });
}
