import type { Catalog, Target } from '../../registry/registry.ts';
import { readBody } from '../body.ts';
import { decodeBody } from '../decode.ts';
import type { Endpoints } from '../endpoints.ts';
import type { Exchange } from '../exchange.ts';
import { parseWriteOptions } from '../options.ts';
import { respondObject } from '../writers/object.ts';
import { matchNamespace } from './match-url.ts';
import { answerForm } from './answer-form.ts';

/** POST to a collection, or to a subresource of an object (`serviceaccounts/x/token`). */
export async function createObject(endpoints: Endpoints, x: Exchange, target: Target, catalog: Catalog): Promise<void> {
  const mediaType = answerForm(x, target, 'object');
  const body = await readBody(x, endpoints.config.limits.bodyBytes);
  const options = parseWriteOptions(x, 'CreateOptions');
  const object = decodeBody(x, body, target, catalog, options.fieldValidation);
  matchNamespace(object, target);
  const rendered = await endpoints.registry.create(x, target, object, options);
  await respondObject(x, 201, mediaType, target, rendered);
}
