import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject, ManagedFieldsEntry } from '../../apimachinery/object.ts';
import { userFields } from './user-fields.ts';

/** The spec of a Deployment as a server keeps it: what the user wrote and what defaults added. */
function storedSpec(): JsonObject {
  return {
    progressDeadlineSeconds: 600,
    replicas: 3,
    revisionHistoryLimit: 10,
    selector: { matchLabels: { app: 'web' } },
    strategy: { rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' }, type: 'RollingUpdate' },
    template: {
      metadata: { creationTimestamp: null, labels: { app: 'web' } },
      spec: {
        containers: [
          { name: 'side', image: 'side:1' },
          {
            name: 'web',
            image: 'nginx:2',
            imagePullPolicy: 'IfNotPresent',
            env: [{ name: 'PW', valueFrom: { secretKeyRef: { key: 'pw', name: 's' } } }],
            ports: [{ containerPort: 80, protocol: 'TCP' }],
            resources: {},
          },
        ],
        restartPolicy: 'Always',
      },
    },
  };
}

function deployment(managedFields: ManagedFieldsEntry[], annotations: Record<string, string> = {}): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: 'u',
      resourceVersion: '5',
      labels: { app: 'web' },
      annotations,
      managedFields,
    },
    spec: storedSpec(),
    status: { replicas: 3 },
  };
}

const specOf = (object: KubeObject): JsonObject => object.spec as JsonObject;

const web = 'k:{"name":"web"}';
const port = 'k:{"containerPort":80,"protocol":"TCP"}';

/** What a stock 1.33 server notes for `kubectl apply`, which includes the defaults that it filled in. */
const clientSideEntry: ManagedFieldsEntry = {
  manager: 'kubectl-client-side-apply',
  operation: 'Update',
  apiVersion: 'apps/v1',
  fieldsType: 'FieldsV1',
  fieldsV1: {
    'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
    'f:spec': {
      'f:progressDeadlineSeconds': {},
      'f:revisionHistoryLimit': {},
      'f:selector': {},
      'f:strategy': { 'f:rollingUpdate': { '.': {}, 'f:maxSurge': {}, 'f:maxUnavailable': {} }, 'f:type': {} },
      'f:template': {
        'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
        'f:spec': {
          'f:containers': {
            [web]: {
              '.': {},
              'f:env': {
                '.': {},
                'k:{"name":"PW"}': { '.': {}, 'f:name': {}, 'f:valueFrom': { '.': {}, 'f:secretKeyRef': {} } },
              },
              'f:imagePullPolicy': {},
              'f:name': {},
              'f:ports': { '.': {}, [port]: { '.': {}, 'f:containerPort': {}, 'f:protocol': {} } },
              'f:resources': {},
            },
          },
          'f:restartPolicy': {},
        },
      },
    },
  },
};

const lastApplied = {
  'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', labels: { app: 'web' } },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          containers: [
            {
              name: 'web',
              image: 'nginx:1',
              env: [{ name: 'PW', valueFrom: { secretKeyRef: { key: 'pw', name: 's' } } }],
              ports: [{ containerPort: 80 }],
            },
          ],
        },
      },
    },
  }),
};

const scaleEntry: ManagedFieldsEntry = {
  manager: 'kubectl',
  operation: 'Update',
  apiVersion: 'apps/v1',
  subresource: 'scale',
  fieldsV1: { 'f:spec': { 'f:replicas': {} } },
};

const setImageEntry: ManagedFieldsEntry = {
  manager: 'kubectl-set',
  operation: 'Update',
  apiVersion: 'apps/v1',
  fieldsV1: { 'f:spec': { 'f:template': { 'f:spec': { 'f:containers': { [web]: { 'f:image': {} } } } } } },
};

test('of an applied object exactly what was applied, scaled and set counts, with the values of now', () => {
  const result = userFields(deployment([clientSideEntry, scaleEntry, setImageEntry], lastApplied));
  assert.deepEqual(specOf(result), {
    replicas: 3,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [
          {
            name: 'web',
            image: 'nginx:2',
            env: [{ name: 'PW', valueFrom: { secretKeyRef: { key: 'pw', name: 's' } } }],
            ports: [{ containerPort: 80, protocol: 'TCP' }],
          },
        ],
      },
    },
  });
});

test('without the last applied configuration the whole field set counts', () => {
  const spec = specOf(userFields(deployment([clientSideEntry])));
  assert.equal(spec.progressDeadlineSeconds, 600);
  assert.deepEqual(spec.strategy, { rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' }, type: 'RollingUpdate' });
  assert.equal(spec.replicas, undefined);
});

test('a last applied configuration that is no JSON is no reason to fail', () => {
  const broken = { 'kubectl.kubernetes.io/last-applied-configuration': '{' };
  assert.equal(specOf(userFields(deployment([clientSideEntry], broken))).progressDeadlineSeconds, 600);
});

test('of a server-side applied object the applied fields count, and lists keep their order', () => {
  const entry = (manager: string, name: string): ManagedFieldsEntry => ({
    manager,
    operation: 'Apply',
    apiVersion: 'apps/v1',
    fieldsV1: {
      'f:spec': {
        'f:template': { 'f:spec': { 'f:containers': { [`k:{"name":"${name}"}`]: { '.': {}, 'f:image': {} } } } },
      },
    },
  });
  const result = userFields(deployment([entry('b', 'web'), entry('a', 'side')]));
  assert.deepEqual(specOf(result), {
    template: {
      spec: {
        containers: [
          { name: 'side', image: 'side:1' },
          { name: 'web', image: 'nginx:2' },
        ],
      },
    },
  });
});

test('what sync itself wrote, and status, is nobody’s wish', () => {
  const own: ManagedFieldsEntry = {
    manager: 'atoll-sync',
    operation: 'Update',
    fieldsV1: { 'f:spec': { 'f:revisionHistoryLimit': {} } },
  };
  const status: ManagedFieldsEntry = {
    manager: 'someone',
    operation: 'Update',
    subresource: 'status',
    fieldsV1: { 'f:status': { 'f:replicas': {} } },
  };
  const result = userFields(deployment([own, status, scaleEntry]));
  assert.deepEqual(specOf(result), { replicas: 3 });
  assert.equal(result.status, undefined);
});

test('an object without managed fields counts whole, and is not changed', () => {
  const object = deployment([]);
  const result = userFields(object);
  assert.deepEqual(result.spec, storedSpec());
  assert.deepEqual(result.metadata, { name: 'web', labels: { app: 'web' }, annotations: {} });
  (result.spec as JsonObject).replicas = 99;
  assert.deepEqual(object.spec, storedSpec());
});

test('labels and annotations are kept whoever owns them, and sets are selected by value', () => {
  const object: KubeObject = {
    apiVersion: 'v1',
    kind: 'Thing',
    metadata: {
      name: 't',
      labels: { a: 'b' },
      managedFields: [
        { manager: 'm', operation: 'Apply', fieldsV1: { 'f:spec': { 'f:zones': { 'v:"x"': {} }, 'f:gone': {} } } },
      ],
    },
    spec: { zones: ['y', 'x'] },
  };
  assert.deepEqual(userFields(object), {
    apiVersion: 'v1',
    kind: 'Thing',
    metadata: { name: 't', labels: { a: 'b' } },
    spec: { zones: ['x'] },
  });
});

test('hostile field sets select nothing and break nothing', () => {
  for (const fieldsV1 of [
    { 'f:spec': { 'k:{': {} } },
    { 'f:spec': { 'f:template': { 'i:99': {}, 'v:': {} } } },
    { 'f:__proto__': { 'f:x': {} } },
    { x: 1 },
  ] as JsonObject[]) {
    const result = userFields(deployment([{ manager: 'm', operation: 'Apply', fieldsV1 }]));
    assert.equal(result.kind, 'Deployment');
  }
});
