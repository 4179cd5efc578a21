import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { ApiError } from '../apimachinery/errors.ts';
import { isObject, type Json, type JsonObject } from '../apimachinery/json.ts';
import type { KubeObject } from '../apimachinery/object.ts';
import { createResourceQuotaController } from '../controllers/core/resourcequota/controller.ts';
import { rootCluster } from '../logicalcluster/name.ts';
import { createFixture, type Fixture } from '../registry/testing.ts';

/** A request, and what kube-apiserver 1.33.13 with its controllers answered to it, in this order. */
type Step = {
  readonly op: 'create' | 'patch' | 'delete' | 'used';
  readonly resource?: string;
  readonly name?: string;
  readonly object?: JsonObject;
  readonly patch?: JsonObject;
  readonly subresource?: string;
  readonly dryRun?: boolean;
  readonly code: number;
  readonly message?: string;
  /** Of `used`: the quota's status once it has been counted. */
  readonly status?: JsonObject;
  /** Parts of what was created. */
  readonly shows?: Readonly<Record<string, Json>>;
};

const steps = JSON.parse(readFileSync(new URL('quota-vectors.json', import.meta.url), 'utf8')) as Step[];

describe('quotas and limits', () => {
  it('answer as the stock server does, request by request', async () => {
    const fixture = await createFixture();
    const controller = createResourceQuotaController(fixture);
    for (const [index, step] of steps.entries()) {
      const { resource = '', name = '' } = step;
      const what = `step ${index}: ${step.op} ${resource} ${name}`;
      if (step.op === 'used') {
        const key = `${rootCluster}/resourcequotas/default/${name}`;
        await controller.reconcile(key, { signal: AbortSignal.abort(), enqueue: () => {} });
        assert.deepEqual((await fixture.get('resourcequotas', name))['status'], step.status, what);
        continue;
      }
      const answer = await answerOf(fixture, step);
      if (answer instanceof ApiError) {
        const message = answer.message.replace(/"s-[a-z0-9]{5}"/, '"s-?"');
        assert.deepEqual({ code: answer.code, message }, { code: step.code, message: step.message }, what);
      } else {
        assert.ok(step.code < 300, `${what}: stock says ${step.message}`);
        for (const [path, shown] of Object.entries(step.shows ?? {}))
          assert.deepEqual(partOf(answer, path), shown, what);
      }
    }
  });
});

async function answerOf(fixture: Fixture, step: Step): Promise<KubeObject | ApiError> {
  const { resource = '', name = '', subresource = '', object: sent = {}, patch = {} } = step;
  try {
    if (step.op === 'create')
      return await fixture.create(resource, structuredClone(sent), { dryRun: step.dryRun === true });
    if (step.op === 'patch')
      return (await fixture.patch(resource, name, 'strategic', patch, { subresource })).object.object();
    const { done, object } = await fixture.delete(resource, name);
    // Nothing mounts the claims: nobody else takes their finalizer away.
    if (!done) await fixture.patch(resource, name, 'merge', { metadata: { finalizers: null } });
    return object.object();
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

/** Of containers: what they are called and ask for. */
function partOf(object: KubeObject, path: string): unknown {
  let part: unknown = object;
  for (const field of path.split('.')) part = isObject(part) ? part[field] : undefined;
  if (!Array.isArray(part)) return part;
  return (part as JsonObject[]).map(({ name, resources }) => ({ name, resources }));
}
