import type { ResourceDefinition } from '../../api/resource-definition.ts';
import type { JsonObject } from '../json.ts';
import { DefinitionSet, type Descriptions } from './definitions.ts';
import type { Parameter } from './parameters.ts';
import { groupVersionRoot, type Operation, pathsOf } from './paths.ts';

export type { Descriptions };

/** The media type that a client asks for and gets OpenAPI v3 documents in. */
export const openApiV3MediaType = 'application/json';

/** Group and version of each document, in the order of the definitions. `path` is its key in the index: `api/v1`, `apis/apps/v1`. */
export function openApiV3GroupVersions(
  definitions: readonly ResourceDefinition[],
): { group: string; version: string; path: string }[] {
  const found = new Map<string, { group: string; version: string; path: string }>();
  for (const { group, versions } of definitions)
    for (const { version, served } of versions) {
      const path = groupVersionRoot(group, version).slice(1);
      if (served && !found.has(path)) found.set(path, { group, version, path });
    }
  return [...found.values()];
}

/** What `/openapi/v3` answers: where each document is. `hash` names the content of a document, so that clients may keep it for ever. */
export function openApiV3Index(
  definitions: readonly ResourceDefinition[],
  hash: (path: string) => string,
  root = '',
): JsonObject {
  const paths: JsonObject = {};
  for (const { path } of openApiV3GroupVersions(definitions))
    paths[path] = { serverRelativeURL: `${root}/openapi/v3/${path}?hash=${hash(path)}` };
  return { paths };
}

const responseTexts: Readonly<Record<string, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted' };

/**
 * The OpenAPI v3 document of one group and version: what kubectl validates, explains, and chooses patch types with. Costs a few milliseconds for the largest;
 * keep its bytes.
 */
export function openApiV3Document(
  group: string,
  version: string,
  definitions: readonly ResourceDefinition[],
  descriptions?: Descriptions,
): JsonObject {
  const schemas = new DefinitionSet({
    prefix: '#/components/schemas/',
    rich: true,
    ...(descriptions === undefined ? {} : { descriptions }),
  });
  const paths: JsonObject = {};
  for (const { path, parameters, operations } of pathsOf(group, version, definitions)) {
    const item: JsonObject = {};
    for (const operation of operations) item[operation.method] = writeOperation(operation, schemas);
    if (parameters.length > 0) item['parameters'] = parameters.map(writeParameter);
    paths[path] = item;
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.33' },
    paths,
    components: {
      schemas: schemas.all(),
      securitySchemes: { BearerToken: { type: 'apiKey', name: 'authorization', in: 'header' } },
    },
  };
}

function writeParameter({ name, in: place, type }: Parameter): JsonObject {
  return { name, in: place, ...(place === 'path' ? { required: true } : {}), schema: { type, uniqueItems: true } };
}

function writeOperation(operation: Operation, schemas: DefinitionSet): JsonObject {
  const { tag, id, parameters, body, responses, produces, action, gvk } = operation;
  const content = (types: readonly string[], schema: JsonObject) =>
    Object.fromEntries(types.toSorted().map((type) => [type, { schema: { ...schema } }]));
  const answers: JsonObject = {};
  for (const [code, schema] of Object.entries(responses))
    answers[code] = { description: responseTexts[code] ?? '', content: content(produces, schemas.reference(schema)) };
  answers['401'] = { description: 'Unauthorized' };
  return {
    tags: [tag],
    operationId: id,
    ...(parameters.length === 0 ? {} : { parameters: parameters.map(writeParameter) }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            content: content(body.mediaTypes, schemas.reference(body.schema)),
            ...(body.required ? { required: true } : {}),
          },
        }),
    responses: answers,
    ...(action === '' ? {} : { 'x-kubernetes-action': action }),
    ...(gvk === undefined ? {} : { 'x-kubernetes-group-version-kind': { ...gvk } }),
  };
}
