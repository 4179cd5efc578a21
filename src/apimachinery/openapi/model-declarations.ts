/** Texts of one type and of its fields; the type's own has the empty name. */
export type ModelTexts = ReadonlyMap<string, string>;

/** A documentation comment where there is one, then the declaration of a type or, in four columns, of a field. */
const declared =
  /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*)?^(?:export declare (?:type|class)|export (interface)| {4}"([^"\n]+)"\??:)/gm;

/** Reads the documentation out of a type's declaration in the npm package kubernetes-models, which was generated from the release's OpenAPI documents. */
export function readModelTexts(source: string): ModelTexts {
  const texts = new Map<string, string>();
  for (const [, comment, , field = ''] of source.matchAll(declared)) {
    if (comment !== undefined && !texts.has(field)) texts.set(field, plainText(comment));
  }
  return texts;
}

/** A comment without its frame, and without what its generator added: escapes of what would end a comment or be Markdown, and a tag for tools. */
function plainText(comment: string): string {
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\* ?/, ''));
  return lines
    .join('\n')
    .replace(/\s*\n@deprecated[\s\S]*$/, '')
    .replaceAll(String.raw`\*`, '*')
    .replaceAll(String.raw`*\/`, '*/')
    .trim();
}

/** Where kubernetes-models keeps a type: the package, and the path in it. `group` has to be found among the package's folders. */
export type ModelPlace = {
  readonly package: 'kubernetes-models' | '@kubernetes-models/apimachinery';
  readonly group?: string;
  readonly path: string;
};

const apiPrefix = 'io.k8s.api.';
const machineryPrefix = 'io.k8s.apimachinery.pkg.';
const otherApis = /^io\.k8s\.(?:apiextensions-apiserver|kube-aggregator)\.pkg\.apis\.(.+)$/;
const parts = /^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+){1,3}$/;

/** Undefined for types that are not Kubernetes' own. */
export function modelPlace(definitionName: string): ModelPlace | undefined {
  if (definitionName.startsWith(machineryPrefix)) {
    const rest = definitionName.slice(machineryPrefix.length);
    return parts.test(rest)
      ? { package: '@kubernetes-models/apimachinery', path: `${rest.replaceAll('.', '/')}.d.ts` }
      : undefined;
  }
  const rest = definitionName.startsWith(apiPrefix)
    ? definitionName.slice(apiPrefix.length)
    : otherApis.exec(definitionName)?.[1];
  if (rest === undefined || !parts.test(rest)) return undefined;
  const [group = '', ...names] = rest.split('.');
  const path = `${names.join('/')}.d.ts`;
  return group === 'core' ? { package: 'kubernetes-models', path } : { package: 'kubernetes-models', group, path };
}
