import type { TableColumn, TableConvertor } from '../api/resource-definition.ts';
import type { KubeObject } from './object.ts';

/** A column that is always shown; `priority` 1 shows it with `-o wide` only. */
export function stringColumn(name: string, description: string, priority = 0): TableColumn {
  return { name, type: 'string', format: '', description, priority };
}

export function integerColumn(name: string, description: string, priority = 0): TableColumn {
  return { name, type: 'integer', format: '', description, priority };
}

export function booleanColumn(name: string, description: string, priority = 0): TableColumn {
  return { name, type: 'boolean', format: '', description, priority };
}

/** The first column of nearly every kind. */
export const nameColumn: TableColumn = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'The name of the object, unique within its namespace.',
  priority: 0,
};

/** How long ago the object was created; see `ageCell`. */
export const ageColumn: TableColumn = stringColumn('Age', 'The time since the object was created.');

const createdAtColumn: TableColumn = {
  name: 'Created At',
  type: 'date',
  format: '',
  description: 'The time when the object was created.',
  priority: 0,
};

/** The table of kinds that have no printer of their own: name and creation time. */
export const defaultTable: TableConvertor = {
  columns: [nameColumn, createdAtColumn],
  nullWhenEmpty: true,
  cells: (object) => [object.metadata.name ?? '', object.metadata.creationTimestamp ?? ''],
};

/** The text of an absent time. */
export const unknownTime = '<unknown>';

/** The age of an object, `<unknown>` when it has no creation time. */
export function ageCell(object: KubeObject, now: Date): string {
  return sinceCell(object.metadata.creationTimestamp, now);
}

/** How long ago an RFC 3339 time was; `<unknown>` when it is absent or cannot be read. */
export function sinceCell(time: string | null | undefined, now: Date): string {
  if (time === undefined || time === null || time === '') return unknownTime;
  const at = Date.parse(time);
  return Number.isNaN(at) ? unknownTime : humanDuration(at, now.getTime());
}

/**
 * The time between two moments (milliseconds since the epoch) as kubectl prints ages: `5s`, `3m10s`, `2h`, `3d4h`, `1y20d`. Coarser the longer it is
 * (k8s.io/apimachinery/pkg/util/duration); `<invalid>` when `to` lies more than two seconds before `from`.
 */
export function humanDuration(from: number, to: number): string {
  const seconds = Math.trunc((to - from) / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return pair(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return pair(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (hours < 24 * 8) return pair(days, 'd', hours % 24, 'h');
  if (days < 365 * 2) return `${days}d`;
  const years = Math.trunc(days / 365);
  return days < 365 * 8 ? pair(years, 'y', days % 365, 'd') : `${years}y`;
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;
}

/** Labels as one cell: `a=b,c=d`, sorted; `<none>` when there are none. */
export function labelsCell(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? '<none>' : pairs.toSorted().join(',');
}
