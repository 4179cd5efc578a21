import { ApiError, notAcceptable } from '../../apimachinery/errors.ts';
import { hasProtobufForm } from '../../apimachinery/protobuf/encode.ts';
import type { Target } from '../../registry/registry.ts';
import type { Exchange } from '../exchange.ts';
import { type Conversions, type MediaType, negotiate } from '../negotiation.ts';

/** The form in which the client wants its answer. Throws 406 before anything is done, also for a form that does not fit the answer's shape. */
export function answerForm(x: Exchange, target: Target, conversions: Conversions): MediaType {
  const accept = x.header('accept');
  const mediaType = negotiate(accept, conversions, accept !== '' && hasProtobufForm(target.version.schema));
  if (mediaType.as !== undefined) checkShape(mediaType.as.kind, target, conversions);
  return mediaType;
}

function checkShape(kind: string, target: Target, conversions: Conversions): void {
  const { definition, subresource } = target;
  if (conversions === 'list' && kind === 'PartialObjectMetadata') {
    throw wrongShape(`you requested ${kind}, but the requested object is a list (*core.${definition.listKind})`);
  }
  if (conversions === 'object' && kind === 'PartialObjectMetadataList') {
    throw wrongShape(`you requested ${kind}, but the requested object is not a list (*core.${definition.kind})`);
  }
  // What reviews and other subresources answer with has no columns and no metadata of its own.
  const hasForms = subresource === '' ? definition.verbs.includes('get') : subresource === 'status';
  if (!hasForms) throw notAcceptable(['application/json', 'application/yaml']);
}

function wrongShape(message: string): ApiError {
  return new ApiError(406, 'NotAcceptable', message);
}
