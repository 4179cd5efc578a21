import { kubernetesDefinitions } from '../../src/api/builtin.ts';
import { formatApiVersion } from '../../src/apimachinery/object.ts';
import type { StructSchema } from '../../src/apimachinery/schema/schema.ts';
import { drop, mutated, type Mutation, Mutator } from './mutate.ts';
import { apply, type DifferentialRequest, jsonPatch, merge, patch, post, put, strategic } from './request.ts';
import { samples } from './samples/index.ts';
import type { Sample } from './samples/sample.ts';

/** Everything lives in one namespace with a fixed name: nothing but the stored samples is ever written, so runs do not disturb each other. */
export const namespace = 'mutations';

export type MutationCase = { readonly kind: string; readonly label: string; readonly request: DifferentialRequest };
export type MutationPlan = { readonly setUp: readonly DifferentialRequest[]; readonly cases: readonly MutationCase[] };

/** FNV-1a, so that the same case falls into the same choice in each run of one seed. */
function hash(text: string, seed: number): number {
  let value = 2_166_136_261 ^ seed;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 16_777_619);
  return value >>> 0;
}

const metadataMutations: readonly Mutation[] = [
  { path: ['metadata', 'labels'], value: { 'bad key!': 'x', ok: 'bad value!' } },
  { path: ['metadata', 'annotations'], value: { 'bad key!': 'x' } },
  { path: ['metadata', 'finalizers'], value: ['nope', 'example.com/f'] },
  { path: ['metadata', 'ownerReferences'], value: [{ apiVersion: 'v1', kind: 'Pod', name: '', uid: '' }] },
  { path: ['metadata', 'name'], value: 'Bad_Name' },
  { path: ['metadata', 'name'], value: 'a.b' },
  { path: ['metadata', 'name'], value: '1a' },
  { path: ['metadata', 'name'], value: 'x'.repeat(64) },
  { path: ['metadata', 'name'], value: 'a%b' },
].map((each) => ({ ...each, label: `${each.path.join('.')} = ${JSON.stringify(each.value).slice(0, 80)}` }));

/** The mutation as a merge patch; lists are sent whole. */
function mergeOf(object: Record<string, unknown>, { path, value }: Mutation): unknown {
  const end = path.findIndex((key) => typeof key === 'number');
  const keys = end < 0 ? path : path.slice(0, end);
  const changed = mutated(object, { path, value });
  let leaf: unknown = changed;
  for (const key of keys) leaf = (leaf as Record<string, unknown> | undefined)?.[key];
  if (leaf === undefined || value === drop) leaf = end < 0 ? null : leaf;
  return keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), leaf);
}

function jsonPatchOf({ path, value }: Mutation): unknown {
  const pointer = `/${path.map((key) => String(key).replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`;
  return [value === drop ? { op: 'remove', path: pointer } : { op: 'replace', path: pointer, value }];
}

class KindRequests {
  readonly #mutators = new Map<string, Mutator>();
  readonly #counts = new Map<string, number>();
  readonly #seed: number;
  readonly #limit: number;
  constructor(seed: number, limit: number) {
    this.#seed = seed;
    this.#limit = limit;
  }

  of(sample: Sample): MutationPlan {
    const { group, version, resource, kind } = sample;
    const definition = kubernetesDefinitions.find((each) => each.group === group && each.resource === resource);
    const schema = definition?.versions.find((each) => each.version === version)?.schema;
    if (definition === undefined || schema === undefined) throw new Error(`no ${resource} in ${group}/${version}`);
    const id = `${version}/${resource}.${group}`;
    const count = this.#counts.get(id) ?? 0;
    this.#counts.set(id, count + 1);
    let mutator = this.#mutators.get(id);
    if (mutator === undefined) this.#mutators.set(id, (mutator = new Mutator()));
    const apiVersion = formatApiVersion(group, version);
    const place = definition.scope === 'Namespaced' ? `/namespaces/${namespace}` : '';
    const items = `${group === '' ? '/api' : '/apis'}/${apiVersion}${place}/${resource}`;
    const name = `mutated-${version}-${count}`;
    const object = { apiVersion, kind, metadata: { name, ...sample.metadata }, ...sample.body };
    const at = `${items}/${object.metadata.name}`;
    const fields = [...schema.fields.keys()].filter(
      (field) =>
        !['apiVersion', 'kind', 'status'].includes(field) && (field !== 'metadata' || sample.mutateMetadata === true),
    );
    const mutations = [...mutator.of(schema, object, fields), ...(count === 0 ? metadataMutations : [])];
    const chosen = this.#choose(mutations, id);
    const cases: MutationCase[] = [];
    const add = (how: string, label: string, request: DifferentialRequest): void => {
      cases.push({ kind: id, label: `${how} ${label}`, request });
    };
    const own = sample.metadata !== undefined && 'name' in sample.metadata;
    const fresh = { ...object, metadata: { ...object.metadata, name: own ? sample.freshName : `new-${count}` } };
    add('create', 'as it is', post(`${items}?dryRun=All`, fresh));
    for (const mutation of chosen)
      add('create', mutation.label, post(`${items}?dryRun=All`, mutated(fresh, mutation) as object));
    if (sample.createOnly === true) return { setUp: [], cases };
    add('update', 'as it is', put(`${at}?dryRun=All`, object));
    for (const mutation of chosen.filter(({ path }) => path[1] !== 'name')) this.#change(at, object, mutation, add);
    if (sample.status !== undefined) this.#status(schema, at, object, sample.status, mutator, add);
    return { setUp: [post(items, object)], cases };
  }

  #choose(mutations: readonly Mutation[], id: string): readonly Mutation[] {
    if (mutations.length <= this.#limit) return mutations;
    const rank = new Map(mutations.map((each) => [each, hash(`${id} ${each.label}`, this.#seed)]));
    return mutations.toSorted((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0)).slice(0, this.#limit);
  }

  /** A mutation as an update, and as one kind of patch. */
  #change(
    at: string,
    object: Record<string, unknown>,
    mutation: Mutation,
    add: (how: string, label: string, request: DifferentialRequest) => void,
  ): void {
    const { label } = mutation;
    const whole = mutated(object, mutation) as Record<string, unknown>;
    const choice = hash(`${at} ${label}`, this.#seed) % 8;
    add('update', label, put(`${at}?dryRun=All`, whole));
    if (choice === 0) add('merge', label, patch(`${at}?dryRun=All`, merge, mergeOf(object, mutation) as object));
    if (choice === 1)
      add('strategic', label, patch(`${at}?dryRun=All`, strategic, mergeOf(object, mutation) as object));
    if (choice === 2) add('json', label, patch(`${at}?dryRun=All`, jsonPatch, jsonPatchOf(mutation) as object));
    if (choice === 3) add('apply', label, patch(`${at}?dryRun=All&fieldManager=m&force=true`, apply, whole));
  }

  #status(
    schema: StructSchema,
    at: string,
    object: Record<string, unknown>,
    status: Readonly<Record<string, unknown>>,
    mutator: Mutator,
    add: (how: string, label: string, request: DifferentialRequest) => void,
  ): void {
    const whole = { ...object, status };
    add('status', 'as it is', put(`${at}/status?dryRun=All`, whole));
    for (const mutation of this.#choose(mutator.of(schema, whole, ['status']), `${at}/status`))
      add('status', mutation.label, put(`${at}/status?dryRun=All`, mutated(whole, mutation) as object));
  }
}

/** What is put to both servers: at most `limit` mutations of each sample, chosen by `seed`. */
export function mutationPlan(options: { only: readonly string[]; limit: number; seed: number }): MutationPlan {
  const kinds = new KindRequests(options.seed, options.limit);
  const wanted = samples.filter(({ resource }) => options.only.length === 0 || options.only.includes(resource));
  const plans = wanted.map((sample) => kinds.of(sample));
  return { setUp: plans.flatMap(({ setUp }) => setUp), cases: plans.flatMap(({ cases }) => cases) };
}
