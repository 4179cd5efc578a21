import type { ConnectDeclaration } from '../../api/connect.ts';
import type { GroupVersionKind } from '../object.ts';
import { capitalize, type Operation, type Path, withCommonParameters } from './operation.ts';
import { namespaceParameter, type Parameter, pathParameter, pretty, query } from './parameters.ts';

/** A subresource that connects, and where it stands. */
export type ConnectPlace = {
  /** Path of the object's subresource. */
  readonly path: string;
  readonly name: string;
  /** Kind of the object. */
  readonly owner: string;
  /** Kind of the subresource's options. */
  readonly gvk: GroupVersionKind;
  readonly namespaced: boolean;
  /** As operation ids and tags name group and version. */
  readonly word: string;
  readonly tag: string;
  readonly textTypes: readonly string[];
};

/** The paths of a subresource that connects: one, and one with the other end's path behind it. */
export function connectPaths(connect: ConnectDeclaration, place: ConnectPlace): Path[] {
  const common: Parameter[] = [
    pathParameter('name', `name of the ${place.gvk.kind}`),
    ...(place.namespaced ? [namespaceParameter] : []),
    ...connect.parameters.flatMap(({ name, type }) => query(type, name)),
    ...(connect.reads ? pretty : []),
  ];
  const paths = [withCommonParameters(place.path, operations(connect, place, common, ''))];
  if (connect.takesPath) {
    const rest = [...common.filter(({ name }) => name !== 'path'), pathParameter('path', 'path to the resource')];
    const asked = common.filter(({ name }) => name === 'path');
    paths.push(withBoth(`${place.path}/{path}`, operations(connect, place, rest, 'WithPath'), asked));
  }
  return paths;
}

/** `path` stands in the path and in the query. */
function withBoth(path: string, all: readonly Operation[], asked: readonly Parameter[]): Path {
  const shared = withCommonParameters(path, all);
  return { ...shared, parameters: [...shared.parameters, ...asked] };
}

function operations(
  connect: ConnectDeclaration,
  place: ConnectPlace,
  parameters: readonly Parameter[],
  suffix: string,
): Operation[] {
  const { name, owner, word, tag, gvk, namespaced } = place;
  const noun = `${namespaced ? 'Namespaced' : ''}${owner}${capitalize(name)}${suffix}`;
  return connect.methods.map((method) => ({
    method,
    description: connect.reads
      ? `read ${name} of the specified ${owner}`
      : `connect ${method.toUpperCase()} requests to ${name} of ${owner}`,
    action: connect.reads ? 'get' : 'connect',
    id: `${connect.reads ? 'read' : 'connect'}${word}${connect.reads ? '' : capitalize(method)}${noun}`,
    tag,
    gvk,
    parameters,
    responses: { 200: 'text' },
    produces: connect.reads ? ['text/plain', ...place.textTypes] : ['*/*'],
  }));
}
