import { encodeGnostic } from '../../apimachinery/openapi/gnostic.ts';
import {
  openApiV2Document,
  openApiV2ProtobufAccept,
  openApiV2ProtobufContentType,
} from '../../apimachinery/openapi/v2.ts';
import type { Descriptions } from '../../apimachinery/openapi/v3.ts';
import { stringify } from '../../apimachinery/json.ts';
import type { Catalog } from '../../registry/registry.ts';
import { discoverable } from '../discovery/api-resources.ts';
import { rememberedDocument, respondCachedDocument } from '../discovery/documents.ts';
import type { Exchange } from '../exchange.ts';
import { accepted, respondNotAcceptable } from './accept.ts';
import { definitionsKey } from './definition-ids.ts';

const json = 'application/json';

/** GET /openapi/v2: one document of everything, in JSON or in gnostic's protobuf, which clients up to kubectl 1.28 and Argo CD read. */
export async function respondOpenApiV2(
  x: Exchange,
  catalog: Catalog,
  descriptions: Descriptions | undefined,
): Promise<void> {
  const type = accepted(x, [json, openApiV2ProtobufAccept, openApiV2ProtobufContentType]);
  if (type === undefined) return respondNotAcceptable(x);
  const definitions = discoverable(catalog);
  const key = definitionsKey(definitions);
  const make = () => openApiV2Document(definitions, descriptions);
  const document =
    type === json
      ? rememberedDocument(`openapi:v2:json:${key}`, () => stringify(make()))
      : rememberedDocument(`openapi:v2:protobuf:${key}`, () => encodeGnostic(make()));
  return respondCachedDocument(x, type === json ? json : openApiV2ProtobufContentType, document, {});
}
