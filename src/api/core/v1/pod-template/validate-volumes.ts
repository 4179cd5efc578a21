import { type FieldError, fieldError } from '../../../../apimachinery/errors.ts';
import type { JsonObject } from '../../../../apimachinery/json.ts';
import {
  dns1123Label,
  dns1123Subdomain,
  longerThan,
  nameIsDns1123Subdomain,
} from '../../../../apimachinery/validation/names.ts';
import type { ObjectMeta } from '../../../../apimachinery/object.ts';
import { validateAnnotations, validateLabels } from '../../../../apimachinery/validation/metadata.ts';
import { parseQuantity } from '../../../../apimachinery/quantity.ts';
import { invalidEach } from '../../../field-path.ts';
import type { KeyToPath, Volume } from './types.ts';
import { validateDownwardFile, validateKeyToPath, validateMode } from './validate-files.ts';
import { validateClaimSpec } from '../claim-spec.ts';
import { validateNoBacksteps } from './validate-paths.ts';
import { validateProjectedVolume } from './validate-projected-volume.ts';

/** What containers need to know of the pod's volumes: name → whether it is a claim (may be used as a block device). */
export type VolumesByName = ReadonlyMap<string, { readonly isClaim: boolean }>;

const manyMessage = 'may not specify more than 1 volume type';
const hostPathTypes = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

/** Fields that a volume source of in-tree storage drivers must have, in the order of their errors. */
const requiredFields: Readonly<Record<string, readonly string[]>> = {
  gcePersistentDisk: ['pdName'],
  awsElasticBlockStore: ['volumeID'],
  iscsi: ['targetPortal', 'iqn'],
  glusterfs: ['endpoints', 'path'],
  rbd: ['monitors', 'image'],
  cinder: ['volumeID'],
  cephfs: ['monitors'],
  flexVolume: ['driver'],
  azureFile: ['secretName', 'shareName'],
  vsphereVolume: ['volumePath'],
  photonPersistentDisk: ['pdID'],
  portworxVolume: ['volumeID'],
  azureDisk: ['diskName', 'diskURI'],
  storageos: ['volumeName'],
  scaleIO: ['gateway', 'system', 'volumeName'],
};

/** The order in which sources are looked at; the first is validated, any other is one too many. */
const sources = [
  'emptyDir',
  'hostPath',
  'gitRepo',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'secret',
  'nfs',
  'iscsi',
  'glusterfs',
  'flocker',
  'persistentVolumeClaim',
  'rbd',
  'cinder',
  'cephfs',
  'quobyte',
  'downwardAPI',
  'fc',
  'flexVolume',
  'configMap',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'storageos',
  'projected',
  'scaleIO',
  'csi',
  'ephemeral',
] as const;

/** How upstream spells a source in the error that it is one too many. */
const spelled: Readonly<Record<string, string>> = { cephfs: 'cephFS', downwardAPI: 'downwarAPI' };

/** Errors of a pod's volumes. `podName` is '' in templates. Gives the volumes that are well formed. */
export function validateVolumes(
  volumes: readonly Volume[],
  podName: string,
  path: string,
  errors: FieldError[],
): VolumesByName {
  const found = new Map<string, { isClaim: boolean }>();
  const created = new Set(
    podName === '' ? [] : volumes.filter((v) => v.ephemeral !== undefined).map((v) => `${podName}-${v.name ?? ''}`),
  );
  volumes.forEach((volume, index) => {
    const { name = '' } = volume;
    const at = `${path}[${index}]`;
    const before = errors.length;
    validateSource(volume, podName, at, errors);
    if (name === '') errors.push(fieldError.required(`${at}.name`));
    else invalidEach(`${at}.name`, name, dns1123Label(name), errors);
    if (found.has(name)) errors.push(fieldError.duplicate(`${at}.name`, name));
    if (errors.length === before) {
      found.set(name, { isClaim: volume.persistentVolumeClaim !== undefined || volume.ephemeral !== undefined });
    }
    const claim = volume.persistentVolumeClaim?.claimName ?? '';
    if (volume.persistentVolumeClaim !== undefined && created.has(claim)) {
      const message = 'must not reference a PVC that gets created for an ephemeral volume';
      errors.push(fieldError.invalid(`${at}.persistentVolumeClaim.claimName`, claim, message));
    }
  });
  return found;
}

function validateSource(volume: Volume, podName: string, path: string, errors: FieldError[]): void {
  let count = 0;
  for (const source of sources) {
    const value = (volume as Readonly<Record<string, unknown>>)[source];
    if (value === undefined) continue;
    if (count++ > 0) errors.push(fieldError.forbidden(`${path}.${spelled[source] ?? source}`, manyMessage));
    else validateOneSource(volume, source, podName, path, errors);
  }
  if (count === 0) errors.push(fieldError.required(path, 'must specify a volume type'));
}

function validateOneSource(
  volume: Volume,
  source: (typeof sources)[number],
  podName: string,
  path: string,
  errors: FieldError[],
): void {
  const at = `${path}.${source}`;
  const required = (value: string | undefined, field: string): void => {
    if (value === undefined || value === '') errors.push(fieldError.required(`${at}.${field}`));
  };
  switch (source) {
    case 'emptyDir': {
      const limit = volume.emptyDir?.sizeLimit;
      if (limit !== undefined && parseQuantity(String(limit)).nano < 0n) {
        errors.push(fieldError.forbidden(`${at}.sizeLimit`, 'SizeLimit field must be a valid resource quantity'));
      }
      return;
    }
    case 'hostPath': {
      const { path: hostPath = '', type = '' } = volume.hostPath ?? {};
      if (hostPath === '') {
        errors.push(fieldError.required(`${at}.path`));
        return;
      }
      validateNoBacksteps(hostPath, `${at}.path`, errors);
      if (!hostPathTypes.includes(type)) errors.push(fieldError.notSupported(`${at}.type`, type, hostPathTypes));
      return;
    }
    case 'gitRepo': {
      const { repository, directory = '' } = volume.gitRepo ?? {};
      required(repository, 'repository');
      if (directory.startsWith('/')) {
        errors.push(fieldError.invalid(`${at}.directory`, directory, 'must be a relative path'));
      }
      validateNoBacksteps(directory, `${at}.directory`, errors);
      return;
    }
    case 'secret':
      required(volume.secret?.secretName, 'secretName');
      validateFiles(volume.secret ?? {}, at, errors);
      return;
    case 'configMap':
      required(volume.configMap?.name, 'name');
      validateFiles(volume.configMap ?? {}, at, errors);
      return;
    case 'nfs': {
      const { server, path: exported = '' } = volume.nfs ?? {};
      required(server, 'server');
      required(exported, 'path');
      if (!exported.startsWith('/')) {
        errors.push(fieldError.invalid(`${at}.path`, exported, 'must be an absolute path'));
      }
      return;
    }
    case 'persistentVolumeClaim':
      required(volume.persistentVolumeClaim?.claimName, 'claimName');
      return;
    case 'downwardAPI':
      validateMode(volume.downwardAPI?.defaultMode, `${at}.defaultMode`, errors);
      for (const file of volume.downwardAPI?.items ?? []) validateDownwardFile(file, at, errors);
      return;
    case 'projected':
      validateMode(volume.projected?.defaultMode, `${at}.defaultMode`, errors);
      validateProjectedVolume(volume.projected?.sources ?? [], at, errors);
      return;
    case 'csi':
      validateCsi(volume.csi ?? {}, at, errors);
      return;
    case 'ephemeral':
      validateEphemeral(volume, podName, path, errors);
      return;
    case 'quobyte':
    case 'fc':
    case 'flocker':
      validateOtherDriver((volume as Readonly<Record<string, JsonObject>>)[source] ?? {}, source, at, errors);
      return;
    default:
      validateDriver((volume as Readonly<Record<string, JsonObject>>)[source] ?? {}, source, at, errors);
  }
}

function validateDriver(value: JsonObject, source: string, path: string, errors: FieldError[]): void {
  for (const field of requiredFields[source] ?? []) {
    const given = value[field];
    const empty = given === undefined || given === '' || (Array.isArray(given) && given.length === 0);
    if (empty) errors.push(fieldError.required(`${source === 'gcePersistentDisk' ? at(path) : path}.${field}`));
  }
}

/** Sources of in-tree drivers that need more than certain fields. */
function validateOtherDriver(
  value: JsonObject,
  source: 'quobyte' | 'fc' | 'flocker',
  path: string,
  errors: FieldError[],
): void {
  const given = (field: string): boolean => value[field] !== undefined && value[field] !== '';
  if (source === 'quobyte') {
    const message = 'must be a host:port pair or multiple pairs separated by commas';
    if (!given('registry')) errors.push(fieldError.required(`${path}.registry`, message));
    if (!given('volume')) errors.push(fieldError.required(`${path}.volume`));
  } else if (source === 'fc') {
    const message = 'must specify either targetWWNs or wwids, but not both';
    const empty = (field: string): boolean => !Array.isArray(value[field]) || value[field].length === 0;
    if (empty('targetWWNs') && empty('wwids')) errors.push(fieldError.required(`${path}.targetWWNs`, message));
    if (!empty('targetWWNs') && !given('lun')) {
      errors.push(fieldError.required(`${path}.lun`, 'lun is required if targetWWNs is specified'));
    }
  } else if (!given('datasetName') && !given('datasetUUID')) {
    errors.push(fieldError.required(path, 'one of datasetName and datasetUUID is required'));
  }
}

/** Upstream names a GCE disk's path otherwise than its field. */
function at(path: string): string {
  return path.replace(/gcePersistentDisk$/, 'persistentDisk');
}

function validateCsi(
  source: { driver?: string; nodePublishSecretRef?: { name?: string } },
  path: string,
  errors: FieldError[],
): void {
  const { driver = '', nodePublishSecretRef } = source;
  if (driver === '') errors.push(fieldError.required(`${path}.driver`));
  if (longerThan(driver, 63)) errors.push(fieldError.tooLong(`${path}.driver`, 63));
  invalidEach(`${path}.driver`, driver, dns1123Subdomain(driver.toLowerCase()), errors);
  if (nodePublishSecretRef === undefined) return;
  const { name = '' } = nodePublishSecretRef;
  if (name === '') errors.push(fieldError.required(`${path}.nodePublishSecretRef.name`));
  else invalidEach(`${path}.name`, name, nameIsDns1123Subdomain(name, false), errors);
}

function validateEphemeral(volume: Volume, podName: string, path: string, errors: FieldError[]): void {
  const template = volume.ephemeral?.volumeClaimTemplate;
  const at = `${path}.ephemeral.volumeClaimTemplate`;
  if (template === undefined) errors.push(fieldError.required(at));
  else {
    validateTemplateMeta(template.metadata ?? {}, `${at}.metadata`, errors);
    validateClaimSpec(template.spec ?? {}, `${at}.spec`, errors);
  }
  const { name = '' } = volume;
  if (podName === '' || name === '') return;
  const claim = `${podName}-${name}`;
  for (const message of nameIsDns1123Subdomain(claim, false)) {
    errors.push(fieldError.invalid(`${path}.name`, name, `PVC name ${JSON.stringify(claim)}: ${message}`));
  }
}

/** The metadata of something that is made from a template: labels and annotations, and nothing else. */
function validateTemplateMeta(metadata: ObjectMeta, path: string, errors: FieldError[]): void {
  if (metadata.annotations !== undefined)
    errors.push(...validateAnnotations(metadata.annotations, `${path}.annotations`));
  if (metadata.labels !== undefined) errors.push(...validateLabels(metadata.labels, `${path}.labels`));
  for (const [name, value] of Object.entries(metadata)) {
    if (name === 'annotations' || name === 'labels' || value === null || value === undefined || value === '') continue;
    const goName = name === 'uid' ? 'UID' : `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    errors.push(fieldError.forbidden(`${path}.${goName}`, 'cannot be set'));
  }
}

function validateFiles(
  source: { items?: KeyToPath[]; defaultMode?: number },
  path: string,
  errors: FieldError[],
): void {
  validateMode(source.defaultMode, `${path}.defaultMode`, errors);
  source.items?.forEach((item, index) => validateKeyToPath(item, `${path}.items[${index}]`, errors));
}
