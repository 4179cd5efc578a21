/**
 * Asks a stock Kubernetes API server for the answers that src/api/stock-vectors.test.ts holds the kinds equal to, and writes them down:
 *   node test/differential/record-kinds.ts https://127.0.0.1:16443 TOKEN [RESOURCE …]
 * To add a vector, append `{"name": "…", "sent": {…}}` to src/api/testdata/<resource>.json and run it (an update also has `old`, the object before).
 * The server must run without admission plugins that change objects: --disable-admission-plugins=ServiceAccount,DefaultTolerationSeconds,Priority,
 * LimitRanger,RuntimeClass,DefaultStorageClass,DefaultIngressClass,StorageObjectInUseProtection,PersistentVolumeClaimResize,TaintNodesByCondition,
 * PodSecurity. Its certificate is taken as it is. Rows of tables are kept as they are.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { kubernetesDefinitions } from '../../src/api/builtin.ts';
import type { Json, JsonObject } from '../../src/apimachinery/json.ts';
import { formatApiVersion, formatGroupResource, type KubeObject } from '../../src/apimachinery/object.ts';

type Vector = {
  name: string;
  sent?: KubeObject;
  old?: KubeObject;
  subresource?: string;
  version?: string;
  now?: string;
  [answer: string]: unknown;
};
type Answer = {
  status: number;
  body: KubeObject & { message?: string; details?: { causes?: Json[] } };
  warning: string;
};

const [server = '', token = '', ...only] = process.argv.slice(2);
const directory = new URL('../../src/api/testdata/', import.meta.url);
/** Metadata that no two servers share. */
const volatile = ['uid', 'resourceVersion', 'creationTimestamp', 'managedFields', 'generation'] as const;

function ask(method: string, path: string, body?: JsonObject): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(text)),
    };
    const request = https.request(server + path, { method, headers, rejectUnauthorized: false }, (response) => {
      let answer = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (answer += chunk));
      response.on('error', reject);
      response.on('end', () => {
        const warning = String(response.headers['warning'] ?? '');
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(answer) as Answer['body'], warning });
      });
    });
    request.on('error', reject);
    request.end(text);
  });
}

/** The object without nulls, which Atoll never stores, and without what differs between servers. */
function comparable(object: KubeObject): JsonObject {
  const copy = JSON.parse(JSON.stringify(object), (_key, value: unknown) => value ?? undefined) as KubeObject;
  for (const field of volatile) delete copy.metadata[field];
  return copy as JsonObject;
}

function warnings(header: string): string[] {
  return [...header.matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map((match) => (match[1] ?? '').replace(/\\(.)/g, '$1'));
}

async function record(collection: string, vector: Vector): Promise<Vector> {
  const { name, sent, old, subresource, version, now } = vector;
  if (sent === undefined) return vector;
  let answer: Answer;
  let before: KubeObject | undefined;
  if (old === undefined) answer = await ask('POST', `${collection}?dryRun=All`, sent as JsonObject);
  else {
    const path = `${collection}/${old.metadata.name ?? ''}`;
    const { status: _status, ...fresh } = old;
    const made = await ask('POST', collection, fresh);
    if (made.status !== 201) throw new Error(`${name}: ${made.body.message ?? 'not created'}`);
    before = comparable(made.body) as KubeObject;
    // The server's own controllers may have touched it since.
    const { uid, resourceVersion } = (await ask('GET', path)).body.metadata;
    const metadata = {
      ...sent.metadata,
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    };
    const target = subresource === undefined ? path : `${path}/${subresource}`;
    answer = await ask('PUT', `${target}?dryRun=All`, { ...sent, metadata } as JsonObject);
    await ask('DELETE', path, { gracePeriodSeconds: 0, propagationPolicy: 'Background' });
  }
  const { status, body } = answer;
  const times = /"last(?:Phase)?TransitionTime":"([^"]+)"/.exec(JSON.stringify(body));
  const moment = now === undefined ? undefined : (times?.[1] ?? now);
  const told = warnings(answer.warning);
  return {
    name,
    ...(subresource === undefined ? {} : { subresource }),
    ...(version === undefined ? {} : { version }),
    ...(moment === undefined ? {} : { now: moment }),
    ...(before === undefined ? {} : { old: before }),
    sent,
    ...(status < 400 ? { object: comparable(body) } : { message: body.message, causes: body.details?.causes }),
    ...(told.length === 0 ? {} : { warnings: told }),
  };
}

for (const file of readdirSync(directory)) {
  const resource = file.replace(/\.json$/, '');
  const definition = kubernetesDefinitions.find((candidate) => formatGroupResource(candidate) === resource);
  if (definition === undefined || (only.length > 0 && !only.includes(resource))) continue;
  const { group, versions, scope } = definition;
  const namespace = scope === 'Namespaced' ? '/namespaces/default' : '';
  const recorded: Vector[] = [];
  for (const vector of JSON.parse(readFileSync(new URL(file, directory), 'utf8')) as Vector[]) {
    const version = formatApiVersion(group, vector.version ?? versions[0]?.version ?? '');
    const collection = `${group === '' ? '/api' : '/apis'}/${version}${namespace}/${definition.resource}`;
    recorded.push(await record(collection, vector));
  }
  const lines = recorded.map((vector) => JSON.stringify(vector));
  writeFileSync(new URL(file, directory), `[\n${lines.join(',\n')}\n]\n`);
  process.stdout.write(`${resource}: ${recorded.length}\n`);
}
