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
import { type InTreeDriver, iscsiTooLong, validateInTreeDriver } from '../storage-drivers.ts';
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

/** Errors of a directory or file of the node. */
export function validateHostPath(source: NonNullable<Volume['hostPath']>, path: string, errors: FieldError[]): void {
  const { path: hostPath = '', type = '' } = source;
  if (hostPath === '') {
    errors.push(fieldError.required(`${path}.path`));
    return;
  }
  validateNoBacksteps(hostPath, `${path}.path`, errors);
  if (!hostPathTypes.includes(type)) errors.push(fieldError.notSupported(`${path}.type`, type, hostPathTypes));
}

/** Errors of an NFS export. */
export function validateNfs(source: NonNullable<Volume['nfs']>, path: string, errors: FieldError[]): void {
  const { server = '', path: exported = '' } = source;
  if (server === '') errors.push(fieldError.required(`${path}.server`));
  if (exported === '') errors.push(fieldError.required(`${path}.path`));
  if (!exported.startsWith('/')) errors.push(fieldError.invalid(`${path}.path`, exported, 'must be an absolute path'));
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
    case 'hostPath':
      validateHostPath(volume.hostPath ?? {}, at, errors);
      return;
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
    case 'nfs':
      validateNfs(volume.nfs ?? {}, at, errors);
      return;
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
    default:
      validateInTree(volume, source, at, errors);
  }
}

/** Upstream names a GCE disk's path otherwise than its field. */
function validateInTree(volume: Volume, driver: InTreeDriver, path: string, errors: FieldError[]): void {
  const value = (volume as Readonly<Record<string, JsonObject>>)[driver] ?? {};
  const at = driver === 'gcePersistentDisk' ? path.replace(/gcePersistentDisk$/, 'persistentDisk') : path;
  validateInTreeDriver(driver, value, undefined, at, errors);
  const { name = '' } = volume;
  const { targetPortal = '', initiatorName } = value;
  if (
    driver === 'iscsi' &&
    initiatorName !== undefined &&
    `${name}:${typeof targetPortal === 'string' ? targetPortal : ''}`.length > 64
  )
    errors.push(fieldError.invalid(path.replace(/iscsi$/, 'name'), name, iscsiTooLong));
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
