import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { type Json, stringify } from '../../apimachinery/json.ts';
import type { AuditEvent } from '../event.ts';
import { PolicyError } from '../policy.ts';
import type { AuditSink } from '../trail.ts';
import { Batches } from './batches.ts';

export type WebhookSinkOptions = {
  /** A kubeconfig file: its current context says where the events go and how to sign in there, as for kube-apiserver. */
  readonly configFile: string;
  readonly onDropped: (events: number) => void;
  readonly onFailure: (error: Error) => void;
  /** Defaults are kube-apiserver's, but for a shorter wait. */
  readonly waitMs?: number;
  readonly firstRetryMs?: number;
};

const maxBatch = 400;
const maxWaiting = 10_000;
const defaultWaitMs = 1_000;
const defaultFirstRetryMs = 1_000;
const tries = 5;
const timeoutMs = 30_000;

/** Sends events as EventLists of audit.k8s.io/v1. @throws PolicyError when the file cannot be used */
export function createWebhookSink(options: WebhookSinkOptions): AuditSink {
  const target = readTarget(options.configFile);
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ...target.tls });
  const batches = new Batches<AuditEvent>({
    send: (batch) => post(target, agent, eventList(batch)),
    maxBatch,
    waitMs: options.waitMs ?? defaultWaitMs,
    maxWaiting,
    tries,
    firstRetryMs: options.firstRetryMs ?? defaultFirstRetryMs,
    onDropped: options.onDropped,
    onFailure: options.onFailure,
  });
  return {
    write: (event) => batches.add(event),
    async close() {
      await batches.close();
      agent.destroy();
    },
  };
}

function eventList(items: readonly AuditEvent[]): string {
  const bare = items.map(({ kind: _kind, apiVersion: _apiVersion, ...event }) => event);
  return stringify({
    kind: 'EventList',
    apiVersion: 'audit.k8s.io/v1',
    metadata: {},
    items: bare as unknown as Json[],
  });
}

type Target = {
  readonly url: URL;
  readonly token: string | undefined;
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly servername?: string };
};

function readTarget(file: string): Target {
  const refuse = (why: string): PolicyError => new PolicyError(`${file}: ${why}`);
  let document: Record<string, unknown>;
  try {
    document = (parse(readFileSync(file, 'utf8')) ?? {}) as Record<string, unknown>;
  } catch (error) {
    throw refuse((error as Error).message.split('\n')[0] ?? '');
  }
  const named = (list: string, name: unknown, part: string): Record<string, unknown> => {
    const entries = Array.isArray(document[list]) ? (document[list] as Record<string, unknown>[]) : [];
    return (entries.find((entry) => entry['name'] === name)?.[part] ?? {}) as Record<string, unknown>;
  };
  const context = named('contexts', document['current-context'], 'context');
  const cluster = named('clusters', context['cluster'], 'cluster');
  const user = named('users', context['user'], 'user');
  const pem = (from: Record<string, unknown>, field: string): string | undefined => {
    const data = from[`${field}-data`];
    if (typeof data === 'string') return Buffer.from(data, 'base64').toString('utf8');
    const path = from[field];
    return typeof path === 'string' ? readFileSync(resolve(dirname(file), path), 'utf8') : undefined;
  };
  const server = typeof cluster['server'] === 'string' ? cluster['server'] : '';
  if (!URL.canParse(server) || new URL(server).protocol !== 'https:')
    throw refuse('the cluster of the current context has no https server');
  if (cluster['insecure-skip-tls-verify'] === true)
    throw refuse('insecure-skip-tls-verify is not supported: name the CA');
  const [ca, cert, key] = [
    pem(cluster, 'certificate-authority'),
    pem(user, 'client-certificate'),
    pem(user, 'client-key'),
  ];
  const servername = cluster['tls-server-name'];
  return {
    url: new URL(server),
    token: typeof user['token'] === 'string' ? user['token'] : undefined,
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(typeof servername === 'string' ? { servername } : {}),
    },
  };
}

function post({ url, token }: Target, agent: Agent, body: string): Promise<void> {
  return new Promise((resolveSent, reject) => {
    const sent = request(url, {
      method: 'POST',
      agent,
      timeout: timeoutMs,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
    });
    sent.on('response', (answer) => {
      answer.resume();
      answer.on('error', reject);
      answer.on('end', () => {
        const { statusCode = 0 } = answer;
        if (statusCode >= 200 && statusCode < 300) resolveSent();
        else reject(new Error(`the audit webhook answered ${statusCode}`));
      });
    });
    sent.on('timeout', () => sent.destroy(new Error('the audit webhook did not answer in time')));
    sent.on('error', reject);
    sent.end(body);
  });
}
