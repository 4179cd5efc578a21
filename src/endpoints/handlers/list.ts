import type { Target } from '../../registry/registry.ts';
import type { Endpoints } from '../endpoints.ts';
import type { Exchange } from '../exchange.ts';
import { parseListRequest } from '../options.ts';
import { respondList } from '../writers/list.ts';
import { checkShape, readForm } from './answer-form.ts';

/** GET of a collection. */
export async function listObjects(endpoints: Endpoints, x: Exchange, target: Target): Promise<void> {
  const mediaType = readForm(x, target, 'list');
  const answer = await endpoints.registry.list(x, target, parseListRequest(x));
  checkShape(mediaType, target, 'list');
  await respondList(x, mediaType, target, answer);
}
