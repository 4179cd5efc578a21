import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { goStringSlice } from '../../../apimachinery/go-syntax.ts';
import { isObject, type JsonObject } from '../../../apimachinery/json.ts';
import { dns1123Label, inclusiveRangeMessage } from '../../../apimachinery/validation/names.ts';
import { invalidEach } from '../../field-path.ts';

/** Storage drivers that are part of Kubernetes, which volumes of pods and PersistentVolumes have in common. */
export const inTreeDrivers = [
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'iscsi',
  'glusterfs',
  'flocker',
  'rbd',
  'cinder',
  'cephfs',
  'quobyte',
  'fc',
  'flexVolume',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'storageos',
  'scaleIO',
] as const;
export type InTreeDriver = (typeof inTreeDrivers)[number];

/** Fields that must be given, in the order of their errors. */
const requiredFields: Partial<Record<InTreeDriver, readonly string[]>> = {
  gcePersistentDisk: ['pdName'],
  awsElasticBlockStore: ['volumeID'],
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
  scaleIO: ['gateway', 'system', 'volumeName'],
};

function text(value: JsonObject, field: string): string {
  const given = value[field];
  return typeof given === 'string' ? given : '';
}

function isMissing(value: JsonObject, field: string): boolean {
  const given = value[field];
  return given === undefined || given === null || given === '' || (Array.isArray(given) && given.length === 0);
}

/**
 * Errors of a volume source of one of these drivers. `persistent` is the name of the PersistentVolume that has it; undefined in a pod, where secrets are
 * of the pod's own namespace.
 */
export function validateInTreeDriver(
  driver: InTreeDriver,
  value: JsonObject,
  persistent: string | undefined,
  path: string,
  errors: FieldError[],
): void {
  for (const field of requiredFields[driver] ?? [])
    if (isMissing(value, field)) errors.push(fieldError.required(`${path}.${field}`));
  switch (driver) {
    case 'gcePersistentDisk':
    case 'awsElasticBlockStore': {
      const partition = Number(value['partition'] ?? 0);
      if (partition < 0 || partition > 255)
        errors.push(fieldError.invalid(`${path}.partition`, partition, inclusiveRangeMessage(1, 255)));
      return;
    }
    case 'iscsi':
      validateIscsi(value, persistent, path, errors);
      return;
    case 'glusterfs':
      validateGlusterNamespace(value, path, errors);
      return;
    case 'cinder':
      validateSecretReference(value, persistent !== undefined, path, errors);
      return;
    case 'azureFile':
      if (value['secretNamespace'] === '') errors.push(fieldError.required(`${path}.secretNamespace`));
      return;
    case 'storageos':
      if (isMissing(value, 'volumeName')) errors.push(fieldError.required(`${path}.volumeName`));
      for (const field of ['volumeName', 'volumeNamespace'])
        if (!isMissing(value, field))
          invalidEach(`${path}.${field}`, text(value, field), dns1123Label(text(value, field)), errors);
      validateSecretReference(value, persistent !== undefined, path, errors);
      return;
    case 'flexVolume':
      validateFlexOptions(value, path, errors);
      return;
    case 'azureDisk':
      validateAzureDisk(value, path, errors);
      return;
    case 'quobyte':
      validateQuobyte(value, path, errors);
      return;
    case 'fc':
      validateFibreChannel(value, path, errors);
      return;
    case 'flocker':
      validateFlocker(value, path, errors);
      return;
    default:
  }
}

function validateSecretReference(value: JsonObject, withNamespace: boolean, path: string, errors: FieldError[]): void {
  const reference = value['secretRef'];
  if (!isObject(reference)) return;
  if (isMissing(reference, 'name')) errors.push(fieldError.required(`${path}.secretRef.name`));
  if (withNamespace && isMissing(reference, 'namespace'))
    errors.push(fieldError.required(`${path}.secretRef.namespace`));
}

const iscsiFormats: Readonly<Record<string, RegExp>> = {
  iqn: /iqn\.\d{4}-\d{2}\.[0-9A-Za-z.-]+(:[^,;*&$|\s]+)$/,
  eui: /^eui.[0-9A-Za-z]{16}$/,
  naa: /^naa.[0-9A-Za-z]{32}$/,
};

function validateIscsi(value: JsonObject, persistent: string | undefined, path: string, errors: FieldError[]): void {
  const portal = text(value, 'targetPortal');
  if (portal === '') errors.push(fieldError.required(`${path}.targetPortal`));
  const initiator = value['initiatorName'];
  if (persistent !== undefined && typeof initiator === 'string' && `${persistent}:${portal}`.length > 64)
    errors.push(fieldError.invalid(`${path}.targetportal`, portal, iscsiTooLong));
  const checkName = (name: string, field: string): void => {
    const format = iscsiFormats[name.slice(0, 3)];
    const unknown =
      persistent === undefined ? 'must be valid format starting with iqn, eui, or naa' : 'must be valid format';
    if (format === undefined) errors.push(fieldError.invalid(`${path}.${field}`, name, unknown));
    else if (!format.test(name)) errors.push(fieldError.invalid(`${path}.${field}`, name, 'must be valid format'));
  };
  const iqn = text(value, 'iqn');
  if (iqn === '') errors.push(fieldError.required(`${path}.iqn`));
  else checkName(iqn, 'iqn');
  const lun = Number(value['lun'] ?? 0);
  if (lun < 0 || lun > 255) errors.push(fieldError.invalid(`${path}.lun`, lun, inclusiveRangeMessage(0, 255)));
  const authenticates = value['chapAuthDiscovery'] === true || value['chapAuthSession'] === true;
  const secret = value['secretRef'];
  if (authenticates && !isObject(secret)) errors.push(fieldError.required(`${path}.secretRef`));
  if (persistent !== undefined) validateSecretReference(value, false, path, errors);
  if (typeof initiator === 'string') checkName(initiator, 'initiatorname');
}

/** What stock says of a volume's name or portal when both together are too long. */
export const iscsiTooLong =
  'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.';

function validateGlusterNamespace(value: JsonObject, path: string, errors: FieldError[]): void {
  const namespace = value['endpointsNamespace'];
  const at = `${path}.endpointsNamespace`;
  if (namespace === '')
    errors.push(fieldError.invalid(at, '', 'if the endpointnamespace is set, it must be a valid namespace name'));
  else if (typeof namespace === 'string') invalidEach(at, namespace, dns1123Label(namespace), errors);
}

function validateFlexOptions(value: JsonObject, path: string, errors: FieldError[]): void {
  const options = value['options'];
  for (const key of isObject(options) ? Object.keys(options) : []) {
    const namespace = `.${(key.split('/', 2)[0] ?? '').toLowerCase()}`;
    if (namespace.endsWith('.kubernetes.io') || namespace.endsWith('.k8s.io'))
      errors.push(
        fieldError.invalid(`${path}.options[${key}]`, key, 'kubernetes.io and k8s.io namespaces are reserved'),
      );
  }
}

const cachingModes = ['None', 'ReadOnly', 'ReadWrite'];
const diskKinds = ['Dedicated', 'Managed', 'Shared'];
const managedUri = '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}';
const blobUri = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd';

function validateAzureDisk(value: JsonObject, path: string, errors: FieldError[]): void {
  const { cachingMode, kind } = value;
  const uri = text(value, 'diskURI');
  if (typeof cachingMode === 'string' && !cachingModes.includes(cachingMode))
    errors.push(fieldError.notSupported(`${path}.cachingMode`, cachingMode, cachingModes));
  if (typeof kind !== 'string') return;
  if (!diskKinds.includes(kind)) errors.push(fieldError.notSupported(`${path}.kind`, kind, diskKinds));
  if (kind === 'Managed' && !uri.startsWith('/subscriptions/'))
    errors.push(fieldError.notSupported(`${path}.diskURI`, uri, [managedUri]));
  if (kind !== 'Managed' && !uri.startsWith('https://'))
    errors.push(fieldError.notSupported(`${path}.diskURI`, uri, [blobUri]));
}

function validateQuobyte(value: JsonObject, path: string, errors: FieldError[]): void {
  const registry = text(value, 'registry');
  const message = 'must be a host:port pair or multiple pairs separated by commas';
  if (registry === '') errors.push(fieldError.required(`${path}.registry`, message));
  else if (text(value, 'tenant').length >= 65)
    errors.push(fieldError.required(`${path}.tenant`, 'must be a UUID and may not exceed a length of 64 characters'));
  else
    for (const pair of registry.split(','))
      if (!/^(\[[^\][]*\]|[^\][:]*):[^\][:]*$/.test(pair))
        errors.push(fieldError.invalid(`${path}.registry`, registry, message));
  if (isMissing(value, 'volume')) errors.push(fieldError.required(`${path}.volume`));
}

function validateFibreChannel(value: JsonObject, path: string, errors: FieldError[]): void {
  const named = !isMissing(value, 'targetWWNs');
  const identified = !isMissing(value, 'wwids');
  if (!named && !identified)
    errors.push(fieldError.required(`${path}.targetWWNs`, 'must specify either targetWWNs or wwids, but not both'));
  if (!named) return;
  if (identified) {
    const shown = goStringSlice((value['targetWWNs'] as unknown[]).map(String));
    const message = 'targetWWNs and wwids can not be specified simultaneously';
    errors.push(fieldError.invalid(`${path}.targetWWNs`, goSyntax(shown), message));
  }
  const { lun } = value;
  if (lun === undefined || lun === null)
    errors.push(fieldError.required(`${path}.lun`, 'lun is required if targetWWNs is specified'));
  else if (Number(lun) < 0 || Number(lun) > 255)
    errors.push(fieldError.invalid(`${path}.lun`, lun, inclusiveRangeMessage(0, 255)));
}

function validateFlocker(value: JsonObject, path: string, errors: FieldError[]): void {
  const [name, id] = [text(value, 'datasetName'), text(value, 'datasetUUID')];
  if (name === '' && id === '')
    errors.push(fieldError.required(path, 'one of datasetName and datasetUUID is required'));
  if (name !== '' && id !== '')
    errors.push(
      fieldError.invalid(path, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'),
    );
  if (name.includes('/')) errors.push(fieldError.invalid(`${path}.datasetName`, name, "must not contain '/'"));
}
