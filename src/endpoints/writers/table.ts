import type { VersionDefinition } from '../../api/resource-definition.ts';
import { badRequest } from '../../apimachinery/errors.ts';
import { stringify, type Json } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';

/** What a row carries besides its cells. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** The `includeObject` parameter. Throws 400. */
export function includeObjectOf(parameter: string | undefined): IncludeObject {
  switch (parameter) {
    case undefined:
    case '':
    case 'Metadata':
      return 'Metadata';
    case 'None':
    case 'Object':
      return parameter;
    default:
      throw badRequest(
        `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(parameter)}: must be 'Metadata', 'Object', 'None', or empty`,
      );
  }
}

const columnTexts = new WeakMap<VersionDefinition, string>();

/** The JSON of a version's column definitions. */
export function columnDefinitions(version: VersionDefinition): string {
  let text = columnTexts.get(version);
  if (text === undefined) {
    text = JSON.stringify(
      version.table.columns.map(({ name, type, format, description, priority }) => ({
        name,
        type,
        format,
        description,
        priority,
      })),
    );
    columnTexts.set(version, text);
  }
  return text;
}

/** The JSON of a row. `whole` gives the object's JSON; it is asked for with includeObject=Object only. */
export function tableRow(
  version: VersionDefinition,
  object: KubeObject,
  include: IncludeObject,
  metaApiVersion: string,
  now: Date,
  whole: () => string,
): string {
  const cells = stringify(version.table.cells(object, now));
  if (include === 'None') return `{"cells":${cells},"object":null}`;
  if (include === 'Object') return `{"cells":${cells},"object":${whole()}}`;
  const metadata = stringify(object.metadata as Json);
  return `{"cells":${cells},"object":{"kind":"PartialObjectMetadata","apiVersion":"${metaApiVersion}","metadata":${metadata}}}`;
}
