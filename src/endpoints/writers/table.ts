import { scaleTable } from '../../api/autoscaling/v1/scale-table.ts';
import type { TableConvertor, VersionDefinition } from '../../api/resource-definition.ts';
import { badRequest } from '../../apimachinery/errors.ts';
import { stringify, type Json } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { shownMetadata } from './partial-metadata.ts';

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

/** The columns of what a target answers with. */
export function tableConvertor(target: {
  readonly version: VersionDefinition;
  readonly subresource: string;
}): TableConvertor {
  return target.subresource === 'scale' ? scaleTable : target.version.table;
}

const columnTexts = new WeakMap<TableConvertor, string>();

/** The JSON of column definitions. */
export function columnDefinitions(table: TableConvertor): string {
  let text = columnTexts.get(table);
  if (text === undefined) {
    text = JSON.stringify(
      table.columns.map(({ name, type, format, description, priority }) => ({
        name,
        type,
        format,
        description,
        priority,
      })),
    );
    columnTexts.set(table, text);
  }
  return text;
}

/** The JSON of a row. `whole` gives the object's JSON; it is asked for with includeObject=Object only. */
export function tableRow(
  table: TableConvertor,
  object: KubeObject,
  include: IncludeObject,
  metaApiVersion: string,
  now: Date,
  whole: () => string,
): string {
  const cells = stringify(table.cells(object, now));
  if (include === 'None') return `{"cells":${cells},"object":null}`;
  if (include === 'Object') return `{"cells":${cells},"object":${whole()}}`;
  const metadata = stringify(shownMetadata(object) as Json);
  return `{"cells":${cells},"object":{"kind":"PartialObjectMetadata","apiVersion":"${metaApiVersion}","metadata":${metadata}}}`;
}
