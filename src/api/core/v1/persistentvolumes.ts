import { formatTime, type KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { accessModesCell } from './claim-spec.ts';
import { defaultVolumeDriver } from './pod-template/defaults.ts';
import {
  type PersistentVolume,
  validatePersistentVolume,
  validatePersistentVolumeUpdate,
  warnOfPersistentVolume,
} from './validate-persistent-volume.ts';

const classAnnotation = 'volume.beta.kubernetes.io/storage-class';

function applyDefaults(object: KubeObject): void {
  const volume = object as PersistentVolume;
  const spec = (volume.spec ??= {});
  if (!spec.persistentVolumeReclaimPolicy) spec.persistentVolumeReclaimPolicy = 'Retain';
  spec.volumeMode ??= 'Filesystem';
  defaultVolumeDriver(spec);
  const status = (volume.status ??= {});
  if (!status.phase) status.phase = 'Pending';
}

export const persistentVolumes = builtinResource({
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  resource: 'persistentvolumes',
  shortNames: ['pv'],
  scope: 'Cluster',
  table: {
    columns: [
      nameColumn,
      stringColumn('Capacity', 'The size of the volume.'),
      stringColumn('Access Modes', 'How it may be mounted.'),
      stringColumn('Reclaim Policy', 'What happens to it when its claim is gone.'),
      stringColumn('Status', 'The phase of the volume.'),
      stringColumn('Claim', 'The claim that has it.'),
      stringColumn('StorageClass', 'The class of storage.'),
      stringColumn('VolumeAttributesClass', 'The class of volume attributes.'),
      stringColumn('Reason', 'Why it is in this phase.'),
      ageColumn,
      stringColumn('VolumeMode', 'File system or block device.', 1),
    ],
    cells: (object, now) => {
      const { spec = {}, status = {}, metadata } = object as PersistentVolume;
      const { claimRef } = spec;
      return [
        metadata.name ?? '',
        spec.capacity?.storage ?? '0',
        accessModesCell(spec.accessModes),
        spec.persistentVolumeReclaimPolicy ?? '',
        metadata.deletionTimestamp === undefined ? (status.phase ?? '') : 'Terminating',
        claimRef === undefined ? '' : `${claimRef.namespace ?? ''}/${claimRef.name ?? ''}`,
        metadata.annotations?.[classAnnotation] ?? spec.storageClassName ?? '',
        spec.volumeAttributesClassName ?? '<unset>',
        status.reason ?? '',
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
    applyDefaults,
    prepareForCreate(object, ctx) {
      const volume = object as PersistentVolume;
      volume.status = { phase: 'Pending', lastPhaseTransitionTime: formatTime(ctx.now) };
      delete volume.spec?.volumeAttributesClassName;
    },
    validate: validatePersistentVolume,
    validateUpdate: validatePersistentVolumeUpdate,
    warn: warnOfPersistentVolume,
  },
  status: {
    prepareForUpdate(object, before, ctx) {
      const { status } = object as PersistentVolume;
      const { status: old } = before as PersistentVolume;
      if (status === undefined) return;
      const { lastPhaseTransitionTime: time } = status;
      const known = old?.lastPhaseTransitionTime;
      if (status.phase === old?.phase) {
        if (time === undefined && known !== undefined) status.lastPhaseTransitionTime = known;
      } else if (time === undefined || time === known) status.lastPhaseTransitionTime = formatTime(ctx.now);
    },
  },
});
