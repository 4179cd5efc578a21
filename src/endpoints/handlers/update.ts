import type { Catalog, Target } from '../../registry/registry.ts';
import { readBody } from '../body.ts';
import { decodeBody } from '../decode.ts';
import type { Endpoints } from '../endpoints.ts';
import type { Exchange } from '../exchange.ts';
import { parseWriteOptions } from '../options.ts';
import { respondObject } from '../writers/object.ts';
import { matchName, matchNamespace } from './match-url.ts';
import { answerForm } from './answer-form.ts';

/** PUT of an object or of one of its subresources. */
export async function updateObject(endpoints: Endpoints, x: Exchange, target: Target, catalog: Catalog): Promise<void> {
  const mediaType = answerForm(x, target, 'object');
  const body = await readBody(x, endpoints.config.limits.bodyBytes);
  const options = parseWriteOptions(x, 'UpdateOptions');
  const object = decodeBody(x, body, target, catalog, options.fieldValidation);
  matchNamespace(object, target);
  matchName(object, target);
  const answer = await endpoints.registry.update(x, target, object, options);
  await respondObject(x, answer.created ? 201 : 200, mediaType, target, answer.object);
}
