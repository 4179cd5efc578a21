import type { GroupVersionKind } from '../object.ts';
import type { StructSchema } from '../schema/schema.ts';
import type { Parameter } from './parameters.ts';

export type Method = 'get' | 'put' | 'post' | 'delete' | 'options' | 'head' | 'patch';

/** What both versions of OpenAPI are written from: one request that the server answers. */
export type Operation = {
  readonly method: Method;
  readonly description: string;
  /** x-kubernetes-action. Absent for discovery. */
  readonly action?: string;
  readonly id: string;
  readonly tag: string;
  /** Absent for discovery. */
  readonly gvk?: GroupVersionKind;
  readonly parameters: readonly Parameter[];
  /** What a request without a body is said to consume; default anything. */
  readonly consumes?: readonly string[];
  readonly body?: { readonly schema: StructSchema; readonly required: boolean; readonly mediaTypes: readonly string[] };
  /** `text` is a string of any content. */
  readonly responses: Readonly<Record<string, StructSchema | 'text'>>;
  readonly produces: readonly string[];
};

export type Path = {
  readonly path: string;
  /** Those that all operations have. */
  readonly parameters: readonly Parameter[];
  readonly operations: readonly Operation[];
};

export const jsonAndYaml: readonly string[] = ['application/json', 'application/yaml'];
export const protobuf = 'application/vnd.kubernetes.protobuf';

/** `a Pod`, `an Event`, `Endpoints`: as stock puts an article before a kind. */
export function withArticle(kind: string): string {
  if (kind.endsWith('s') && !kind.endsWith('ss')) return kind;
  return /^[AEIOU]/i.test(kind) ? `an ${kind}` : `a ${kind}`;
}

export function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** `rbac.authorization.k8s.io` → `rbacAuthorization`, as operation ids and tags name groups. */
export function groupWord(group: string): string {
  const words = (group === '' ? 'core' : group.replace(/\.k8s\.io$/, '')).split(/[.-]/);
  return words.map((word, i) => (i === 0 ? word : capitalize(word))).join('');
}

/** Moves what all operations have in common to the path, and sorts by name. */
export function withCommonParameters(path: string, operations: readonly Operation[]): Path {
  const [first, ...others] = operations;
  const common = (first?.parameters ?? []).filter((parameter) =>
    others.every((operation) => operation.parameters.some(({ name }) => name === parameter.name)),
  );
  const names = new Set(common.map(({ name }) => name));
  return {
    path,
    parameters: common.toSorted(byName),
    operations: operations.map((operation) => ({
      ...operation,
      parameters: operation.parameters.filter(({ name }) => !names.has(name)).toSorted(byName),
    })),
  };
}

function byName(a: Parameter, b: Parameter): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
