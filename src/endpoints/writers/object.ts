import type { JsonObject } from '../../apimachinery/json.ts';
import type { Rendered, Target } from '../../registry/registry.ts';
import type { Exchange } from '../exchange.ts';
import type { MediaType } from '../negotiation.ts';
import { metadataText } from './metadata-text.ts';
import { partialMetadata, protobufObject, protobufType } from './protobuf.ts';
import { respondBody, respondDocument } from './respond.ts';
import { columnDefinitions, includeObjectOf, tableConvertor, tableRow } from './table.ts';

/** Answers with one object: whole, as PartialObjectMetadata, or as a Table of one row. */
export function respondObject(
  x: Exchange,
  status: number,
  mediaType: MediaType,
  target: Target,
  rendered: Rendered,
): Promise<void> {
  if (x.audit?.wantsResponse === true) x.audit.responded(rendered.object());
  if (mediaType.format === 'protobuf') {
    return respondBody(x, status, protobufType, inProtobuf(mediaType.as, rendered));
  }
  const body = mediaType.as === undefined ? rendered.bytes() : converted(x, mediaType.as, target, rendered);
  return respondDocument(x, status, mediaType, body);
}

function inProtobuf(as: MediaType['as'], rendered: Rendered): Buffer {
  const object = rendered.object();
  return protobufObject(
    as === undefined ? (object as JsonObject) : partialMetadata(object, `meta.k8s.io/${as.version}`),
  );
}

function converted(x: Exchange, as: NonNullable<MediaType['as']>, target: Target, rendered: Rendered): string {
  const apiVersion = `meta.k8s.io/${as.version}`;
  const table = tableConvertor(target);
  if (as.kind === 'PartialObjectMetadata') {
    const metadata = metadataText(rendered.bytes(), { object: rendered.object() });
    return `{"kind":"PartialObjectMetadata","apiVersion":"${apiVersion}","metadata":${metadata}}`;
  }
  const object = rendered.object();
  const include = includeObjectOf(x.parameter('includeObject'));
  const row = tableRow(table, object, include, apiVersion, new Date(), () => Buffer.from(rendered.bytes()).toString());
  const metadata = JSON.stringify({ resourceVersion: object.metadata.resourceVersion });
  return `{"kind":"Table","apiVersion":"${apiVersion}","metadata":${metadata},"columnDefinitions":${columnDefinitions(table)},"rows":[${row}]}`;
}
