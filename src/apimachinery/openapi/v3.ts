import type { ResourceDefinition } from '../../api/resource-definition.ts';
import type { JsonObject } from '../json.ts';
import { DefinitionSet, type Descriptions } from './definitions.ts';
import type { Operation } from './operation.ts';
import { describedParameter, type Parameter } from './parameters.ts';
import { type Section, sectionsOf } from './sections.ts';

export type { Descriptions, Section };
export { sectionsOf };

/** The media type that a client asks for and gets OpenAPI v3 documents in. */
export const openApiV3MediaType = 'application/json';

/** What `/openapi/v3` answers: where each document is. `hash` names the content of a document, so that clients may keep it for ever. */
export function openApiV3Index(
  sections: readonly { readonly path: string }[],
  hash: (path: string) => string,
  root = '',
): JsonObject {
  const paths: JsonObject = {};
  for (const { path } of sections) paths[path] = { serverRelativeURL: `${root}/openapi/v3/${path}?hash=${hash(path)}` };
  return { paths };
}

const responseTexts: Readonly<Record<string, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted' };

/**
 * The OpenAPI v3 document of one section: what kubectl validates, explains, and chooses patch types with. Costs a few milliseconds for the largest; keep
 * its bytes.
 */
export function openApiV3Document(
  section: Section,
  definitions: readonly ResourceDefinition[],
  descriptions?: Descriptions,
): JsonObject {
  const schemas = new DefinitionSet({
    prefix: '#/components/schemas/',
    rich: true,
    ...(descriptions === undefined ? {} : { descriptions }),
  });
  const write = (parameter: Parameter) => writeParameter(parameter, descriptions);
  const paths: JsonObject = {};
  for (const { path, parameters, operations } of section.paths(definitions)) {
    const item: JsonObject = {};
    for (const operation of operations) item[operation.method] = writeOperation(operation, schemas, write);
    if (parameters.length > 0) item['parameters'] = parameters.map(write);
    paths[path] = item;
  }
  const all = schemas.all();
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: '1.33' },
    paths,
    components: {
      ...(Object.keys(all).length === 0 ? {} : { schemas: all }),
      securitySchemes: {
        BearerToken: {
          type: 'apiKey',
          description: 'Bearer Token authentication',
          name: 'authorization',
          in: 'header',
        },
      },
    },
  };
}

function writeParameter(parameter: Parameter, descriptions: Descriptions | undefined): JsonObject {
  const { name, in: place, type } = parameter;
  return {
    name,
    in: place,
    ...describedParameter(parameter, descriptions),
    ...(place === 'path' ? { required: true } : {}),
    schema: { type, uniqueItems: true },
  };
}

function writeOperation(
  operation: Operation,
  schemas: DefinitionSet,
  write: (parameter: Parameter) => JsonObject,
): JsonObject {
  const { tag, id, description, parameters, body, responses, produces, action, gvk } = operation;
  const content = (types: readonly string[], schema: JsonObject) =>
    Object.fromEntries(types.toSorted().map((type) => [type, { schema: { ...schema } }]));
  const answers: JsonObject = {};
  for (const [code, schema] of Object.entries(responses))
    answers[code] = { description: responseTexts[code] ?? '', content: content(produces, schemas.answer(schema)) };
  answers['401'] = { description: 'Unauthorized' };
  return {
    tags: [tag],
    description,
    operationId: id,
    ...(parameters.length === 0 ? {} : { parameters: parameters.map(write) }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            content: content(body.mediaTypes, schemas.reference(body.schema)),
            ...(body.required ? { required: true } : {}),
          },
        }),
    responses: answers,
    ...(action === undefined ? {} : { 'x-kubernetes-action': action }),
    ...(gvk === undefined ? {} : { 'x-kubernetes-group-version-kind': { ...gvk } }),
  };
}
