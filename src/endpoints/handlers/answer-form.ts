import { ApiError, notAcceptable } from '../../apimachinery/errors.ts';
import { hasProtobufForm } from '../../apimachinery/protobuf/encode.ts';
import type { Target } from '../../registry/registry.ts';
import type { Exchange } from '../exchange.ts';
import { type Conversions, type MediaType, negotiate } from '../negotiation.ts';

/** The form in which the client wants its answer. Throws 406 before anything is done, also for a form that does not fit the answer's shape. */
export function answerForm(x: Exchange, target: Target, conversions: Conversions): MediaType {
  const mediaType = readForm(x, target, conversions);
  checkShape(mediaType, target, conversions);
  return mediaType;
}

/** As `answerForm` for reads, which look for the object first: `checkShape` is for when it is there. */
export function readForm(x: Exchange, target: Target, conversions: Conversions): MediaType {
  const accept = x.header('accept');
  const withProtobuf = accept !== '' && hasProtobufForm(target.version.schema);
  const mediaType = negotiate(accept, conversions, withProtobuf);
  if (mediaType.as?.kind === 'Table' && !hasColumns(target)) {
    const types = ['application/json', 'application/yaml'];
    throw notAcceptable(withProtobuf ? [...types, 'application/vnd.kubernetes.protobuf'] : types);
  }
  return mediaType;
}

/** @throws 406 when a list is asked for as an object, or the other way around. */
export function checkShape({ as }: MediaType, target: Target, conversions: Conversions): void {
  if (as === undefined) return;
  const { kind } = as;
  const { definition } = target;
  if (conversions === 'list' && kind === 'PartialObjectMetadata') {
    throw wrongShape(
      `you requested ${kind}, but the requested object is a list (${goName(target, definition.listKind)})`,
    );
  }
  if (conversions === 'object' && kind === 'PartialObjectMetadataList') {
    throw wrongShape(
      `you requested ${kind}, but the requested object is not a list (${goName(target, definition.kind)})`,
    );
  }
}

/** The Go type that upstream holds objects in: its internal one, or the untyped one of custom resources. */
function goName({ definition }: Target, kind: string): string {
  if (!definition.builtIn)
    return kind.endsWith('List') ? '*unstructured.UnstructuredList' : '*unstructured.Unstructured';
  const group = definition.storageGroup ?? definition.group;
  return `*${group === '' ? 'core' : group.split('.', 1)[0]}.${kind}`;
}

/** Reviews and most subresources answer with kinds that have no columns. */
function hasColumns({ definition, subresource }: Target): boolean {
  if (subresource === '') return definition.verbs.includes('get');
  return subresource === 'status' || (subresource === 'scale' && definition.scale !== undefined);
}

function wrongShape(message: string): ApiError {
  return new ApiError(406, 'NotAcceptable', message);
}
