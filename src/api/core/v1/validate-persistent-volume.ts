import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { goPointer, goString } from '../../../apimachinery/go-syntax.ts';
import { deepEqual, type Json, type JsonObject } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { formatQuantity, parseQuantity } from '../../../apimachinery/quantity.ts';
import {
  dns1123Label,
  dns1123Subdomain,
  longerThan,
  nameIsDns1123Subdomain,
} from '../../../apimachinery/validation/names.ts';
import { immutableMessage, invalidEach, notPositiveMessage } from '../../field-path.ts';
import type { StrategyContext } from '../../resource-definition.ts';
import { validateAccessModes, volumeModes } from './claim-spec.ts';
import type { NodeSelectorTerm, Volume } from './pod-template/types.ts';
import { validateNodeSelector } from './pod-template/validate-scheduling.ts';
import { validateHostPath, validateNfs } from './pod-template/validate-volumes.ts';
import { validateNoBacksteps } from './pod-template/validate-paths.ts';
import { warnOfNodeTerm } from './pod-template/warnings.ts';
import { type InTreeDriver, validateInTreeDriver } from './storage-drivers.ts';

export type PersistentVolumeSpec = Omit<Volume, 'name' | 'csi'> & {
  capacity?: Record<string, string>;
  accessModes?: string[];
  persistentVolumeReclaimPolicy?: string;
  claimRef?: { namespace?: string; name?: string };
  storageClassName?: string;
  volumeMode?: string;
  volumeAttributesClassName?: string;
  nodeAffinity?: { required?: { nodeSelectorTerms?: NodeSelectorTerm[] } };
  local?: { path?: string };
  csi?: JsonObject & { driver?: string; volumeHandle?: string; controllerExpandSecretRef?: JsonObject };
};
export type PersistentVolume = KubeObject & {
  spec?: PersistentVolumeSpec;
  status?: { phase?: string; reason?: string; lastPhaseTransitionTime?: string };
};

/** The order in which sources are looked at; the first is validated, any other is one too many. */
const sources = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'flocker',
  'nfs',
  'rbd',
  'quobyte',
  'cephfs',
  'iscsi',
  'cinder',
  'fc',
  'flexVolume',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'scaleIO',
  'local',
  'storageos',
  'csi',
] as const;
const manyMessage = 'may not specify more than 1 volume type';
const reclaimPolicies = ['Delete', 'Recycle', 'Retain'];
const maxAmount = 2n ** 63n;

/** Errors of a PersistentVolume (ValidatePersistentVolumeSpec of pkg/apis/core/validation). */
export function validatePersistentVolume(object: KubeObject): FieldError[] {
  const { spec = {}, metadata } = object as PersistentVolume;
  const errors: FieldError[] = [];
  const { accessModes = [], capacity = {}, persistentVolumeReclaimPolicy: policy = '', nodeAffinity } = spec;
  if (accessModes.length === 0) errors.push(fieldError.required('spec.accessModes'));
  validateAccessModes(accessModes, 'spec.accessModes', errors);
  validateCapacity(capacity, errors);
  if (policy !== '' && !reclaimPolicies.includes(policy))
    errors.push(fieldError.notSupported('spec.persistentVolumeReclaimPolicy', policy, reclaimPolicies));
  if (nodeAffinity !== undefined) {
    const path = 'spec.nodeAffinity.required';
    if (nodeAffinity.required === undefined)
      errors.push(fieldError.required(path, 'must specify required node constraints'));
    else validateNodeSelector(nodeAffinity.required.nodeSelectorTerms ?? [], `${path}.nodeSelectorTerms`, errors);
  }
  validateSources(spec, metadata.name ?? '', errors);
  const { storageClassName = '', volumeMode } = spec;
  if (/^\/*$/.test(spec.hostPath?.path ?? 'none') && policy === 'Recycle') {
    const message = "may not be 'recycle' for a hostPath mount of '/'";
    errors.push(fieldError.forbidden('spec.persistentVolumeReclaimPolicy', message));
  }
  if (storageClassName !== '')
    invalidEach('spec.storageClassName', storageClassName, nameIsDns1123Subdomain(storageClassName, false), errors);
  if (volumeMode !== undefined && !volumeModes.includes(volumeMode))
    errors.push(fieldError.notSupported('spec.volumeMode', volumeMode, volumeModes));
  return errors;
}

function validateCapacity(capacity: Readonly<Record<string, string>>, errors: FieldError[]): void {
  const names = Object.keys(capacity);
  if (names.length === 0) errors.push(fieldError.required('spec.capacity'));
  if (capacity['storage'] === undefined || names.length > 1) {
    const shown =
      names.length === 0 ? 'core.ResourceList(nil)' : `core.ResourceList{${names.map(goString).join(', ')}}`;
    errors.push(fieldError.notSupported('spec.capacity', goSyntax(shown), ['storage']));
  }
  for (const name of names) {
    const quantity = parseQuantity(capacity[name] ?? '0');
    if (quantity.nano < 0n || quantity.nano / 1_000_000_000n >= maxAmount) {
      const message = 'must be a valid resource quantity';
      errors.push(fieldError.invalid(`spec.capacity[${name}]`, formatQuantity(quantity), message));
    }
    if (quantity.nano <= 0n)
      errors.push(fieldError.invalid(`spec.capacity[${name}]`, formatQuantity(quantity), notPositiveMessage));
  }
}

function validateSources(spec: PersistentVolumeSpec, name: string, errors: FieldError[]): void {
  let count = 0;
  for (const source of sources) {
    if ((spec as JsonObject)[source] === undefined) continue;
    const path = `spec.${source}`;
    // Upstream does not count what came before a flex volume.
    if (count++ > 0 && source !== 'flexVolume')
      errors.push(fieldError.forbidden(source === 'cephfs' ? 'spec.cephFS' : path, manyMessage));
    else validateSource(spec, source, name, path, errors);
  }
  if (count === 0) errors.push(fieldError.required('spec', 'must specify a volume type'));
}

function validateSource(
  spec: PersistentVolumeSpec,
  source: (typeof sources)[number],
  name: string,
  path: string,
  errors: FieldError[],
): void {
  switch (source) {
    case 'hostPath':
      validateHostPath(spec.hostPath ?? {}, path, errors);
      return;
    case 'nfs':
      validateNfs(spec.nfs ?? {}, path, errors);
      return;
    case 'local':
      if ((spec.local?.path ?? '') === '') errors.push(fieldError.required(`${path}.path`));
      else validateNoBacksteps(spec.local?.path ?? '', `${path}.path`, errors);
      if (spec.nodeAffinity === undefined)
        errors.push(fieldError.required('spec.nodeAffinity', 'Local volume requires node affinity'));
      return;
    case 'csi':
      validateCsi(spec.csi ?? {}, path, errors);
      return;
    default: {
      const value = (spec as Readonly<Record<string, JsonObject>>)[source] ?? {};
      const at = source === 'gcePersistentDisk' ? 'spec.persistentDisk' : path;
      validateInTreeDriver(source satisfies InTreeDriver, value, name, at, errors);
    }
  }
}

const secretFields = [
  'controllerPublishSecretRef',
  'controllerExpandSecretRef',
  'nodePublishSecretRef',
  'nodeExpandSecretRef',
];

function validateCsi(source: NonNullable<PersistentVolumeSpec['csi']>, path: string, errors: FieldError[]): void {
  const { driver = '', volumeHandle = '' } = source;
  if (driver === '') errors.push(fieldError.required(`${path}.driver`));
  if (longerThan(driver, 63)) errors.push(fieldError.tooLong(`${path}.driver`, 63));
  invalidEach(`${path}.driver`, driver, dns1123Subdomain(driver.toLowerCase()), errors);
  if (volumeHandle === '') errors.push(fieldError.required(`${path}.volumeHandle`));
  for (const field of secretFields) {
    const reference = source[field] as { name?: string; namespace?: string } | undefined;
    if (reference === undefined) continue;
    const { name = '', namespace = '' } = reference;
    const at = `${path}.${field}`;
    if (name === '') errors.push(fieldError.required(`${at}.name`));
    else invalidEach(`${at}.name`, name, dns1123Subdomain(name), errors);
    if (namespace === '') errors.push(fieldError.required(`${at}.namespace`));
    else invalidEach(`${at}.namespace`, namespace, dns1123Label(namespace), errors);
  }
}

/** Errors of a change: the volume stays where and what it is. */
export function validatePersistentVolumeUpdate(object: KubeObject, before: KubeObject): FieldError[] {
  const { spec = {} } = object as PersistentVolume;
  const { spec: old = {} } = before as PersistentVolume;
  const errors: FieldError[] = [];
  const mayAddSecret = old.csi !== undefined && old.csi.controllerExpandSecretRef === undefined;
  const same = sources.every((source) => {
    const [value, known] = [(spec as JsonObject)[source], (old as JsonObject)[source]];
    if (source !== 'csi' || !mayAddSecret) return deepEqual(value, known);
    const { controllerExpandSecretRef: _added, ...rest } = spec.csi ?? {};
    return spec.csi !== undefined && deepEqual(rest as Json, known);
  });
  if (!same) {
    const message = 'spec.persistentvolumesource is immutable after creation\n';
    errors.push(fieldError.forbidden('spec.persistentvolumesource', message));
  }
  if (spec.volumeMode !== old.volumeMode)
    errors.push(fieldError.invalid('volumeMode', spec.volumeMode, immutableMessage));
  const { nodeAffinity } = old;
  if (nodeAffinity !== undefined && !deepEqual(spec.nodeAffinity as Json | undefined, nodeAffinity as Json)) {
    const required = goPointer('core.NodeSelector', spec.nodeAffinity?.required);
    const shown = spec.nodeAffinity === undefined ? null : goSyntax(`core.VolumeNodeAffinity{Required:${required}}`);
    const message = `${immutableMessage}, except for updating from beta label to GA`;
    errors.push(fieldError.invalid('nodeAffinity', shown, message));
  }
  if (spec.volumeAttributesClassName !== old.volumeAttributesClassName) {
    const message = 'update is forbidden when the VolumeAttributesClass feature gate is disabled';
    errors.push(fieldError.forbidden('spec.volumeAttributesClassName', message));
  }
  return errors;
}

const classAnnotation = 'volume.beta.kubernetes.io/storage-class';
const mountAnnotation = 'volume.beta.kubernetes.io/mount-options';
const goneDrivers = [
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
] as const;

/** Warns of what is no longer done in a PersistentVolume (pkg/api/persistentvolume). */
export function warnOfPersistentVolume(object: KubeObject, _old: KubeObject | undefined, ctx: StrategyContext): void {
  const { spec = {}, metadata } = object as PersistentVolume;
  const { annotations = {} } = metadata;
  if (Object.hasOwn(annotations, classAnnotation))
    ctx.warn(
      `metadata.annotations[${classAnnotation}]: deprecated since v1.8; use "storageClassName" attribute instead`,
    );
  if (Object.hasOwn(annotations, mountAnnotation))
    ctx.warn(`metadata.annotations[${mountAnnotation}]: deprecated since v1.31; use "mountOptions" attribute instead`);
  if (spec.persistentVolumeReclaimPolicy === 'Recycle')
    ctx.warn(
      'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
    );
  spec.nodeAffinity?.required?.nodeSelectorTerms?.forEach((term, index) =>
    warnOfNodeTerm(term, false, `spec.nodeAffinity.required.nodeSelectorTerms[${index}]`, ctx),
  );
  for (const [driver, spelled, message] of goneDrivers)
    if ((spec as JsonObject)[driver] !== undefined) ctx.warn(`spec.${spelled}: ${message}`);
}
