import type { ManagedFieldsEntry } from '../object.ts';

/** What makes managedFields unreadable, in stock's words; undefined: nothing. */
export function managedFieldsProblem(entries: readonly ManagedFieldsEntry[]): string | undefined {
  for (const [index, entry] of entries.entries()) {
    if (entry.operation !== 'Apply' && entry.operation !== 'Update') return 'operation must be `Apply` or `Update`';
    if ((entry.apiVersion ?? '') === '') return 'apiVersion must not be empty';
    const fieldsType: string = entry.fieldsType ?? '';
    if (fieldsType === '') return `missing fieldsType in managed fields entry ${index}`;
    if (fieldsType !== 'FieldsV1')
      return `invalid fieldsType ${JSON.stringify(fieldsType)} in managed fields entry ${index}`;
  }
  return undefined;
}
