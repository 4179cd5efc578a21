import { builtinSchema, builtinSchemaForKind } from '../../api/builtin-types.ts';
import { ApiError } from '../../apimachinery/errors.ts';
import type { Json, JsonObject } from '../../apimachinery/json.ts';
import { type KubeObject, parseApiVersion } from '../../apimachinery/object.ts';
import { encodeProtobufObject } from '../../apimachinery/protobuf/encode.ts';
import type { StructSchema } from '../../apimachinery/schema/schema.ts';
import type { ListAnswer } from '../../registry/registry.ts';
import { shownMetadata } from './partial-metadata.ts';

export const protobufType = 'application/vnd.kubernetes.protobuf';

const metaV1 = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** An object of any built-in kind in protobuf, Status and PartialObjectMetadata among them. */
export function protobufObject(object: JsonObject): Buffer {
  const { group, version } = parseApiVersion(String(object['apiVersion'] as string));
  const kind = String(object['kind'] as string);
  return encodeProtobufObject(object, schemaOf(group, version, kind));
}

function schemaOf(group: string, version: string, kind: string): StructSchema {
  if (group === 'meta.k8s.io') return builtinSchema(`${metaV1}.${kind}`);
  const schema = builtinSchemaForKind({ group, version, kind });
  if (schema === undefined) throw new ApiError(406, 'NotAcceptable', `${kind} has no protobuf form`);
  return schema;
}

/** A list in protobuf, of whole objects or of PartialObjectMetadata when `metaVersion` is given. */
export function protobufList(answer: ListAnswer, apiVersion: string, kind: string): Buffer {
  const partial = kind === 'PartialObjectMetadataList';
  const items: Json[] = answer.items.map((item) => {
    const object = item.object();
    return (partial ? partialMetadata(object, apiVersion) : object) as JsonObject;
  });
  const { resourceVersion, continue: token, remainingItemCount } = answer.metadata;
  const metadata: JsonObject = { resourceVersion, continue: token, remainingItemCount };
  return protobufObject({ kind, apiVersion, metadata, items });
}

export function partialMetadata(object: KubeObject, apiVersion: string): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion, metadata: shownMetadata(object) as JsonObject };
}
