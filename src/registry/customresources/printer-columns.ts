import type { CrdColumn } from '../../api/apiextensions.k8s.io/v1/types.ts';
import type { TableColumn, TableConvertor } from '../../api/resource-definition.ts';
import { compileJsonPath, type JsonPath, JsonPathError } from '../../apimachinery/jsonpath.ts';
import { type Json, type JsonObject, stringify } from '../../apimachinery/json.ts';
import { humanDuration, nameColumn } from '../../apimachinery/table.ts';

type Column = TableColumn & { readonly path: JsonPath };

const ageColumn: CrdColumn = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description:
    'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata',
};

/** The table of a custom resource: its name, then the columns that its definition declares, by default its age. */
export function customTable(declared: readonly CrdColumn[] | undefined): TableConvertor {
  const columns: Column[] = [];
  for (const column of declared === undefined || declared.length === 0 ? [ageColumn] : declared) {
    const compiled = compile(column);
    // Upstream shows the columns up to the first that cannot be read.
    if (compiled === undefined) break;
    columns.push(compiled);
  }
  return {
    columns: [nameColumn, ...columns.map(({ path: _path, ...column }) => column)],
    cells(object, now) {
      const cells: Json[] = [object.metadata.name ?? ''];
      for (const column of columns) {
        const [value] = column.path(object as JsonObject);
        cells.push(value === undefined ? null : cellOf(column.type, value, now));
      }
      return cells;
    },
  };
}

function compile({
  name = '',
  type = 'string',
  format = '',
  description = '',
  priority = 0,
  jsonPath = '',
}: CrdColumn): Column | undefined {
  let path: JsonPath;
  try {
    path = compileJsonPath(jsonPath);
  } catch (error) {
    if (error instanceof JsonPathError) return undefined;
    throw error;
  }
  return {
    name,
    type: type as TableColumn['type'],
    format,
    description:
      description === '' ? `Custom resource definition column (in JSONPath format): ${jsonPath}` : description,
    priority,
    path,
  };
}

/** A value as a cell of a column's type; null when it is of another. Text columns show anything. */
function cellOf(type: string, value: Json, now: Date): Json {
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : typeof value === 'bigint' ? value : null;
    case 'number':
      return typeof value === 'number' || typeof value === 'bigint' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' ? dateCell(value, now) : null;
    default:
      return textCell(value);
  }
}

function dateCell(text: string, now: Date): string {
  if (text === '' || text === 'null') return '<unknown>';
  const at = rfc3339.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? '<invalid>' : humanDuration(at, now.getTime());
}

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** As JSONPath templates print values: objects and lists as JSON. */
function textCell(value: Json): Json {
  if (typeof value === 'string') return value;
  return typeof value === 'object' ? (value === null ? '<nil>' : stringify(value)) : String(value);
}
