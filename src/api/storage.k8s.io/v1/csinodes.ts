import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { deepEqual, type Json } from '../../../apimachinery/json.ts';
import { goString, goStringSlice } from '../../../apimachinery/go-syntax.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, integerColumn, nameColumn } from '../../../apimachinery/table.ts';
import { qualifiedName } from '../../../apimachinery/validation/names.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { immutableMessage, invalidEach, requireNonNegative } from '../../field-path.ts';
import { validateDriverName } from './driver-name.ts';

type Driver = { name?: string; nodeID?: string; topologyKeys?: string[]; allocatable?: { count?: number } };
type CSINode = KubeObject & { spec?: { drivers?: Driver[] } };

const maxNodeId = 256;

function validate(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  (object as CSINode).spec?.drivers?.forEach((driver, index) =>
    validateDriver(driver, names, `spec.drivers[${index}]`, errors),
  );
  return errors;
}

function validateDriver(driver: Driver, names: Set<string>, path: string, errors: FieldError[]): void {
  const { name = '', nodeID = '', topologyKeys = [], allocatable } = driver;
  validateDriverName(name, `${path}.name`, errors);
  if (nodeID === '') errors.push(fieldError.required(`${path}.nodeID`));
  if (Buffer.byteLength(nodeID) > maxNodeId) {
    errors.push(fieldError.invalid(`${path}.nodeID`, nodeID, `must be ${maxNodeId} characters or less`));
  }
  requireNonNegative(`${path}.allocatable.count`, allocatable?.count, errors);
  if (names.has(name)) errors.push(fieldError.duplicate(`${path}.name`, name));
  names.add(name);
  const keys = new Set<string>();
  for (const key of topologyKeys) {
    if (key === '') errors.push(fieldError.required(path));
    if (keys.has(key)) errors.push(fieldError.duplicate(path, key));
    keys.add(key);
    invalidEach(path, key, qualifiedName(key), errors);
  }
}

/** Go's view of a driver; where its capacity is in memory is not worth telling. */
function goDriver({ name = '', nodeID = '', topologyKeys, allocatable }: Driver): string {
  const capacity =
    allocatable === undefined ? '(*storage.VolumeNodeResources)(nil)' : '(*storage.VolumeNodeResources)(0xc000000000)';
  return `storage.CSINodeDriver{Name:${goString(name)}, NodeID:${goString(nodeID)}, TopologyKeys:${goStringSlice(topologyKeys)}, Allocatable:${capacity}}`;
}

/** Drivers come and go, but do not change. Upstream checks an updated object twice, and says so. */
function validateUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const errors = validate(object);
  for (const before of (old as CSINode).spec?.drivers ?? []) {
    for (const driver of (object as CSINode).spec?.drivers ?? []) {
      if (driver.name !== before.name || deepEqual(driver as Json, before as Json)) continue;
      errors.push(fieldError.invalid('spec.drivers', goSyntax(goDriver(driver)), immutableMessage));
    }
  }
  return errors;
}

export const csiNodes = builtinResource({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSINode',
  resource: 'csinodes',
  scope: 'Cluster',
  table: {
    columns: [nameColumn, integerColumn('Drivers', 'How many drivers the node has.'), ageColumn],
    cells: (object, now) => [
      object.metadata.name ?? '',
      (object as CSINode).spec?.drivers?.length ?? 0,
      ageCell(object, now),
    ],
  },
  strategy: { generation: 'none', returnDeletedObject: true, validate, validateUpdate },
});
