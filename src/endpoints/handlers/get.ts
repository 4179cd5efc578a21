import type { Target } from '../../registry/registry.ts';
import type { Endpoints } from '../endpoints.ts';
import type { Exchange } from '../exchange.ts';
import { respondObject } from '../writers/object.ts';
import { answerForm } from './answer-form.ts';

/** GET of one object or of a subresource that can be read. */
export async function getObject(endpoints: Endpoints, x: Exchange, target: Target): Promise<void> {
  const mediaType = answerForm(x, target, 'object');
  const resourceVersion = x.parameter('resourceVersion');
  const rendered = await endpoints.registry.get(
    x,
    target,
    resourceVersion === undefined ? noOptions : { resourceVersion },
  );
  await respondObject(x, 200, mediaType, target, rendered);
}

const noOptions = {};
