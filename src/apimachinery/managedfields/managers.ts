import { deepEqual, type Json, type JsonObject } from '../json.ts';
import type { ManagedFieldsEntry } from '../object.ts';
import { emptySet, type FieldSet, isEmpty, normalizeSet, sortSet, union } from './field-set.ts';
import { compareText } from './path-element.ts';

/** Who owns which fields. Two entries with one identity are one manager. */
export type Manager = {
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string | undefined;
  readonly set: FieldSet;
  /** The entry that says just this, when there is one. */
  readonly entry?: ManagedFieldsEntry;
};

export type Managers = Map<string, Manager>;

/** Identity of a manager: an applier may change its apiVersion, an updater with another one is another. */
export function managerId(
  name: string,
  operation: 'Apply' | 'Update',
  apiVersion: string,
  subresource: string,
): string {
  return `${name}\0${operation}\0${operation === 'Update' ? apiVersion : ''}\0${subresource}`;
}

/** Orders managers as upstream does where it has no better order: by the JSON of who they are. */
export function compareIdentities(a: Manager, b: Manager): number {
  return compareText(identityText(a), identityText(b));
}

function identityText({ name, operation, apiVersion, subresource }: Manager): string {
  return JSON.stringify({
    ...(name === '' ? {} : { manager: name }),
    operation,
    ...(operation === 'Update' ? { apiVersion } : {}),
    ...(subresource === '' ? {} : { subresource }),
  });
}

/**
 * Reads entries. Those that are `trusted` (the server wrote them) are taken as they are, others are checked and brought into canonical form.
 * Undefined when an entry is broken.
 */
export function decodeManagers(entries: readonly ManagedFieldsEntry[], trusted: boolean): Managers | undefined {
  const managers: Managers = new Map();
  for (const entry of entries) {
    const { operation, apiVersion } = entry;
    const name = entry.manager ?? '';
    const subresource = entry.subresource ?? '';
    if (operation !== 'Apply' && operation !== 'Update') return undefined;
    if (apiVersion === undefined || apiVersion === '' || entry.fieldsType !== 'FieldsV1') return undefined;
    const fields = entry.fieldsV1;
    let set = emptySet;
    if (fields !== undefined && fields !== null) {
      if (trusted) set = fields as FieldSet;
      else {
        try {
          set = normalizeSet(fields);
        } catch (error) {
          if (error instanceof SyntaxError) return undefined;
          throw error;
        }
      }
    }
    managers.set(managerId(name, operation, apiVersion, subresource), {
      name,
      operation,
      apiVersion,
      subresource,
      time: entry.time,
      set,
      ...(trusted ? { entry } : {}),
    });
  }
  return managers;
}

/**
 * The managers that a write starts from. A client may send managedFields back as it got them, changed, or empty, which means: forget them all.
 */
export function managersOf(
  live: readonly ManagedFieldsEntry[] | undefined,
  sent: readonly ManagedFieldsEntry[] | undefined | null,
): Managers {
  if (sent !== undefined && sent !== null && sent !== live) {
    if (isReset(sent)) return new Map();
    if (live === undefined || !sameEntries(sent, live)) {
      const decoded = decodeManagers(sent, false);
      if (decoded !== undefined && decoded.size > 0) return decoded;
    }
  }
  return (live === undefined ? undefined : decodeManagers(live, true)) ?? new Map();
}

function isReset(entries: readonly ManagedFieldsEntry[]): boolean {
  if (entries.length > 1) return false;
  const first = entries[0];
  return first === undefined || Object.keys(first).length === 0;
}

function sameEntries(a: readonly ManagedFieldsEntry[], b: readonly ManagedFieldsEntry[]): boolean {
  return deepEqual(a as readonly JsonObject[] as Json[], b as readonly JsonObject[] as Json[]);
}

function entryOf(manager: Manager): ManagedFieldsEntry {
  if (manager.entry !== undefined) return manager.entry;
  return {
    manager: manager.name,
    operation: manager.operation,
    apiVersion: manager.apiVersion,
    ...(manager.time === undefined ? {} : { time: manager.time }),
    fieldsType: 'FieldsV1',
    fieldsV1: sortSet(manager.set) as JsonObject,
    ...(manager.subresource === '' ? {} : { subresource: manager.subresource }),
  };
}

function seconds(time: string | undefined): number {
  const parsed = time === undefined ? 0 : Date.parse(time);
  return Number.isNaN(parsed) ? 0 : Math.floor(parsed / 1000);
}

function compareManagers(a: Manager, b: Manager): number {
  if (a.operation !== b.operation) return a.operation < b.operation ? -1 : 1;
  if (a.time !== b.time) {
    const order = seconds(a.time) - seconds(b.time);
    if (order !== 0) return order;
  }
  return (
    compareText(a.name, b.name) || compareText(a.apiVersion, b.apiVersion) || compareText(a.subresource, b.subresource)
  );
}

/** Entries in the order in which upstream lists them; undefined when nobody owns anything. */
export function encodeManagers(managers: Managers): ManagedFieldsEntry[] | undefined {
  if (managers.size === 0) return undefined;
  if (managers.size === 1) for (const manager of managers.values()) return [entryOf(manager)];
  return [...managers.values()].sort(compareManagers).map(entryOf);
}

/** The same manager with another set. */
export function withSet(manager: Manager, set: FieldSet): Manager {
  if (set === manager.set) return manager;
  const { entry: _, ...rest } = manager;
  return { ...rest, set };
}

const maxUpdateManagers = 10;
const ancientManager = 'ancient-changes';

/**
 * Keeps at most ten managers of plain updates: the oldest ones of an apiVersion become one, `ancient-changes`, as in
 * k8s.io/apimachinery/pkg/util/managedfields/internal/capmanagers.go.
 */
export function capUpdateManagers(managers: Managers): void {
  let count = 0;
  for (const manager of managers.values()) if (manager.operation === 'Update') count++;
  if (count <= maxUpdateManagers) return;
  const updaters = [...managers].filter(([, manager]) => manager.operation === 'Update');
  updaters.sort(([, a], [, b]) => seconds(a.time) - seconds(b.time) || compareIdentities(a, b));
  const first = new Map<string, string>();
  for (const [id, manager] of updaters) {
    if (count <= maxUpdateManagers) return;
    const { apiVersion } = manager;
    const oldest = first.get(apiVersion);
    if (oldest === undefined) {
      first.set(apiVersion, id);
      continue;
    }
    const bucketId = managerId(ancientManager, 'Update', apiVersion, '');
    const bucket = managers.get(bucketId) ?? managers.get(oldest);
    if (bucket === undefined) continue;
    if (!managers.has(bucketId)) managers.delete(oldest);
    managers.delete(id);
    managers.set(bucketId, {
      name: ancientManager,
      operation: 'Update',
      apiVersion,
      subresource: '',
      time: manager.time,
      set: union(manager.set, bucket.set),
    });
    count--;
  }
}

/** Removes managers that own nothing. */
export function dropEmptyManagers(managers: Managers): void {
  for (const [id, manager] of managers) if (isEmpty(manager.set)) managers.delete(id);
}
