import type { Target } from '../../registry/registry.ts';
import type { Endpoints } from '../endpoints.ts';
import type { Exchange } from '../exchange.ts';
import { respondObject } from '../writers/object.ts';
import { checkShape, readForm } from './answer-form.ts';

/** GET of one object or of a subresource that can be read. */
export async function getObject(endpoints: Endpoints, x: Exchange, target: Target): Promise<void> {
  const mediaType = readForm(x, target, 'object');
  const resourceVersion = x.parameter('resourceVersion');
  const rendered = await endpoints.registry.get(
    x,
    target,
    resourceVersion === undefined ? noOptions : { resourceVersion },
  );
  checkShape(mediaType, target, 'object');
  await respondObject(x, 200, mediaType, target, rendered);
}

const noOptions = {};
