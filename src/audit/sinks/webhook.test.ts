import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { eventually } from '../../../test/support/wait.ts';
import { issueCaCertificate, issueCertificate, newPrivateKeyPem } from '../../server/pki/certificates.ts';
import type { AuditEvent } from '../event.ts';
import { createWebhookSink } from './webhook.ts';

const directory = mkdtempSync(join(tmpdir(), 'atoll-audit-webhook-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const event = (auditID: string): AuditEvent =>
  ({ kind: 'Event', apiVersion: 'audit.k8s.io/v1', auditID }) as AuditEvent;

async function receiver(statuses: number[]) {
  const caKey = newPrivateKeyPem();
  const ca = await issueCaCertificate(caKey, 'audit ca', 2);
  const key = newPrivateKeyPem();
  const request = { subject: [['CN', 'audit']], hosts: ['127.0.0.1'], use: 'server', days: 1 } as const;
  const cert = await issueCertificate({ certPem: ca, keyPem: caKey }, key, request);
  const received: { authorization: string | undefined; list: { kind: string; items: AuditEvent[] } }[] = [];
  const server = createServer({ key, cert }, (asked, answer) => {
    let text = '';
    asked.on('data', (chunk: Buffer) => (text += chunk.toString()));
    asked.on('end', () => {
      const status = statuses.shift() ?? 200;
      if (status === 200)
        received.push({
          authorization: asked.headers.authorization,
          list: JSON.parse(text) as { kind: string; items: AuditEvent[] },
        });
      answer.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const file = join(directory, `config-${(server.address() as AddressInfo).port}.yaml`);
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/audit`;
  writeFileSync(
    file,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'audit',
      contexts: [{ name: 'audit', context: { cluster: 'c', user: 'u' } }],
      clusters: [
        { name: 'c', cluster: { server: url, 'certificate-authority-data': Buffer.from(ca).toString('base64') } },
      ],
      users: [{ name: 'u', user: { token: 'for-audit' } }],
    }),
  );
  return { file, received, close: () => new Promise((resolve) => server.close(resolve)) };
}

test('events arrive in batches, in order, once the receiver takes them', async () => {
  const { file, received, close } = await receiver([503, 429]);
  const failures: string[] = [];
  const sink = createWebhookSink({
    configFile: file,
    onDropped: () => assert.fail('dropped'),
    onFailure: (error) => failures.push(error.message),
    waitMs: 5,
    firstRetryMs: 1,
  });
  try {
    for (let i = 0; i < 1000; i++) sink.write(event(String(i)), '');
    await eventually('all events', () => received.flatMap(({ list }) => list.items).length === 1000);
    assert.deepEqual(
      received.flatMap(({ list }) => list.items.map(({ auditID }) => auditID)),
      Array.from({ length: 1000 }, (_, i) => String(i)),
    );
    assert.equal(received[0]?.authorization, 'Bearer for-audit');
    assert.equal(received[0]?.list.kind, 'EventList');
    assert.deepEqual(failures, ['the audit webhook answered 503', 'the audit webhook answered 429']);
  } finally {
    await sink.close();
    await close();
  }
});

test('what waits is sent at the end, and a receiver that refuses for good costs its events only', async () => {
  const { file, received, close } = await receiver([500, 500, 500, 500, 500]);
  const dropped: number[] = [];
  const sink = createWebhookSink({
    configFile: file,
    onDropped: (count) => dropped.push(count),
    onFailure: () => {},
    waitMs: 1,
    firstRetryMs: 1,
  });
  sink.write(event('lost'), '');
  await eventually('the loss', () => dropped.length > 0);
  sink.write(event('kept'), '');
  await sink.close();
  await close();
  assert.deepEqual(dropped, [1]);
  assert.deepEqual(
    received.flatMap(({ list }) => list.items.map(({ auditID }) => auditID)),
    ['kept'],
  );
});

test('a configuration that leads nowhere is refused', () => {
  const file = join(directory, 'bad.yaml');
  writeFileSync(file, 'kind: Config');
  const options = { configFile: file, onDropped: () => {}, onFailure: () => {} };
  assert.throws(() => createWebhookSink(options), /has no https server/);
  assert.throws(() => createWebhookSink({ ...options, configFile: join(directory, 'none') }), /ENOENT/);
});
