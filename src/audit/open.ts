import { readFileSync } from 'node:fs';
import type { AuditConfig } from '../config/config.ts';
import { everythingAt, parsePolicy } from './policy.ts';
import { createFileSink } from './sinks/file.ts';
import { createWebhookSink } from './sinks/webhook.ts';
import { type AuditSink, AuditTrail } from './trail.ts';

export type AuditLog = { warn(fields: object, text: string): void };

/** The audit trail that the configuration asks for; undefined when events would go nowhere. @throws PolicyError, or the system's error for a file that cannot be read */
export function openAuditTrail(config: AuditConfig, log: AuditLog): AuditTrail | undefined {
  const { policyFile, logPath, webhookConfigFile } = config;
  const policy = policyFile === undefined ? everythingAt('Metadata') : parsePolicy(readFileSync(policyFile, 'utf8'));
  const sinks: AuditSink[] = [];
  const told = (sink: string) => ({
    onDropped: (events: number) => log.warn({ sink, events }, 'audit events were dropped'),
    onFailure: (error: Error) => log.warn({ sink, err: error }, 'audit events could not be delivered'),
  });
  if (logPath !== undefined)
    sinks.push(
      createFileSink({
        path: logPath,
        maxBytes: config.logMaxBytes,
        maxBackups: config.logMaxBackups,
        maxAgeMs: config.logMaxAgeMs,
        ...told('log'),
      }),
    );
  if (webhookConfigFile !== undefined)
    sinks.push(createWebhookSink({ configFile: webhookConfigFile, ...told('webhook') }));
  return sinks.length === 0 ? undefined : new AuditTrail(policy, sinks);
}
