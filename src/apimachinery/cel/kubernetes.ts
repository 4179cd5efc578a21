import { LRUCache } from 'lru-cache';
import type { Library } from './declarations.ts';
import { Environment } from './environment.ts';
import { authorizerLibrary, authorizerSelectorsLibrary } from './library/authorizer.ts';
import { formatsLibrary } from './library/formats.ts';
import { ipLibrary } from './library/ip.ts';
import { listsLibrary } from './library/lists.ts';
import { optionalLibrary } from './library/optionals.ts';
import { quantityLibrary } from './library/quantity.ts';
import { regexLibrary } from './library/regex.ts';
import { semverLibrary } from './library/semver.ts';
import { setsLibrary } from './library/sets.ts';
import { standardLibrary } from './library/standard.ts';
import { stringsLibrary } from './library/strings.ts';
import { twoVariableLibrary } from './library/two-variable.ts';
import { urlsLibrary } from './library/urls.ts';
import { validateLiterals } from './validate-literals.ts';

/** A library and the release of Kubernetes (1.x) that brought it. */
const introduced: readonly (readonly [number, Library])[] = [
  [0, standardLibrary],
  [0, urlsLibrary],
  [0, regexLibrary],
  [0, listsLibrary],
  [27, authorizerLibrary],
  [28, optionalLibrary],
  [28, quantityLibrary],
  [29, { validate: validateLiterals }],
  [29, stringsLibrary],
  [29, setsLibrary],
  [30, ipLibrary],
  [31, formatsLibrary],
  [31, authorizerSelectorsLibrary],
  [32, twoVariableLibrary],
  [33, semverLibrary],
];

const environments = new LRUCache<number, Environment>({ max: 64 });

/** The release whose stored expressions are understood. */
export const storedMinor = 33;
/** The release whose libraries new expressions may use: one older, so that a server that is rolled back reads them. */
export const newMinor = 32;

/**
 * The functions and macros that release 1.`minor` of Kubernetes offers to expressions. Stock lets new expressions use
 * what the release before knows already ({@link newMinor}) and keeps stored ones working with all that it knows
 * ({@link storedMinor}).
 */
export function kubernetesEnvironment(minor: number = newMinor): Environment {
  const known = environments.get(minor);
  if (known !== undefined) return known;
  const libraries = introduced.filter(([since]) => since <= minor).map(([, library]) => library);
  const environment = new Environment({ libraries });
  environments.set(minor, environment);
  return environment;
}
