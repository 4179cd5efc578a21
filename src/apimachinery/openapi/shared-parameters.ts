import { isObject, type JsonObject, stringify } from '../json.ts';

const generic = '#/definitions/io.k8s.apimachinery';
/** The numbers of FNV-1a. */
const offset = 0x811c9dc5;
const prime = 0x01000193;

/** Parameters of an OpenAPI v2 document that many operations have: said once and referred to, as kube-openapi's builder does. */
export class SharedParameters {
  readonly #parameters = new Map<string, JsonObject>();

  /** The parameter itself, or a reference to it when it is one that is shared. */
  reference(parameter: JsonObject): JsonObject {
    const { name: plain } = parameter;
    if (typeof plain !== 'string' || !isShared(parameter)) return parameter;
    const name = `${plain}-${contentHash(stringify(parameter))}`;
    this.#parameters.set(name, parameter);
    return { $ref: `#/parameters/${name}` };
  }

  /** Sorted by name. */
  all(): JsonObject {
    return Object.fromEntries([...this.#parameters].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** Names differ from kind to kind; kubectl up to 1.27 looks for `fieldValidation` and `dryRun` where they belong; bodies are of the kind's own type. */
function isShared({ name, in: place, schema }: JsonObject): boolean {
  if (place !== 'body') return name !== 'name' && name !== 'fieldValidation' && name !== 'dryRun';
  const reference = isObject(schema) ? schema['$ref'] : undefined;
  return typeof reference === 'string' && reference.startsWith(generic);
}

function contentHash(text: string): string {
  let low = offset;
  let high = offset ^ prime;
  for (let i = 0; i < text.length; i++) {
    low = Math.imul(low ^ text.charCodeAt(i), prime);
    high = Math.imul(high ^ low, prime);
  }
  const hex = (part: number): string => (part >>> 0).toString(36).padStart(7, '0').slice(-4);
  return hex(low) + hex(high);
}
