import { LRUCache } from 'lru-cache';
import type { Library } from './declarations.ts';
import { Environment } from './environment.ts';
import { standardLibrary } from './library/standard.ts';
import { twoVariableMacros } from './macros.ts';

/** A library and the release of Kubernetes (1.x) that brought it. */
const introduced: readonly (readonly [number, Library])[] = [
  [0, standardLibrary],
  [32, { macros: twoVariableMacros }],
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
