import type { ResourceDefinition } from '../../api/resource-definition.ts';
import type { JsonObject } from '../json.ts';
import { DefinitionSet, type Descriptions } from './definitions.ts';
import type { Parameter } from './parameters.ts';
import { type Operation, pathsOf } from './paths.ts';
import { openApiV3GroupVersions } from './v3.ts';

/** What clients ask for to get OpenAPI v2 in protobuf, and what they are told that they got. */
export const openApiV2ProtobufAccept = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
export const openApiV2ProtobufContentType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

const responseTexts: Readonly<Record<string, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted' };

/** The OpenAPI v2 document of all groups and versions together: kubectl up to 1.28, Argo CD, Terraform. Costs tens of milliseconds; keep its bytes. */
export function openApiV2Document(definitions: readonly ResourceDefinition[], descriptions?: Descriptions): JsonObject {
  const schemas = new DefinitionSet({
    prefix: '#/definitions/',
    rich: false,
    ...(descriptions === undefined ? {} : { descriptions }),
  });
  const paths: JsonObject = {};
  for (const { group, version } of openApiV3GroupVersions(definitions))
    for (const { path, parameters, operations } of pathsOf(group, version, definitions)) {
      const item: JsonObject = {};
      for (const operation of operations) item[operation.method] = writeOperation(operation, schemas);
      if (parameters.length > 0) item['parameters'] = parameters.map(writeParameter);
      paths[path] = item;
    }
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: 'v1.33' },
    paths,
    definitions: schemas.all(),
    securityDefinitions: { BearerToken: { type: 'apiKey', name: 'authorization', in: 'header' } },
    security: [{ BearerToken: [] }],
  };
}

function writeParameter({ name, in: place, type }: Parameter): JsonObject {
  return { uniqueItems: true, type, name, in: place, ...(place === 'path' ? { required: true } : {}) };
}

function writeOperation(operation: Operation, schemas: DefinitionSet): JsonObject {
  const { tag, id, parameters, body, responses, produces, action, gvk } = operation;
  const answers: JsonObject = {};
  for (const [code, schema] of Object.entries(responses))
    answers[code] = { description: responseTexts[code] ?? '', schema: schemas.reference(schema) };
  answers['401'] = { description: 'Unauthorized' };
  const inputs = [
    ...(body === undefined
      ? []
      : [
          {
            name: 'body',
            in: 'body',
            ...(body.required ? { required: true } : {}),
            schema: schemas.reference(body.schema),
          },
        ]),
    ...parameters.map(writeParameter),
  ];
  return {
    consumes: gvk === undefined ? [...produces] : [...(body?.mediaTypes ?? ['*/*'])],
    produces: [...produces],
    schemes: ['https'],
    tags: [tag],
    operationId: id,
    ...(inputs.length === 0 ? {} : { parameters: inputs }),
    responses: answers,
    ...(action === '' ? {} : { 'x-kubernetes-action': action }),
    ...(gvk === undefined ? {} : { 'x-kubernetes-group-version-kind': { ...gvk } }),
  };
}
