import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { goString } from '../../../apimachinery/go-syntax.ts';
import { deepEqual, type JsonObject } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, booleanColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { inclusiveRangeMessage, nameIsDns1123Subdomain } from '../../../apimachinery/validation/names.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { immutableMessage, invalidEach } from '../../field-path.ts';
import { keepMetadataForStatus } from '../../metadata-for-status.ts';
import { validateDriverName } from './driver-name.ts';

type VolumeError = { time?: string; message?: string; errorCode?: number };
type InlineSpec = { claimRef?: JsonObject; capacity?: JsonObject; csi?: JsonObject; accessModes?: string[] };
type Source = { persistentVolumeName?: string; inlineVolumeSpec?: InlineSpec };

type VolumeAttachment = KubeObject & {
  spec?: { attacher?: string; source?: Source; nodeName?: string };
  status?: {
    attached?: boolean;
    attachmentMetadata?: Record<string, string>;
    attachError?: VolumeError;
    detachError?: VolumeError;
  };
};

const maxMetadataBytes = 256 * 1024;
const maxMessageBytes = 1024;
const maxInt32 = 2147483647;

function validate(object: KubeObject): FieldError[] {
  const { spec = {}, status = {} } = object as VolumeAttachment;
  const { attacher = '', source = {}, nodeName = '' } = spec;
  const errors: FieldError[] = [];
  if (attacher === '') errors.push(fieldError.required('spec.attacher'));
  validateSource(source, errors);
  invalidEach('spec.nodeName', nodeName, nameIsDns1123Subdomain(nodeName, false), errors);
  const { attachmentMetadata = {}, attachError, detachError } = status;
  let size = 0;
  for (const [key, value] of Object.entries(attachmentMetadata)) {
    size += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (size > maxMetadataBytes) errors.push(fieldError.tooLong('status.attachmentMetadata', maxMetadataBytes));
  validateVolumeError(attachError, 'status.attachError', errors);
  validateVolumeError(detachError, 'status.detachError', errors);
  return errors;
}

function validateSource(source: Source, errors: FieldError[]): void {
  const { persistentVolumeName: name, inlineVolumeSpec: inline } = source;
  const path = 'spec.source';
  const message = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
  if (name === undefined && inline === undefined) errors.push(fieldError.required(path, message));
  else if (name !== undefined && inline !== undefined) errors.push(fieldError.forbidden(path, message));
  else if (name === '') {
    errors.push(fieldError.required(`${path}.persistentVolumeName`, 'must specify non empty persistentVolumeName'));
  } else if (inline !== undefined) validateInline(inline, `${path}.inlineVolumeSpec`, errors);
}

function validateInline(spec: InlineSpec, path: string, errors: FieldError[]): void {
  const context = 'in the context of inline volumes';
  if (spec.claimRef !== undefined) {
    errors.push(fieldError.forbidden(`${path}.claimRef`, `may not be specified ${context}`));
  }
  if (Object.keys(spec.capacity ?? {}).length > 0) {
    errors.push(fieldError.forbidden(`${path}.capacity`, `may not be specified ${context}`));
  }
  if (spec.csi === undefined) errors.push(fieldError.required(`${path}.csi`, `has to be specified ${context}`));
  if ((spec.accessModes ?? []).length === 0) errors.push(fieldError.required(`${path}.accessModes`));
  if (spec.csi === undefined) errors.push(fieldError.required(path, 'must specify a volume type'));
}

function validateVolumeError(error: VolumeError | undefined, path: string, errors: FieldError[]): void {
  const { message = '', errorCode = 0 } = error ?? {};
  // Upstream names the other limit.
  if (Buffer.byteLength(message) > maxMessageBytes)
    errors.push(fieldError.tooLong(`${path}.message`, maxMetadataBytes));
  if (errorCode < 0)
    errors.push(fieldError.invalid(`${path}.errorCode`, errorCode, inclusiveRangeMessage(0, maxInt32)));
}

function validateCreate(object: KubeObject): FieldError[] {
  const { attacher = '', source = {} } = (object as VolumeAttachment).spec ?? {};
  const errors: FieldError[] = [];
  validateDriverName(attacher, 'spec.attacher', errors);
  const { persistentVolumeName: name } = source;
  if (name !== undefined) {
    invalidEach('spec.source.persistentVolumeName', name, nameIsDns1123Subdomain(name, false), errors);
  }
  return errors;
}

/** Go's view of a spec; where its parts are in memory is not worth telling. */
function goSpec({ attacher = '', source = {}, nodeName = '' }: NonNullable<VolumeAttachment['spec']>): string {
  const pointer = (type: string, is: boolean): string => `(*${type})(${is ? '0xc000000000' : 'nil'})`;
  const name = pointer('string', source.persistentVolumeName !== undefined);
  const inline = pointer('core.PersistentVolumeSpec', source.inlineVolumeSpec !== undefined);
  return `storage.VolumeAttachmentSpec{Attacher:${goString(attacher)}, Source:storage.VolumeAttachmentSource{PersistentVolumeName:${name}, InlineVolumeSpec:${inline}}, NodeName:${goString(nodeName)}}`;
}

/** An attachment does not change. Upstream checks an updated object twice, and says so. */
function validateUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const { spec = {} } = object as VolumeAttachment;
  const errors: FieldError[] = [];
  if (!deepEqual(spec as JsonObject, ((old as VolumeAttachment).spec ?? {}) as JsonObject)) {
    errors.push(fieldError.invalid('spec', goSyntax(goSpec(spec)), immutableMessage));
  }
  return [...validate(object), ...errors];
}

export const volumeAttachments = builtinResource({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  resource: 'volumeattachments',
  scope: 'Cluster',
  table: {
    columns: [
      nameColumn,
      { ...stringColumn('Attacher', 'What attaches the volume.'), format: 'name' },
      stringColumn('PV', 'The volume.'),
      stringColumn('Node', 'Where it is to be attached.'),
      booleanColumn('Attached', 'Whether it is.'),
      ageColumn,
    ],
    cells: (object, now) => {
      const { spec = {}, status = {} } = object as VolumeAttachment;
      return [
        object.metadata.name ?? '',
        spec.attacher ?? '',
        spec.source?.persistentVolumeName ?? '',
        spec.nodeName ?? '',
        status.attached ?? false,
        ageCell(object, now),
      ];
    },
  },
  strategy: {
    generation: 'none',
    returnDeletedObject: true,
    prepareForCreate(object) {
      (object as VolumeAttachment).status = { attached: false };
    },
    validate,
    validateCreate,
    validateUpdate,
  },
  status: {
    resetFields: ['metadata', 'spec'],
    prepareForUpdate(object, before) {
      keepMetadataForStatus(object, before);
      const { status } = object as VolumeAttachment;
      const { status: old } = before as VolumeAttachment;
      // A field of a feature that is off by default.
      if (old?.attachError?.errorCode === undefined) delete status?.attachError?.errorCode;
      if (old?.detachError?.errorCode === undefined) delete status?.detachError?.errorCode;
    },
    validateUpdate: (object, old) => [...validate(object), ...validateUpdate(object, old)],
  },
});
