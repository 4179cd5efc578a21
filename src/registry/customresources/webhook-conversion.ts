import { randomUUID } from 'node:crypto';
import type { CrdConversion } from '../../api/apiextensions.k8s.io/v1/types.ts';
import type { VersionConversion } from '../../api/resource-definition.ts';
import { ApiError } from '../../apimachinery/errors.ts';
import { isObject, type Json, type JsonObject, stringify } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { WebhookCallError, type WebhookCaller, type WebhookClientConfig } from '../webhooks.ts';
import {
  acceptConverted,
  ConversionError,
  conversionReview,
  convertedObjects,
  reviewVersion,
  shownKind,
} from './conversion-review.ts';

const timeoutMs = 30_000;
/** One question holds at most so many objects and about so many bytes; more are asked one question after the other. */
const maxObjects = 250;
const maxBytes = 1 << 20;
/** What is to come back may be larger than what was sent, not without end. */
const maxResponseBytes = 8 << 20;

/**
 * Conversion between the versions of a definition by its webhook: `strategy: Webhook`. Undefined for other strategies. The result's `convert` throws
 * ApiError 500 with stock's text when the webhook cannot be asked or answers what cannot be used.
 */
export function webhookConversion(
  conversion: CrdConversion | undefined,
  webhooks: WebhookCaller | undefined,
): VersionConversion | undefined {
  if (conversion?.strategy !== 'Webhook') return undefined;
  const clientConfig = clientConfigOf(conversion.webhook?.clientConfig ?? {});
  const versions = conversion.webhook?.conversionReviewVersions ?? [];
  return {
    async convert(at, objects, apiVersion) {
      const results: KubeObject[] = [];
      for (const batch of batches(objects)) {
        try {
          results.push(...(await convertBatch(batch)));
        } catch (error) {
          if (error instanceof ConversionError) throw new ApiError(500, '', error.message);
          throw error;
        }
      }
      return results;

      async function convertBatch(batch: readonly KubeObject[]): Promise<KubeObject[]> {
        const [first] = batch;
        if (first === undefined) return [];
        const shown = `conversion webhook for ${shownKind(first)}`;
        const version = reviewVersion(versions);
        const uid = randomUUID();
        let converted: readonly Json[];
        try {
          if (webhooks === undefined) throw new ConversionError('this server calls no webhooks');
          const answer = await webhooks.call({
            cluster: at.cluster,
            clientConfig,
            body: stringify(conversionReview(version, uid, apiVersion, batch)),
            timeoutMs,
            signal: at.signal,
            maxResponseBytes,
          });
          converted = convertedObjects(version, uid, answer);
        } catch (error) {
          if (!(error instanceof ConversionError) && !(error instanceof WebhookCallError)) throw error;
          throw new ConversionError(`${shown} failed: ${error.message}`);
        }
        if (converted.length !== batch.length)
          throw new ConversionError(`${shown} returned ${converted.length} objects, expected ${batch.length}`);
        return batch.map((original, i) => acceptConverted(original, converted[i] ?? null, apiVersion));
      }
    },
  };
}

function* batches(objects: readonly KubeObject[]): Generator<readonly KubeObject[]> {
  let batch: KubeObject[] = [];
  let bytes = 0;
  for (const object of objects) {
    const size = stringify(object as JsonObject).length;
    if (batch.length > 0 && (batch.length >= maxObjects || bytes + size > maxBytes)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(object);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

function clientConfigOf(given: JsonObject): WebhookClientConfig {
  const { url, service, caBundle } = given;
  return {
    ...(typeof url === 'string' ? { url } : {}),
    ...(isObject(service)
      ? {
          service: {
            namespace: textOf(service['namespace']),
            name: textOf(service['name']),
            ...(typeof service['path'] === 'string' ? { path: service['path'] } : {}),
            ...(typeof service['port'] === 'number' ? { port: service['port'] } : {}),
          },
        }
      : {}),
    ...(typeof caBundle === 'string' ? { caBundle } : {}),
  };
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
