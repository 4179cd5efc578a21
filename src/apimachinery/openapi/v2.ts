import type { ResourceDefinition } from '../../api/resource-definition.ts';
import type { JsonObject } from '../json.ts';
import { DefinitionSet, type Descriptions } from './definitions.ts';
import type { Operation } from './operation.ts';
import { describedParameter, type Parameter } from './parameters.ts';
import { sectionsOf } from './sections.ts';
import { SharedParameters } from './shared-parameters.ts';

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
  const shared = new SharedParameters();
  const write = (parameter: Parameter) => shared.reference(writeParameter(parameter, descriptions));
  const paths: JsonObject = {};
  for (const section of sectionsOf(definitions))
    for (const { path, parameters, operations } of section.paths(definitions)) {
      const item: JsonObject = {};
      for (const operation of operations) item[operation.method] = writeOperation(operation, schemas, shared, write);
      if (parameters.length > 0) item['parameters'] = parameters.map(write);
      paths[path] = item;
    }
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: '1.33' },
    paths,
    definitions: schemas.all(),
    parameters: shared.all(),
    securityDefinitions: {
      BearerToken: { type: 'apiKey', description: 'Bearer Token authentication', name: 'authorization', in: 'header' },
    },
    security: [{ BearerToken: [] }],
  };
}

function writeParameter(parameter: Parameter, descriptions: Descriptions | undefined): JsonObject {
  const { name, in: place, type } = parameter;
  return {
    uniqueItems: true,
    type,
    ...describedParameter(parameter, descriptions),
    name,
    in: place,
    ...(place === 'path' ? { required: true } : {}),
  };
}

function writeOperation(
  operation: Operation,
  schemas: DefinitionSet,
  shared: SharedParameters,
  write: (parameter: Parameter) => JsonObject,
): JsonObject {
  const { tag, id, description, parameters, body, responses, produces, consumes, action, gvk } = operation;
  const answers: JsonObject = {};
  for (const [code, schema] of Object.entries(responses))
    answers[code] = { description: responseTexts[code] ?? '', schema: schemas.answer(schema) };
  answers['401'] = { description: 'Unauthorized' };
  const bodyParameter = body && {
    name: 'body',
    in: 'body',
    ...(body.required ? { required: true } : {}),
    schema: schemas.reference(body.schema),
  };
  const inputs = [...(bodyParameter === undefined ? [] : [shared.reference(bodyParameter)]), ...parameters.map(write)];
  const consumed = body?.mediaTypes ?? consumes ?? ['*/*'];
  return {
    description,
    ...(consumed.length === 0 ? {} : { consumes: [...consumed] }),
    produces: [...produces],
    schemes: ['https'],
    tags: [tag],
    operationId: id,
    ...(inputs.length === 0 ? {} : { parameters: inputs }),
    responses: answers,
    ...(action === undefined ? {} : { 'x-kubernetes-action': action }),
    ...(gvk === undefined ? {} : { 'x-kubernetes-group-version-kind': { ...gvk } }),
  };
}
