import { Agent, request } from 'node:https';
import { type Json, stringify } from '../../apimachinery/json.ts';
import { readWebhookTarget, type WebhookTarget } from '../../config/webhook-target.ts';
import type { AuditEvent } from '../event.ts';
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

/** Sends events as EventLists of audit.k8s.io/v1. @throws WebhookTargetError when the file cannot be used */
export function createWebhookSink(options: WebhookSinkOptions): AuditSink {
  const target = readWebhookTarget(options.configFile);
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

function post({ url, token }: WebhookTarget, agent: Agent, body: string): Promise<void> {
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
