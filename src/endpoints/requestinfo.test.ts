import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ApiError } from '../apimachinery/errors.ts';
import { MalformedPath, parseRequestInfo, type RequestInfo } from './requestinfo.ts';

function resource(method: string, target: string): Partial<RequestInfo> {
  const { verb, group, version, namespace, resource: kind, subresource, name } = parseRequestInfo(method, target);
  return { verb, group, version, namespace, resource: kind, subresource, name };
}

const none = { group: '', version: 'v1', namespace: '', resource: 'pods', subresource: '', name: '' };

describe('request info', () => {
  const cases: readonly [string, string, Partial<RequestInfo>][] = [
    ['GET', '/api/v1/namespaces', { verb: 'list', resource: 'namespaces' }],
    ['GET', '/api/v1/namespaces/other', { verb: 'get', namespace: 'other', resource: 'namespaces', name: 'other' }],
    ['GET', '/api/v1/namespaces/other/pods', { verb: 'list', namespace: 'other' }],
    ['GET', '/api/v1/namespaces/other/pods/foo', { verb: 'get', namespace: 'other', name: 'foo' }],
    ['HEAD', '/api/v1/namespaces/other/pods/foo', { verb: 'get', namespace: 'other', name: 'foo' }],
    ['GET', '/api/v1/pods', { verb: 'list' }],
    ['GET', '/api/v1/pods?watch=true', { verb: 'watch' }],
    ['GET', '/api/v1/pods?watch=false', { verb: 'list' }],
    ['GET', '/api/v1/pods?watch', { verb: 'watch' }],
    ['GET', '/api/v1/watch/pods', { verb: 'watch' }],
    ['GET', '/api/v1/watch/namespaces/other/pods/x', { verb: 'watch', namespace: 'other', name: 'x' }],
    [
      'GET',
      '/api/v1/namespaces/other/pods?fieldSelector=metadata.name%3Dfoo',
      { verb: 'list', namespace: 'other', name: 'foo' },
    ],
    ['GET', '/api/v1/pods?fieldSelector=metadata.name!%3Dfoo', { verb: 'list' }],
    ['DELETE', '/api/v1/namespaces/other/pods', { verb: 'deletecollection', namespace: 'other' }],
    ['DELETE', '/api/v1/namespaces/other/pods/foo', { verb: 'delete', namespace: 'other', name: 'foo' }],
    ['POST', '/api/v1/namespaces/other/pods', { verb: 'create', namespace: 'other' }],
    ['PUT', '/api/v1/namespaces/other/pods/foo', { verb: 'update', namespace: 'other', name: 'foo' }],
    ['PATCH', '/api/v1/namespaces/other/pods/foo', { verb: 'patch', namespace: 'other', name: 'foo' }],
    ['OPTIONS', '/api/v1/namespaces/other/pods/foo', { verb: '', namespace: 'other', name: 'foo' }],
    [
      'GET',
      '/api/v1/namespaces/other/pods/foo/status',
      { verb: 'get', namespace: 'other', name: 'foo', subresource: 'status' },
    ],
    [
      'PUT',
      '/api/v1/namespaces/other/finalize',
      { verb: 'update', namespace: 'other', resource: 'namespaces', name: 'other', subresource: 'finalize' },
    ],
    [
      'GET',
      '/apis/apps/v1/namespaces/other/deployments/foo/scale',
      { verb: 'get', group: 'apps', namespace: 'other', resource: 'deployments', name: 'foo', subresource: 'scale' },
    ],
    ['GET', '/apis/apps/v1/deployments', { verb: 'list', group: 'apps', resource: 'deployments' }],
  ];
  for (const [method, target, expected] of cases) {
    it(`reads ${method} ${target}`, () => {
      assert.deepEqual(resource(method, target), { ...none, ...expected });
    });
  }

  for (const target of [
    '/',
    '/api',
    '/api/',
    '/api/v1',
    '/apis',
    '/apis/apps',
    '/apis/apps/v1',
    '/healthz',
    '/api/v1/',
  ]) {
    it(`takes ${target} for no resource`, () => {
      const info = parseRequestInfo('GET', target);
      assert.equal(info.isResourceRequest, false);
      assert.equal(info.verb, 'get');
    });
  }

  it('cuts the logical cluster off the front', () => {
    const info = parseRequestInfo('GET', '/clusters/root:org/api/v1/pods?limit=1');
    assert.deepEqual(
      [info.clusterText, info.path, info.fullPath, info.query],
      ['root:org', '/api/v1/pods', '/clusters/root:org/api/v1/pods', 'limit=1'],
    );
  });

  it('never takes an empty cluster name for root', () => {
    assert.notEqual(parseRequestInfo('GET', '/clusters//api/v1/pods').clusterText, '');
    assert.notEqual(parseRequestInfo('GET', '/clusters/').clusterText, '');
  });

  it('treats an encoded slash as a slash, for the cluster and for names', () => {
    assert.equal(parseRequestInfo('GET', '/clusters/a%2Fb/api/v1/pods').clusterText, 'a');
    assert.equal(parseRequestInfo('GET', '/api/v1/namespaces/n/pods/a%2Fstatus').subresource, 'status');
  });

  it('tells a resource inside a namespace from the namespace itself', () => {
    assert.equal(parseRequestInfo('GET', '/api/v1/namespaces/n/namespaces').inNamespace, true);
    assert.equal(parseRequestInfo('GET', '/api/v1/namespaces/n/status').inNamespace, false);
  });

  it('refuses what is no path', () => {
    for (const target of ['', '*', 'http://x/', '/%', '/%zz', '/%ff', `/${'x'.repeat(10_000)}`]) {
      assert.throws(() => parseRequestInfo('GET', target), MalformedPath, target);
    }
  });

  it('refuses a watch without a resource', () => {
    assert.throws(() => parseRequestInfo('GET', '/api/v1/watch'), /unable to determine kind and namespace/);
  });

  it('gives a result or a known error for any target', () => {
    const piece = fc.constantFrom(
      'api',
      'apis',
      'v1',
      'clusters',
      'namespaces',
      'watch',
      '',
      '..',
      '%2f',
      '%00',
      ':',
      'x',
      '__proto__',
    );
    const targets = fc.oneof(
      fc.array(piece, { maxLength: 9 }).map((pieces) => `/${pieces.join('/')}`),
      fc.string({ unit: 'binary', maxLength: 60 }).map((text) => `/${text}`),
    );
    fc.assert(
      fc.property(fc.constantFrom('GET', 'POST', 'DELETE', 'BREW'), targets, (method, target) => {
        try {
          const info = parseRequestInfo(method, target);
          assert.ok(info.path.startsWith('/'));
          assert.ok(info.fullPath.endsWith(info.path) || info.path === '/');
        } catch (error) {
          assert.ok(error instanceof MalformedPath || error instanceof ApiError);
        }
      }),
    );
  });
});
