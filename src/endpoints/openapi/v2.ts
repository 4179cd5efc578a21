import { encodeGnostic } from '../../apimachinery/openapi/gnostic.ts';
import {
  openApiV2Document,
  openApiV2ProtobufAccept,
  openApiV2ProtobufContentType,
} from '../../apimachinery/openapi/v2.ts';
import type { Descriptions } from '../../apimachinery/openapi/v3.ts';
import { mergeOpenApiV2 } from '../../apimachinery/openapi/merge-v2.ts';
import { type JsonObject, stringify } from '../../apimachinery/json.ts';
import type { RemoteOpenApiV2 } from '../../registry/aggregation.ts';
import type { Catalog } from '../../registry/registry.ts';
import { discoverable } from '../discovery/api-resources.ts';
import { rememberedDocument, respondCachedDocument } from '../discovery/documents.ts';
import type { Exchange } from '../exchange.ts';
import { accepted, respondNotAcceptable } from './accept.ts';
import { definitionsKey } from './definition-ids.ts';

const json = 'application/json';

/** GET /openapi/v2: one document of everything, that of aggregated servers included, in JSON or in gnostic's protobuf, which clients up to kubectl 1.28 and Argo CD read. */
export async function respondOpenApiV2(
  x: Exchange,
  catalog: Catalog,
  descriptions: Descriptions | undefined,
  remote: readonly RemoteOpenApiV2[],
): Promise<void> {
  const type = accepted(x, [json, openApiV2ProtobufAccept, openApiV2ProtobufContentType]);
  if (type === undefined) return respondNotAcceptable(x);
  const definitions = discoverable(catalog);
  const key = [definitionsKey(definitions), ...remote.map(({ hash }) => hash)].join(' ');
  const make = (): JsonObject => {
    const own = openApiV2Document(definitions, descriptions);
    return remote.length === 0
      ? own
      : mergeOpenApiV2(
          own,
          remote.map(({ document }) => document),
        );
  };
  const document =
    type === json
      ? rememberedDocument(`openapi:v2:json:${key}`, () => stringify(make()))
      : rememberedDocument(`openapi:v2:protobuf:${key}`, () => encodeGnostic(make()));
  return respondCachedDocument(x, type === json ? json : openApiV2ProtobufContentType, document, {});
}
