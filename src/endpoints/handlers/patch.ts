import { ApiError, unsupportedMediaType } from '../../apimachinery/errors.ts';
import type { Catalog, PatchType, Target } from '../../registry/registry.ts';
import { readBody } from '../body.ts';
import { type DecodedPatch, decodePatch } from '../decode-patch.ts';
import { mediaTypeOf } from '../decode.ts';
import type { Endpoints } from '../endpoints.ts';
import type { Exchange } from '../exchange.ts';
import { parsePatchOptions } from '../options.ts';
import { respondObject } from '../writers/object.ts';
import { answerForm } from './answer-form.ts';

const patchTypes: ReadonlyMap<string, PatchType> = new Map([
  ['application/json-patch+json', 'json'],
  ['application/merge-patch+json', 'merge'],
  ['application/strategic-merge-patch+json', 'strategic'],
  ['application/apply-patch+yaml', 'apply'],
]);

/** What is not there has no patch, not even a bad one: stock looks at the object first. */
async function decodedPatch(
  endpoints: Endpoints,
  x: Exchange,
  target: Target,
  type: PatchType,
  body: Buffer,
): Promise<DecodedPatch> {
  try {
    return decodePatch(type, body);
  } catch (error) {
    if (type !== 'apply') await endpoints.registry.get(x, { ...target, subresource: '' }, {});
    throw error;
  }
}

/** PATCH of an object or of one of its subresources. */
export async function patchObject(endpoints: Endpoints, x: Exchange, target: Target, _catalog: Catalog): Promise<void> {
  const type = patchTypes.get(mediaTypeOf(x.header('content-type')));
  if (type === undefined) {
    // What the stock server's router says before any handler is asked.
    throw new ApiError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', { details: {} });
  }
  if (type === 'strategic' && !target.definition.builtIn) {
    throw unsupportedMediaType([...patchTypes.keys()].filter((offered) => !offered.includes('strategic')));
  }
  const mediaType = answerForm(x, target, 'object');
  const body = await readBody(x, endpoints.config.limits.bodyBytes);
  const { options, force } = parsePatchOptions(x, type === 'apply');
  const { patch, strictErrors } = await decodedPatch(endpoints, x, target, type, body);
  x.audit?.requested(patch);
  const answer = await endpoints.registry.patch(
    x,
    target,
    { type, patch, strictErrors, ...(force === undefined ? {} : { force }) },
    options,
  );
  await respondObject(x, answer.created ? 201 : 200, mediaType, target, answer.object);
}
