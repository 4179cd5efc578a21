import { readFileSync } from 'node:fs';
import { formatGroupResource } from '../../src/apimachinery/object.ts';
import { kubernetesDefinitions } from '../../src/api/builtin.ts';
import type { ResourceDefinition } from '../../src/api/resource-definition.ts';
import {
  accept,
  apply,
  type DifferentialRequest,
  get,
  json,
  jsonPatch,
  merge,
  partial,
  partialList,
  patch,
  post,
  put,
  remove,
  run,
  strategic,
  table,
  watch,
  yaml,
} from './request.ts';

type Sample = { apiVersion: string; kind: string; metadata: Record<string, unknown>; [field: string]: unknown };
type Vector = { sent?: Sample; old?: unknown; object?: unknown };

const watchList = 'the feature WatchList (sendInitialEvents) is on here; stock 1.33 turned it off';
/** Why every answer about a kind may differ. */
const ofKind: Readonly<Record<string, string>> = {
  flowschemas: "stock's controller of priority and fairness writes the status at once",
};
const containers = [{ name: 'c', image: 'nginx:1' }];

/** Samples of kinds whose recorded vectors hold nothing that is accepted as it is. */
const ownSamples: Readonly<Record<string, object>> = {
  'clusterroles.rbac.authorization.k8s.io': { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
  'jobs.batch': { spec: { template: { spec: { restartPolicy: 'Never', containers } } } },
};

/** Two objects of the kind, which a stock server accepts. */
function samples(definition: ResourceDefinition): Sample[] {
  const { group, resource, kind } = definition;
  const version = definition.versions[0]?.version ?? '';
  const apiVersion = group === '' ? version : `${group}/${version}`;
  const full = group === '' ? resource : `${resource}.${group}`;
  const own = ownSamples[full];
  if (own !== undefined) return [{ apiVersion, kind, metadata: {}, ...own }];
  let vectors: Vector[];
  try {
    vectors = JSON.parse(readFileSync(new URL(`../../src/api/testdata/${full}.json`, import.meta.url), 'utf8'));
  } catch {
    return [];
  }
  const accepted = vectors.filter(
    ({ sent, old, object }) => object !== undefined && old === undefined && sent !== undefined,
  );
  return accepted.slice(0, 12).map(({ sent }) => sent as Sample);
}

function renamed(sample: Sample, name: string): Sample {
  const { generateName: _generateName, namespace: _namespace, name: _name, ...metadata } = sample.metadata;
  return { ...sample, metadata: { ...metadata, name } };
}

function withMetadata(sample: Sample, more: Record<string, unknown>): Sample {
  return { ...sample, metadata: { ...sample.metadata, ...more } };
}

/** Every verb over one kind, with the options and mistakes that every kind answers alike. */
export function requestsForKind(definition: ResourceDefinition): DifferentialRequest[] {
  const [first, ...others] = samples(definition);
  const version = definition.versions[0]?.version;
  if (first === undefined || version === undefined || !definition.verbs.includes('update')) return [];
  const { group, resource, kind } = definition;
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const namespaced = definition.scope === 'Namespaced';
  const all = `${root}/${resource}`;
  const items = namespaced ? `${root}/namespaces/${run}/${resource}` : all;
  const name = `${run}-a`;
  const at = `${items}/${name}`;
  const sample = withMetadata(renamed(first, name), { labels: { run, tier: 'one' } });
  const { apiVersion } = sample;
  const key = `${kind}-${version}`;
  const bare = { apiVersion, kind, metadata: { name } };
  const dry = `${items}?dryRun=All`;
  const labelled = `labelSelector=run%3D${run}`;
  const uniform: DifferentialRequest[] = [
    post(dry, sample),
    post(dry, { ...sample, bogus: 1, spec: { ...(sample['spec'] as object | undefined), bogus: { a: 1 } } }),
    post(`${dry}&fieldValidation=Strict`, { ...sample, bogus: 1, metadata: { ...sample.metadata, bogus: 'x' } }),
    post(`${dry}&fieldValidation=Ignore`, { ...sample, bogus: 1 }),
    post(dry, withMetadata(sample, { name: 'Bad_Name' })),
    post(dry, withMetadata(sample, { name: 'x'.repeat(300) })),
    post(dry, withMetadata(sample, { name: undefined })),
    post(dry, withMetadata(sample, { name: undefined, generateName: 'generated-' }), json, { ignoreBody: true }),
    post(dry, withMetadata(sample, { name: undefined, generateName: 'Bad_' }), json, { ignoreBody: true }),
    post(dry, withMetadata(sample, { namespace: 'elsewhere' })),
    post(dry, withMetadata(sample, { resourceVersion: '5' })),
    post(
      dry,
      withMetadata(sample, {
        uid: 'not-mine',
        creationTimestamp: '2020-01-01T00:00:00Z',
        generation: 7,
        selfLink: 'x',
      }),
    ),
    post(dry, withMetadata(sample, { labels: { 'bad key!': 'x' } })),
    post(dry, withMetadata(sample, { labels: { ok: 'bad value!' }, annotations: { 'UP/x y': 'z' } })),
    post(dry, withMetadata(sample, { finalizers: ['nope', 'example.com/f'], ownerReferences: [{ kind: 'X' }] })),
    post(dry, withMetadata(sample, { labels: 'x' })),
    post(dry, { ...sample, apiVersion: 'example.com/v1' }),
    post(dry, { ...sample, kind: 'Widget' }),
    post(dry, { ...sample, spec: 'x', data: 5, rules: 'y' }),
    post(dry, bare),
    post(items, sample, json, { save: key }),
    post(items, sample),
    ...others.map((other, index) => post(items, withMetadata(renamed(other, `${run}-o${index}`), { labels: { run } }))),
    get(at),
    get(`${at}?resourceVersion=0`),
    get(`${at}?resourceVersion=999999999`),
    get(`${at}?pretty=1`),
    get(`${items}/absent`),
    accept(at, 'application/yaml'),
    accept(at, table),
    accept(`${at}?includeObject=Object`, table),
    accept(`${at}?includeObject=None`, table),
    accept(at, partial),
    accept(at, partialList),
    accept(at, 'application/vnd.kubernetes.protobuf'),
    accept(`${items}?${labelled}`, 'application/vnd.kubernetes.protobuf'),
    get(`${items}?${labelled}`),
    get(`${all}?${labelled}`),
    get(`${items}?${labelled}&limit=1`),
    get(`${items}?${labelled}&resourceVersion=0`),
    get(`${items}?${labelled}&resourceVersion=1&resourceVersionMatch=NotOlderThan`),
    accept(`${items}?${labelled}`, table),
    accept(`${items}?${labelled}&includeObject=Object`, table),
    accept(`${all}?${labelled}`, table),
    accept(`${items}?${labelled}`, partialList),
    accept(`${items}?${labelled}`, 'application/yaml'),
    accept(`${items}?labelSelector=run%3Dabsent`, table),
    get(`${items}?fieldSelector=metadata.name%3D${name}`),
    get(`${items}?${labelled}&fieldSelector=metadata.name%21%3D${name}`),
    get(`${items}?${labelled}&fieldSelector=metadata.namespace%3Dx`),
    get(`${items}?fieldSelector=spec.bogus%3Dx`),
    get(`${items}?fieldSelector=status.phase%3Dx`),
    get(`${items}?${labelled},tier%20in%20(one,two),!absent`),
    watch(`${items}?fieldSelector=metadata.name%3D${name}`),
    watch(`${items}?${labelled}`, [], { accept: table }),
    watch(`${items}?${labelled}`, [], { accept: partial }),
    {
      ...watch(
        `${items}?fieldSelector=metadata.name%3D${name}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
      ),
      mayDiffer: watchList,
    },
    get(`${at}/nope`),
    get(`${at}/status`),
    get(`${at}/scale`),
    accept(`${at}/status`, table),
    put(`${at}/scale`, bare),
    post(at, sample),
    put(items, sample),
    put(`${at}?dryRun=All`, sample),
    put(at, sample),
    put(at, withMetadata(sample, { resourceVersion: '1' })),
    put(at, withMetadata(sample, { uid: 'UID-of-another' })),
    put(at, withMetadata(sample, { name: 'other' })),
    put(at, withMetadata(sample, { namespace: 'other' })),
    put(at, bare),
    put(`${items}/${run}-absent?dryRun=All`, withMetadata(sample, { name: `${run}-absent` })),
    put(
      at,
      withMetadata(sample, { labels: { run, tier: 'two' }, generation: 44, deletionTimestamp: '2020-01-01T00:00:00Z' }),
    ),
    put(at, withMetadata(sample, { labels: { run, tier: 'two' }, managedFields: [{}] })),
    put(at, withMetadata(sample, { labels: { run, tier: 'two' }, managedFields: [] })),
    patch(at, merge, { metadata: { labels: { m: '1' } } }),
    patch(at, merge, { metadata: { labels: { m: '1' } } }),
    patch(at, merge, { metadata: { labels: { m: null, absent: null } } }),
    patch(
      at,
      merge,
      { metadata: { labels: { m: 5 } } },
      { mayDiffer: 'the bad value is printed in another order of keys' },
    ),
    patch(at, merge, { metadata: { name: 'other' } }),
    patch(at, merge, { metadata: { namespace: 'other' } }),
    patch(at, merge, { metadata: { uid: 'other' } }),
    patch(at, merge, { metadata: { creationTimestamp: '2020-01-01T00:00:00Z', generation: 9 } }),
    patch(at, merge, { metadata: { annotations: { 'bad key!': 'x' } } }),
    patch(at, merge, { metadata: { resourceVersion: '1', labels: { x: 'y' } } }),
    patch(at, merge, { bogus: 1 }),
    patch(at, merge, { kind: 'Other' }),
    patch(at, merge, { apiVersion: 'example.com/v1' }),
    patch(at, strategic, { metadata: { labels: { s: '1' }, finalizers: [] } }),
    patch(at, strategic, { metadata: { labels: { $patch: 'replace', run, tier: 'two' } } }),
    patch(at, strategic, { metadata: { labels: { $patch: 'bogus' } } }),
    patch(at, strategic, { metadata: { annotations: { a: 'b' }, $retainKeys: ['name'] } }),
    patch(at, strategic, { metadata: { labels: 5 } }),
    patch(at, strategic, { bogus: 1 }),
    patch(at, jsonPatch, [{ op: 'add', path: '/metadata/labels/j', value: '1' }]),
    patch(at, jsonPatch, [{ op: 'test', path: '/metadata/labels/j', value: '2' }]),
    patch(at, jsonPatch, [{ op: 'remove', path: '/metadata/labels/absent' }]),
    patch(at, jsonPatch, [{ op: 'replace', path: '/metadata/labels/absent', value: 'x' }]),
    patch(at, jsonPatch, [{ op: 'move', from: '/metadata/labels/j', path: '/metadata/labels/k' }]),
    patch(at, jsonPatch, [
      { op: 'copy', from: '/metadata/labels/k', path: '/metadata/labels/l' },
      { op: 'remove', path: '/metadata/labels/k' },
    ]),
    patch(at, jsonPatch, [{ op: 'add', path: '/bogus/x/y', value: 1 }]),
    patch(at, jsonPatch, []),
    patch(`${at}?fieldManager=one`, apply, { ...bare, metadata: { name, labels: { a: '1' } } }),
    patch(`${at}?fieldManager=one`, apply, { ...bare, metadata: { name, labels: { a: '1' } } }),
    patch(`${at}?fieldManager=two`, apply, { ...bare, metadata: { name, labels: { a: '2', tier: 'three' } } }),
    patch(`${at}?fieldManager=two&force=true`, apply, {
      ...bare,
      metadata: { name, labels: { a: '2', tier: 'three' } },
    }),
    patch(`${at}?fieldManager=one`, apply, { ...bare, metadata: { name } }),
    patch(`${at}?fieldManager=two`, apply, { ...bare, metadata: { name, annotations: { b: '1' } } }),
    patch(`${at}?fieldManager=two`, apply, { ...bare, bogus: 1 }),
    patch(`${at}?fieldManager=two`, apply, { ...bare, metadata: { name, labels: { a: 1 } } }),
    patch(`${at}?fieldManager=two`, apply, { ...bare, metadata: { name, managedFields: [{ manager: 'x' }] } }),
    patch(`${at}?fieldManager=two`, apply, { kind, apiVersion: 'example.com/v1', metadata: { name } }),
    patch(`${at}?fieldManager=two`, apply, { kind: 'Widget', apiVersion, metadata: { name } }),
    patch(`${at}?fieldManager=two`, apply, { ...bare, metadata: { name, uid: 'other' } }),
    patch(`${at}?fieldManager=two`, apply, { ...bare, metadata: { name, resourceVersion: '1', labels: { zz: 'y' } } }),
    patch(`${items}/${run}-applied?fieldManager=two&dryRun=All`, apply, renamed(first, `${run}-applied`)),
    patch(`${items}/${run}-applied?fieldManager=two`, apply, renamed(first, `${run}-applied`)),
    patch(`${items}/${run}-applied?fieldManager=three`, apply, renamed(first, `${run}-applied`)),
    patch(`${items}/${run}-applied?fieldManager=two`, apply, { ...bare, metadata: { name: `${run}-applied` } }),
    get(`${items}/${run}-applied`),
    patch(`${items}/${run}-nope`, merge, {}),
    patch(`${at}/status`, merge, { metadata: { labels: { viastatus: '1' } }, status: { bogus: 1 } }),
    patch(
      `${at}/status`,
      merge,
      { status: { phase: 5, replicas: 'x' } },
      { mayDiffer: 'the bad value is printed in another order of keys' },
    ),
    put(`${at}/status`, sample),
    put(`${at}/status`, { ...sample, status: {} }),
    patch(`${at}/status?fieldManager=st`, apply, { ...bare, status: {} }),
    patch(`${at}/scale`, merge, { spec: { replicas: 3 } }),
    patch(`${at}/scale`, merge, { spec: { replicas: -3 } }),
    patch(`${at}/scale`, strategic, { spec: { replicas: 4 } }),
    put(`${at}/scale`, {
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name, namespace: run },
      spec: { replicas: 2 },
    }),
    get(at),
    accept(at, table),
    post(`${items}?fieldManager=yaml`, yamlOf(renamed(first, `${run}-yaml`)), yaml),
    remove(`${at}?dryRun=All`),
    remove(at, { preconditions: { uid: 'other' } }),
    remove(at, { preconditions: { resourceVersion: '1' } }),
    remove(at, { propagationPolicy: 'Nope' }),
    remove(at, { gracePeriodSeconds: -1, dryRun: ['All'] }),
    remove(`${at}?gracePeriodSeconds=5&dryRun=All`),
    patch(at, merge, { metadata: { finalizers: ['example.com/f'] } }),
    remove(at, { propagationPolicy: 'Foreground' }),
    remove(at, { propagationPolicy: 'Orphan' }),
    get(at),
    accept(at, table),
    patch(at, merge, { metadata: { finalizers: ['example.com/f', 'example.com/g', 'foregroundDeletion'] } }),
    patch(at, merge, { metadata: { labels: { whiledeleting: 'x' } } }),
    patch(at, merge, { metadata: { finalizers: null } }),
    get(at),
    remove(`${items}/${run}-applied`, { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' }),
    remove(`${items}/${run}-yaml?propagationPolicy=Orphan`),
    patch(`${items}/${run}-yaml`, merge, { metadata: { finalizers: null } }),
    remove(`${items}?${labelled}&dryRun=All`),
    remove(`${items}?${labelled}`),
    get(`${items}?${labelled}`),
    remove(at),
  ];
  const why = ofKind[resource];
  return why === undefined ? uniform : uniform.map((request) => ({ mayDiffer: why, ...request }));
}

/** JSON is YAML, but not the YAML that people write. */
function yamlOf(value: unknown, indent = ''): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Array.isArray(value)
    ? value.map((item): [string, unknown] => ['-', item])
    : Object.entries(value).map(([key, item]): [string, unknown] => [`${JSON.stringify(key)}:`, item]);
  if (entries.length === 0) return Array.isArray(value) ? '[]' : '{}';
  return entries
    .map(([key, item]) => {
      const nested = typeof item === 'object' && item !== null && Object.keys(item).length > 0;
      return `${indent}${key}${nested ? `\n${yamlOf(item, `${indent}  `)}` : ` ${yamlOf(item)}`}`;
    })
    .join('\n');
}

/** The kinds of Kubernetes that Atoll serves, or those of them that are named (`pods`, `jobs.batch`), in a namespace of this run. */
export function kindRequests(only?: readonly string[]): readonly DifferentialRequest[] {
  return kubernetesDefinitions
    .filter((definition) => only === undefined || only.includes(formatGroupResource(definition)))
    .flatMap(requestsForKind);
}
