import { notAcceptable, ApiError } from '../../apimachinery/errors.ts';
import type { Rendered, Target } from '../../registry/registry.ts';
import type { Exchange } from '../exchange.ts';
import type { MediaType } from '../negotiation.ts';
import { metadataText } from './metadata-text.ts';
import { respondDocument } from './respond.ts';
import { columnDefinitions, includeObjectOf, tableRow } from './table.ts';

/** Answers with one object: whole, as PartialObjectMetadata, or as a Table of one row. Throws 406 for a form that does not fit. */
export function respondObject(
  x: Exchange,
  status: number,
  mediaType: MediaType,
  target: Target,
  rendered: Rendered,
): Promise<void> {
  const body = mediaType.as === undefined ? rendered.bytes() : converted(x, mediaType.as, target, rendered);
  return respondDocument(x, status, mediaType, body);
}

function converted(x: Exchange, as: NonNullable<MediaType['as']>, target: Target, rendered: Rendered): string {
  const apiVersion = `meta.k8s.io/${as.version}`;
  const { definition, version, subresource } = target;
  if (as.kind === 'PartialObjectMetadataList') {
    throw wrongShape(
      `you requested PartialObjectMetadataList, but the requested object is not a list`,
      definition.kind,
    );
  }
  if (subresource !== '' && subresource !== 'status') throw notAcceptable(['application/json', 'application/yaml']);
  if (as.kind === 'PartialObjectMetadata') {
    const metadata = metadataText(rendered.bytes(), { object: rendered.object() });
    return `{"kind":"PartialObjectMetadata","apiVersion":"${apiVersion}","metadata":${metadata}}`;
  }
  const object = rendered.object();
  const include = includeObjectOf(x.parameter('includeObject'));
  const row = tableRow(version, object, include, apiVersion, new Date(), () =>
    Buffer.from(rendered.bytes()).toString(),
  );
  const metadata = JSON.stringify({ resourceVersion: object.metadata.resourceVersion });
  return `{"kind":"Table","apiVersion":"${apiVersion}","metadata":${metadata},"columnDefinitions":${columnDefinitions(version)},"rows":[${row}]}`;
}

/** 406 for a list asked as an object or the other way round; `type` as the stock server prints its Go type. */
export function wrongShape(message: string, kind: string): ApiError {
  return new ApiError(406, 'NotAcceptable', `${message} (*core.${kind})`);
}
