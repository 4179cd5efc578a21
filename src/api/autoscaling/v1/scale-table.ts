import { ageCell, ageColumn, integerColumn, nameColumn } from '../../../apimachinery/table.ts';
import type { Json } from '../../../apimachinery/json.ts';
import { isObject } from '../../../apimachinery/json.ts';
import type { TableConvertor } from '../../resource-definition.ts';

/** What `kubectl get --subresource=scale` shows. */
export const scaleTable: TableConvertor = {
  columns: [
    { ...nameColumn, format: '' },
    integerColumn('Desired', 'The number of replicas that are wanted.'),
    integerColumn('Available', 'The number of replicas that there are.'),
    ageColumn,
  ],
  cells: (object, now) => [
    object.metadata.name ?? '',
    replicas(object['spec'] as Json | undefined),
    replicas(object['status'] as Json | undefined),
    ageCell(object, now),
  ],
};

function replicas(part: Json | undefined): Json {
  return isObject(part) && typeof part['replicas'] === 'number' ? part['replicas'] : 0;
}
