import { stringify, type Json, type JsonObject } from '../../apimachinery/json.ts';
import type { Target } from '../../registry/registry.ts';
import { readBody } from '../body.ts';
import { decodeDeleteOptions } from '../decode-delete-options.ts';
import type { Endpoints } from '../endpoints.ts';
import type { Exchange } from '../exchange.ts';
import { deleteOptionsFromQuery, validateDeleteOptions } from '../options.ts';
import { protobufObject, protobufType } from '../writers/protobuf.ts';
import { respondObject } from '../writers/object.ts';
import { respondBody, respondDocument } from '../writers/respond.ts';
import { answerForm } from './answer-form.ts';

/**
 * DELETE of one object. Gone at once: a Status, or the object for kinds that say so; waiting for finalizers: the object. 202 only for a delete with
 * orphanDependents=false that waits.
 */
export async function deleteObject(endpoints: Endpoints, x: Exchange, target: Target): Promise<void> {
  const mediaType = answerForm(x, target, 'object');
  const body = await readBody(x, endpoints.config.limits.bodyBytes);
  const raw = body.length === 0 ? deleteOptionsFromQuery(x) : decodeDeleteOptions(body, x.header('content-type'));
  const options = validateDeleteOptions(raw);
  x.audit?.requested({ kind: 'DeleteOptions', apiVersion: 'v1', ...raw });
  const answer = await endpoints.registry.delete(x, target, options);
  if (!answer.done || target.definition.strategy.returnDeletedObject === true) {
    const code = !answer.done && options.orphanDependents === false ? 202 : 200;
    await respondObject(x, code, mediaType, target, answer.object);
    return;
  }
  const { group, resource } = target.definition;
  const details: Json = { name: target.name, ...(group === '' ? {} : { group }), kind: resource, uid: answer.uid };
  const status: JsonObject = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
  await (mediaType.format === 'protobuf'
    ? respondBody(x, 200, protobufType, protobufObject(status))
    : respondDocument(x, 200, mediaType, stringify(status)));
}
