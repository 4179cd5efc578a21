import type { Target } from '../../registry/registry.ts';
import { readBody } from '../body.ts';
import { decodeDeleteOptions } from '../decode-delete-options.ts';
import type { Endpoints } from '../endpoints.ts';
import type { Exchange } from '../exchange.ts';
import { deleteOptionsFromQuery, parseListRequest, validateDeleteOptions } from '../options.ts';
import { respondList } from '../writers/list.ts';
import { answerForm } from './answer-form.ts';

/** DELETE of a collection: answers with the list of what was deleted. */
export async function deleteCollection(endpoints: Endpoints, x: Exchange, target: Target): Promise<void> {
  const mediaType = answerForm(x, target, 'list');
  const request = parseListRequest(x);
  const body = await readBody(x, endpoints.config.limits.bodyBytes);
  const raw = body.length === 0 ? deleteOptionsFromQuery(x) : decodeDeleteOptions(body, x.header('content-type'));
  const answer = await endpoints.registry.deleteCollection(x, target, request, validateDeleteOptions(raw));
  await respondList(x, mediaType, target, answer);
}
