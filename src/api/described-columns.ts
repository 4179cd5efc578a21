import sources from './generated/column-sources.json' with { type: 'json' };
import {
  storageResource,
  type ResourceDefinition,
  type TableColumn,
  type TableConvertor,
} from './resource-definition.ts';

/** The text of a field of a type, when somebody has it. */
export type FieldTexts = (type: string, field: string) => string | undefined;

const objectMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
/** Columns that every kind has. */
const common: Readonly<Record<string, string>> = {
  Name: 'name',
  Age: 'creationTimestamp',
  'Created At': 'creationTimestamp',
};
const enumeration = '\n\nPossible enum values:\n';

/**
 * Built-in kinds whose columns are described as stock describes them: by the documentation of the field that a column shows. Columns that show no single field
 * keep the words that they have. Texts are asked for when a table is first written.
 */
export function describeColumns(
  definitions: readonly ResourceDefinition[],
  texts: FieldTexts,
): readonly ResourceDefinition[] {
  return definitions.map((definition) => {
    const described = new Map<TableConvertor, TableConvertor>();
    return {
      ...definition,
      versions: definition.versions.map((version) => {
        let table = described.get(version.table);
        if (table === undefined) {
          table = {
            ...version.table,
            columns: version.table.columns.map((column) => describe(column, definition, texts)),
          };
          described.set(version.table, table);
        }
        // Schemas are looked up when they are asked for: they must stay so.
        const copy = Object.defineProperties({}, Object.getOwnPropertyDescriptors(version));
        return Object.defineProperty(copy, 'table', { value: table, enumerable: true }) as typeof version;
      }),
    };
  });
}

function describe(column: TableColumn, definition: ResourceDefinition, texts: FieldTexts): TableColumn {
  const own = (sources as Readonly<Record<string, Readonly<Record<string, string>>>>)[storageResource(definition)];
  const [type = objectMeta, field = common[column.name]] = own?.[column.name]?.split('#') ?? [];
  if (field === undefined) return column;
  return {
    ...column,
    get description() {
      const text = texts(type, field);
      return text?.split(enumeration, 1)[0] ?? column.description;
    },
  };
}
