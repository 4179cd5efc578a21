import { type as fieldType } from '../../api/own-types.ts';
import type { ResourceDefinition } from '../../api/resource-definition.ts';
import type { StructSchema } from '../schema/schema.ts';
import { capitalize, groupWord, jsonAndYaml, type Operation, type Path, protobuf } from './operation.ts';
import { groupVersionRoot, pathsOf } from './paths.ts';

/** A part of the API with an OpenAPI v3 document of its own. */
export type Section = {
  /** Its key in the index: `api/v1`, `apis/apps`, `version`. */
  readonly path: string;
  /** Definitions of this group decide what the document says; undefined: none do. */
  readonly group: string | undefined;
  readonly paths: (definitions: readonly ResourceDefinition[]) => readonly Path[];
};

const machinery = (name: string): StructSchema => fieldType.builtin(`io.k8s.apimachinery.pkg.${name}`);
const everyForm = [...jsonAndYaml, protobuf];

type Document = { readonly types?: readonly string[]; readonly consumed?: boolean; readonly answer: string };

/** The only operation of a path that is read and nothing else. */
function reading(path: string, tag: string, id: string, description: string, document: Document): readonly Path[] {
  const { types = everyForm, consumed = true, answer } = document;
  const operation: Operation = {
    method: 'get',
    description,
    id,
    tag,
    parameters: [],
    consumes: consumed ? types : [],
    responses: { 200: answer === 'text' ? 'text' : machinery(answer) },
    produces: types,
  };
  return [{ path: `/${path}/`, parameters: [], operations: [operation] }];
}

function section(path: string, tag: string, id: string, description: string, document: Document): Section {
  return { path, group: undefined, paths: () => reading(path, tag, id, description, document) };
}

const server: readonly Section[] = [
  section(
    '.well-known/openid-configuration',
    'WellKnown',
    'getServiceAccountIssuerOpenIDConfiguration',
    "get service account issuer OpenID configuration, also known as the 'OIDC discovery doc'",
    { types: ['application/json'], consumed: false, answer: 'text' },
  ),
  section('apis', 'apis', 'getAPIVersions', 'get available API versions', { answer: 'apis.meta.v1.APIGroupList' }),
  section(
    'openid/v1/jwks',
    'openid',
    'getServiceAccountIssuerOpenIDKeyset',
    'get service account issuer OpenID JSON Web Key Set (contains public token verification keys)',
    { types: ['application/jwk-set+json'], consumed: false, answer: 'text' },
  ),
  section('version', 'version', 'getCodeVersion', 'get the version information for this server', {
    types: ['application/json'],
    answer: 'version.Info',
  }),
];

const core = section('api', 'core', 'getCoreAPIVersions', 'get available API versions', {
  answer: 'apis.meta.v1.APIVersions',
});

function groupSection(group: string): Section {
  const word = groupWord(group);
  return section(`apis/${group}`, word, `get${capitalize(word)}APIGroup`, 'get information of a group', {
    answer: 'apis.meta.v1.APIGroup',
  });
}

/** All sections by path. Groups of custom resources have documents of their versions only, as on a stock server. */
export function sectionsOf(definitions: readonly ResourceDefinition[]): readonly Section[] {
  const found = new Map(server.map((each) => [each.path, each]));
  for (const { group, versions, builtIn } of definitions)
    for (const { version, served } of versions) {
      if (!served) continue;
      const path = groupVersionRoot(group, version).slice(1);
      if (!found.has(path)) found.set(path, { path, group, paths: (all) => pathsOf(group, version, all) });
      if (!builtIn) continue;
      const above = group === '' ? core.path : `apis/${group}`;
      if (!found.has(above)) found.set(above, group === '' ? core : groupSection(group));
    }
  return [...found.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
