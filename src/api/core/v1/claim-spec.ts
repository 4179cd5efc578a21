import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { goPointer } from '../../../apimachinery/go-syntax.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { formatQuantity, parseQuantity } from '../../../apimachinery/quantity.ts';
import { type LabelSelectorObject, validateLabelSelector } from '../../../apimachinery/validation/label-selector.ts';
import { nameIsDns1123Subdomain } from '../../../apimachinery/validation/names.ts';
import { invalidEach, notPositiveMessage } from '../../field-path.ts';
import type { ResourceRequirements } from './pod-template/types.ts';

type DataSource = { apiGroup?: string; kind?: string; name?: string; namespace?: string };

export type ClaimSpec = {
  accessModes?: string[];
  selector?: LabelSelectorObject;
  resources?: ResourceRequirements;
  volumeName?: string;
  storageClassName?: string;
  volumeMode?: string;
  dataSource?: DataSource;
  dataSourceRef?: DataSource;
  volumeAttributesClassName?: string;
};

export type ClaimStatus = {
  allocatedResources?: Record<string, string>;
  allocatedResourceStatuses?: Record<string, string>;
  phase?: string;
  accessModes?: string[];
  capacity?: Record<string, string>;
};

export type Claim = KubeObject & { spec?: ClaimSpec; status?: ClaimStatus };

/** Fills what a claim leaves out. */
export function defaultClaim(claim: KubeObject): void {
  const { spec = {}, status = {} } = claim as Claim;
  spec.volumeMode ??= 'Filesystem';
  if (!status.phase) status.phase = 'Pending';
  claim.spec = spec;
  claim.status = status;
}

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
export const volumeModes = ['Block', 'Filesystem'];

/** Errors of what a claim asks for (ValidatePersistentVolumeClaimSpec). */
export function validateClaimSpec(spec: ClaimSpec, path: string, errors: FieldError[]): void {
  const modes = spec.accessModes ?? [];
  if (modes.length === 0) {
    errors.push(fieldError.required(`${path}.accessModes`, 'at least 1 access mode is required'));
  }
  errors.push(...validateLabelSelector(spec.selector, `${path}.selector`));
  validateAccessModes(modes, `${path}.accessModes`, errors);
  const storage = spec.resources?.requests?.storage;
  const storagePath = `${path}.resources[storage]`;
  if (storage === undefined) errors.push(fieldError.required(storagePath));
  else {
    const quantity = parseQuantity(String(storage));
    if (quantity.nano <= 0n) errors.push(fieldError.invalid(storagePath, formatQuantity(quantity), notPositiveMessage));
  }
  const { storageClassName = '', volumeMode, dataSource, dataSourceRef } = spec;
  if (storageClassName !== '') {
    const messages = nameIsDns1123Subdomain(storageClassName, false);
    invalidEach(`${path}.storageClassName`, storageClassName, messages, errors);
  }
  if (volumeMode !== undefined && !volumeModes.includes(volumeMode)) {
    errors.push(fieldError.notSupported(`${path}.volumeMode`, volumeMode, volumeModes));
  }
  if (dataSource !== undefined) validateDataSource(dataSource, `${path}.dataSource`, errors);
  if (dataSourceRef !== undefined) validateDataSource(dataSourceRef, `${path}.dataSourceRef`, errors);
  if (dataSource === undefined || dataSourceRef === undefined) return;
  const differs = (['apiGroup', 'kind', 'name'] as const).some((field) => dataSource[field] !== dataSourceRef[field]);
  if (!differs) return;
  // Upstream shows the path instead of the value.
  const shown = `field.Path{name:"dataSource", index:"", parent:${goPointer('field.Path', spec)}}`;
  errors.push(fieldError.invalid(path, goSyntax(shown), 'must match dataSourceRef'));
}

/** Errors of how a volume may be mounted. */
export function validateAccessModes(modes: readonly string[], path: string, errors: FieldError[]): void {
  for (const mode of modes) {
    if (!accessModes.includes(mode)) errors.push(fieldError.notSupported(path, mode, accessModes));
  }
  const others = modes.some((mode) => mode !== 'ReadWriteOncePod' && accessModes.includes(mode));
  if (modes.includes('ReadWriteOncePod') && others)
    errors.push(fieldError.forbidden(path, 'may not use ReadWriteOncePod with other access modes'));
}

function validateDataSource(
  { apiGroup = '', kind = '', name = '' }: DataSource,
  path: string,
  errors: FieldError[],
): void {
  if (name === '') errors.push(fieldError.required(`${path}.name`));
  if (kind === '') errors.push(fieldError.required(`${path}.kind`));
  if (apiGroup === '' && kind !== 'PersistentVolumeClaim') {
    const message = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
    errors.push(fieldError.invalid(path, kind, message));
  }
  if (apiGroup !== '') invalidEach(`${path}.apiGroup`, apiGroup, nameIsDns1123Subdomain(apiGroup, false), errors);
}

const shortModes: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

/** Access modes as kubectl shows them: `RWO,ROX`. */
export function accessModesCell(modes: readonly string[] | undefined): string {
  return Object.keys(shortModes)
    .filter((mode) => modes?.includes(mode))
    .map((mode) => shortModes[mode])
    .join(',');
}
