import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import { deepEqual, type JsonObject } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { compareQuantity, parseQuantity } from '../../../apimachinery/quantity.ts';
import { ageCell, ageColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { requireUnchanged } from '../../field-path.ts';
import { accessModesCell, type Claim, type ClaimSpec, defaultClaim, validateClaimSpec } from './claim-spec.ts';
import { warnOfClaimSpec } from './pod-template/warn-volumes.ts';

const classAnnotation = 'volume.beta.kubernetes.io/storage-class';

/** Before dataSourceRef there was, other sources were ignored, and still are. */
function isKnownSource({ apiGroup = '', kind }: { apiGroup?: string; kind?: string }): boolean {
  return kind === 'PersistentVolumeClaim'
    ? apiGroup === ''
    : kind === 'VolumeSnapshot' && apiGroup === 'snapshot.storage.k8s.io';
}

/** dataSource and dataSourceRef say the same unless the reference names a namespace. Fields of features that are off go. */
function normalize(spec: ClaimSpec): void {
  delete spec.volumeAttributesClassName;
  delete spec.dataSourceRef?.namespace;
  if (spec.dataSourceRef === undefined && spec.dataSource !== undefined && !isKnownSource(spec.dataSource)) {
    delete spec.dataSource;
  }
  const { dataSource, dataSourceRef } = spec;
  if (dataSource !== undefined && dataSourceRef === undefined) spec.dataSourceRef = { ...dataSource };
  else if (dataSourceRef !== undefined && dataSource === undefined) spec.dataSource = { ...dataSourceRef };
}

function fixedPart(spec: ClaimSpec, bound: boolean): JsonObject {
  const { resources, ...rest } = spec;
  if (!bound) return spec as JsonObject;
  const { storage: _size, ...requests } = resources?.requests ?? {};
  return { ...rest, resources: { ...resources, requests } } as JsonObject;
}

/** A claim does not change, but for its volume (once) and, when bound, its size. */
function validateUpdate(object: KubeObject, before: KubeObject): FieldError[] {
  const { spec = {}, status = {} } = object as Claim;
  const { spec: old = {} } = before as Claim;
  const errors: FieldError[] = [];
  const bound = status.phase === 'Bound';
  const base = (old.volumeName ?? '') === '' ? { ...old, volumeName: spec.volumeName } : old;
  if (!deepEqual(fixedPart(spec, bound), fixedPart(base as ClaimSpec, bound))) {
    const message =
      'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n';
    errors.push(fieldError.forbidden('spec', message));
  }
  const size = parseQuantity(String(spec.resources?.requests?.storage ?? '0'));
  const oldSize = parseQuantity(String(old.resources?.requests?.storage ?? '0'));
  const capacity = parseQuantity(String((before as Claim).status?.capacity?.storage ?? '0'));
  if (compareQuantity(size, oldSize) < 0 && compareQuantity(size, capacity) <= 0) {
    const message = 'field can not be less than status.capacity';
    errors.push(fieldError.forbidden('spec.resources.requests.storage', message));
  }
  requireUnchanged('volumeMode', spec.volumeMode, old.volumeMode, errors);
  return errors;
}

export const persistentVolumeClaims = builtinResource({
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  resource: 'persistentvolumeclaims',
  shortNames: ['pvc'],
  scope: 'Namespaced',
  table: {
    columns: [
      nameColumn,
      stringColumn('Status', 'The phase of the claim.'),
      stringColumn('Volume', 'The volume that it has.'),
      stringColumn('Capacity', 'The size of the volume.'),
      stringColumn('Access Modes', 'How the volume may be mounted.'),
      stringColumn('StorageClass', 'The class of storage.'),
      stringColumn('VolumeAttributesClass', 'The class of volume attributes.'),
      ageColumn,
      stringColumn('VolumeMode', 'File system or block device.', 1),
    ],
    cells: (object, now) => {
      const { spec = {}, status = {}, metadata } = object as Claim;
      const bound = (spec.volumeName ?? '') !== '';
      return [
        metadata.name ?? '',
        metadata.deletionTimestamp === undefined ? (status.phase ?? '') : 'Terminating',
        spec.volumeName ?? '',
        bound ? (status.capacity?.storage ?? '0') : '',
        bound ? accessModesCell(status.accessModes) : '',
        metadata.annotations?.[classAnnotation] ?? spec.storageClassName ?? '',
        spec.volumeAttributesClassName ?? '<unset>',
        ageCell(object, now),
        spec.volumeMode ?? '<unset>',
      ];
    },
  },
  strategy: {
    generation: 'none',
    repeatsErrors: true,
    allowUnconditionalUpdate: true,
    returnDeletedObject: true,
    applyDefaults: defaultClaim,
    prepareForCreate(object) {
      const claim = object as Claim;
      claim.status = { phase: 'Pending' };
      normalize((claim.spec ??= {}));
    },
    prepareForUpdate: (object) => normalize(((object as Claim).spec ??= {})),
    validate(object) {
      const errors: FieldError[] = [];
      validateClaimSpec((object as Claim).spec ?? {}, 'spec', errors);
      return errors;
    },
    validateUpdate,
    warn(object, _old, ctx) {
      const { metadata, spec } = object as Claim;
      if (Object.hasOwn(metadata.annotations ?? {}, classAnnotation))
        ctx.warn(
          `metadata.annotations[${classAnnotation}]: deprecated since v1.8; use "storageClassName" attribute instead`,
        );
      warnOfClaimSpec(spec, 'spec', ctx);
    },
  },
  status: {},
});
