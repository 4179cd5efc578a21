import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { AuditEvent } from '../../src/audit/event.ts';
import { loadConfig, type StartedServer, startServer } from '../../src/index.ts';
import { type Endpoint, http } from '../support/http.ts';
import { eventually } from '../support/wait.ts';

const policy = `
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {level: None, nonResourceURLs: ["/version*"]}
- {level: RequestResponse, resources: [{group: "", resources: [configmaps, secrets]}]}
- {level: Metadata}
`;

describe('the audit trail', () => {
  const directory = mkdtempSync(join(tmpdir(), 'atoll-audit-trail-'));
  const path = join(directory, 'audit.log');
  let server: StartedServer;
  let admin: Endpoint;

  before(async () => {
    writeFileSync(join(directory, 'policy.yaml'), policy);
    const flags = {
      listen: '127.0.0.1:0',
      'data-dir': join(directory, 'data'),
      processes: '1',
      roles: 'api',
      'log-level': 'error',
      'audit-policy-file': join(directory, 'policy.yaml'),
      'audit-log-path': path,
    };
    server = await startServer(loadConfig({ flags, env: {} }));
    admin = { url: server.url, ca: server.caCertificatePem, token: server.adminToken };
  });
  after(async () => {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  function events(): AuditEvent[] {
    const lines = readFileSync(path, 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as AuditEvent);
  }
  const recorded = (what: string, wanted: (event: AuditEvent) => boolean): Promise<AuditEvent> =>
    eventually(what, () => events().find(wanted));

  it('holds who did what, how it ended and why it was allowed', async () => {
    const answer = await http(admin, 'POST', '/api/v1/namespaces/default/configmaps', {
      metadata: { name: 'told' },
      data: { a: 'b' },
    });
    assert.equal(answer.status, 201);
    const event = await recorded('the create', ({ objectRef }) => objectRef?.name === 'told');
    assert.equal(event.stage, 'ResponseComplete');
    assert.equal(event.level, 'RequestResponse');
    assert.equal(event.auditID, answer.headers['audit-id']);
    assert.equal(event.verb, 'create');
    assert.equal(event.user.username, 'atoll-admin');
    assert.deepEqual(event.sourceIPs, ['127.0.0.1']);
    assert.deepEqual(event.responseStatus, { metadata: {}, code: 201 });
    assert.equal(event.annotations['authorization.k8s.io/decision'], 'allow');
    const [sent, stored] = [event.requestObject, event.responseObject] as { metadata: { uid?: string } }[];
    assert.equal(sent?.metadata.uid, undefined);
    assert.match(stored?.metadata.uid ?? '', /^[0-9a-f-]{36}$/);
  });

  it('tells of the impersonated user, of refusals and of credentials that are not valid', async () => {
    const headers = { 'impersonate-user': 'eve' };
    assert.equal((await http(admin, 'GET', '/api/v1/namespaces/default/pods', undefined, headers)).status, 403);
    const refused = await recorded('the refusal', ({ impersonatedUser }) => impersonatedUser?.username === 'eve');
    assert.equal(refused.user.username, 'atoll-admin');
    assert.equal(refused.annotations['authorization.k8s.io/decision'], 'forbid');
    assert.equal(refused.responseStatus?.['reason'], 'Forbidden');
    const stranger = { ...admin, token: 'not.a.token' };
    assert.equal((await http(stranger, 'GET', '/api/v1/namespaces/default/pods')).status, 401);
    const failed = await recorded('the failure', ({ responseStatus }) => responseStatus?.['code'] === 401);
    assert.deepEqual(failed.user, {});
  });

  it('never holds what a Secret keeps, nor what the policy leaves out', async () => {
    assert.equal((await http(admin, 'GET', '/version')).status, 200);
    await http(admin, 'POST', '/api/v1/namespaces/default/secrets', {
      metadata: { name: 'hidden' },
      stringData: { key: 'very secret words' },
    });
    await http(admin, 'GET', '/api/v1/namespaces/default/secrets');
    await recorded('the list', ({ verb, objectRef }) => verb === 'list' && objectRef?.resource === 'secrets');
    const text = readFileSync(path, 'utf8');
    assert.doesNotMatch(text, /very secret words/);
    assert.doesNotMatch(text, new RegExp(Buffer.from('very secret words').toString('base64')));
    assert.doesNotMatch(text, /"requestURI":"\/version/);
  });
});
