import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ApiError } from '../../apimachinery/errors.ts';
import { createMemoryStore } from '../../storage/memory/store.ts';
import type { ListAnswer, ListRequest } from '../registry.ts';
import { apiError, createFixture, type Fixture } from '../testing.ts';
import { decodeContinue, encodeContinue } from './continue-token.ts';

const configMap = (name: string, metadata: object = {}): { [key: string]: never } =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data: { a: 'b' } }) as never;

const list = (fixture: Fixture, request: ListRequest, namespace = 'default'): Promise<ListAnswer> =>
  fixture.registry.list(fixture.ctx(), fixture.target('configmaps', { namespace }), request);

const names = (answer: ListAnswer): string[] => answer.items.map((each) => each.object().metadata.name ?? '');

async function withThree(): Promise<Fixture> {
  const fixture = await createFixture();
  for (const name of ['a', 'b', 'c']) await fixture.create('configmaps', configMap(name, { labels: { name } }));
  return fixture;
}

const token = (fields: object): string => Buffer.from(JSON.stringify(fields)).toString('base64url');

describe('list', () => {
  it('gives what labels and fields select', async () => {
    const fixture = await withThree();
    assert.deepEqual(names(await list(fixture, { labelSelector: 'name notin (b),name' })), ['a', 'c']);
    assert.deepEqual(names(await list(fixture, { fieldSelector: 'metadata.name=b' })), ['b']);
    assert.deepEqual(names(await list(fixture, { fieldSelector: 'metadata.namespace!=default' }, '')), [
      'kube-root-ca.crt',
      'kube-root-ca.crt',
    ]);
    await assert.rejects(
      list(fixture, { fieldSelector: 'data.a=1' }),
      apiError(400, '"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"'),
    );
    await assert.rejects(list(fixture, { labelSelector: 'a===b' }), apiError(400, /^unable to parse requirement: /));
  });

  it('selects by the fields that a kind offers', async () => {
    const fixture = await createFixture();
    const phases = await fixture.registry.list(fixture.ctx(), fixture.target('namespaces'), {
      fieldSelector: 'status.phase=Active',
    });
    assert.ok(names(phases).includes('default'));
    await assert.rejects(
      fixture.registry.list(fixture.ctx(), fixture.target('namespaces'), { fieldSelector: 'spec.x=1' }),
      apiError(400, 'field label not supported: spec.x'),
    );
  });

  it('comes in pages of one revision, however the collection changes meanwhile', async () => {
    const fixture = await withThree();
    const first = await list(fixture, { limit: 2 });
    assert.deepEqual(names(first), ['a', 'b']);
    assert.equal(first.metadata.remainingItemCount, 2);
    await fixture.create('configmaps', configMap('bb'));
    await fixture.delete('configmaps', 'c');
    const second = await list(fixture, { limit: 2, continue: first.metadata.continue ?? '' });
    assert.deepEqual(names(second), ['c', 'kube-root-ca.crt']);
    assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
    assert.equal(second.metadata.continue, undefined);
  });

  it('does not count the rest when it selects', async () => {
    const fixture = await withThree();
    const page = await list(fixture, { limit: 1, labelSelector: 'name' });
    assert.ok(page.metadata.continue !== undefined && page.metadata.remainingItemCount === undefined);
  });

  it('shows an exact revision, and what is not older than one', async () => {
    const fixture = await withThree();
    const resourceVersion = String(fixture.store.revision() - 1);
    assert.deepEqual(names(await list(fixture, { resourceVersion, resourceVersionMatch: 'Exact' })), [
      'a',
      'b',
      'kube-root-ca.crt',
    ]);
    const newer = await list(fixture, { resourceVersion, resourceVersionMatch: 'NotOlderThan' });
    assert.equal(newer.items.length, 4);
    const legacy = await list(fixture, { resourceVersion, limit: 10 });
    assert.equal(legacy.metadata.resourceVersion, resourceVersion);
    assert.equal((await list(fixture, { resourceVersion: '0', limit: 1 })).items.length, 4);
  });

  it('refuses parameters that do not go together', async () => {
    const fixture = await createFixture();
    const refused = (request: ListRequest, message: string): Promise<void> =>
      assert.rejects(list(fixture, request), apiError(422, `ListOptions.meta.k8s.io "" is invalid: ${message}`));
    await refused(
      { resourceVersionMatch: 'Foo' },
      '[resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided, resourceVersionMatch: Unsupported value: "Foo": supported values: "Exact", "NotOlderThan", ""]',
    );
    await refused(
      { resourceVersion: '0', resourceVersionMatch: 'Exact' },
      'resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
    );
    await refused(
      { resourceVersion: '1', resourceVersionMatch: 'Exact', continue: 'x' },
      'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided',
    );
  });

  it('answers bad revisions and tokens with 400', async () => {
    const fixture = await createFixture();
    await assert.rejects(
      list(fixture, { resourceVersion: 'abc' }),
      apiError(
        400,
        'invalid resource version: resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
      ),
    );
    const v = 'meta.k8s.io/v1';
    const bad = (fields: object | string, message: string | RegExp): Promise<void> =>
      assert.rejects(
        list(fixture, { continue: typeof fields === 'string' ? fields : token(fields) }),
        apiError(400, message),
      );
    await bad('abc', /^invalid continue token: continue key is not valid: /);
    await bad('!!', /^invalid continue token: continue key is not valid: /);
    await bad(
      { v, rv: 0, start: 'x' },
      'invalid continue token: continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)',
    );
    await bad(
      { v, rv: 5, start: '' },
      'invalid continue token: continue key is not valid: encoded start key empty (version meta.k8s.io/v1)',
    );
    await bad({ v, rv: 5, start: '../x' }, 'invalid continue token: continue key is not valid: ../x');
    const json = 'invalid continue token: continue key is not valid: json: cannot unmarshal';
    await bad('a', 'invalid continue token: continue key is not valid: illegal base64 data at input byte 0');
    await bad(
      'zzz',
      "invalid continue token: continue key is not valid: invalid character 'Ï' looking for beginning of value",
    );
    await bad('W10', `${json} array into Go value of type storage.continueToken`);
    await bad({ v, rv: 1.5, start: 'x' }, `${json} number 1.5 into Go struct field continueToken.rv of type int64`);
    await bad({ v, rv: 1, start: 5 }, `${json} number into Go struct field continueToken.start of type string`);
    await bad(
      { v: 'v2', rv: 5, start: 'x' },
      'invalid continue token: continue key is not valid: server does not recognize this encoded version v2',
    );
    await assert.rejects(
      list(fixture, { continue: token({ v, rv: 1, start: 'x\0' }), resourceVersion: '1' }),
      apiError(400, 'specifying resource version is not allowed when using continue'),
    );
  });

  it('knows events, which stock has in no cache, by when to try again and where pages start', async () => {
    const fixture = await createFixture();
    const of = (resource: string, request: object) =>
      fixture.registry.list(fixture.ctx({ signal: AbortSignal.timeout(20) }), fixture.target(resource), request);
    for (const [resource, retryAfterSeconds] of [
      ['configmaps', 1],
      ['events', undefined],
    ] as const)
      await assert.rejects(of(resource, { resourceVersion: '999999' }), (error) => {
        assert.ok(error instanceof ApiError);
        assert.equal(error.code, 504);
        assert.equal(error.toStatus().details?.retryAfterSeconds, retryAfterSeconds);
        return true;
      });
  });

  it('continues an expired token at the newest state, if the client asks for that', async () => {
    const fixture = await createFixture({ store: createMemoryStore({ historyChanges: 4 }) });
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } };
    await fixture.create('namespaces', namespace);
    for (const name of ['a', 'b', 'c', 'd']) await fixture.create('configmaps', configMap(name));
    const first = await list(fixture, { limit: 2 });
    for (let i = 0; i < 20; i++) await fixture.patch('configmaps', 'a', 'merge', { data: { i: String(i) } });
    await fixture.create('configmaps', configMap('bb'));
    let fresh = '';
    await assert.rejects(list(fixture, { limit: 2, continue: first.metadata.continue ?? '' }), (error) => {
      assert.ok(error instanceof ApiError && error.code === 410 && error.reason === 'Expired');
      assert.match(error.message, /^The provided continue parameter is too old to display a consistent list result/);
      fresh = error.toStatus().metadata.continue ?? '';
      return true;
    });
    const rest = await list(fixture, { limit: 2, continue: fresh });
    assert.deepEqual(names(rest), ['bb', 'c']);
    const last = await list(fixture, { continue: rest.metadata.continue ?? '' });
    assert.deepEqual(names(last), ['d']);
    assert.equal(last.metadata.resourceVersion, rest.metadata.resourceVersion);
    await assert.rejects(
      list(fixture, { resourceVersion: '2', resourceVersionMatch: 'Exact' }),
      apiError(410, 'The resourceVersion for the provided list is too old.'),
    );
  });

  it('in pages of any size concatenates to the whole list', async () => {
    const fixture = await createFixture();
    for (const name of ['x', 'y']) {
      await fixture.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
      for (let i = 0; i < 7; i++)
        await fixture.create('configmaps', configMap(`c${i}`, { namespace: name, labels: { odd: String(i % 2) } }));
    }
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom('', 'odd=1', 'odd notin (0)'),
        fc.constantFrom('', 'x'),
        async (limit, labelSelector, namespace) => {
          const whole = await list(fixture, { labelSelector }, namespace);
          const paged: string[] = [];
          let next: string | undefined;
          do {
            const request = { labelSelector, limit, ...(next === undefined ? {} : { continue: next }) };
            const page = await list(fixture, request, namespace);
            paged.push(...page.items.map((each) => Buffer.from(each.bytes()).toString()));
            next = page.metadata.continue;
          } while (next !== undefined);
          assert.deepEqual(
            paged,
            whole.items.map((each) => Buffer.from(each.bytes()).toString()),
          );
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('continue tokens', () => {
  const segment = fc.stringMatching(/^[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?$/).filter((text) => !text.includes('..'));

  it('say again what was put in', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1, max: Number.MAX_SAFE_INTEGER }).filter((revision) => revision !== 0),
        segment,
        segment,
        fc.boolean(),
        (revision, namespace, name, all) => {
          assert.deepEqual(decodeContinue(encodeContinue({ revision, namespace, name }, all), all, namespace), {
            revision,
            namespace,
            name,
          });
        },
      ),
    );
  });

  it('are a place to start, of whatever list they are', () => {
    const at = (start: string, all: boolean, namespace = '') =>
      decodeContinue(token({ v: 'meta.k8s.io/v1', rv: 7, start }), all, namespace);
    assert.deepEqual(at('/b\0', false, 'n'), { revision: 7, namespace: 'n', name: 'b' });
    assert.deepEqual(at('m/b\0', false, 'n'), { revision: 7, namespace: 'n', name: 'm/b' });
    assert.deepEqual(at('/', false, 'n'), { revision: 7, namespace: 'n', name: '' });
    assert.deepEqual(at('b\0', true), { revision: 7, namespace: 'b', name: '' });
    assert.deepEqual(at('/m/b\0', true), { revision: 7, namespace: 'm', name: 'b' });
    const { name } = at('b', false, 'n');
    assert.ok(name < 'b' && name > 'azzzz', 'the page begins with b itself');
  });

  it('begin with a slash on a first page', () => {
    const fields = (first: boolean) =>
      Buffer.from(encodeContinue({ revision: 5, namespace: 'n', name: 'b' }, true, first), 'base64url').toString();
    assert.match(fields(true), /"start":"\/n\/b\\u0000"/);
    assert.match(fields(false), /"start":"n\/b\\u0000"/);
  });

  it('never make anything but a 400 of what clients invent', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json().map((text) => Buffer.from(text).toString('base64url')),
        ),
        (text) => {
          try {
            decodeContinue(text, true, '');
          } catch (error) {
            assert.ok(error instanceof ApiError && error.code === 400);
          }
        },
      ),
    );
  });
});
