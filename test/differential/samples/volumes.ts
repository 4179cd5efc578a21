import { labelSelector } from './sample.ts';

const items = [{ key: 'k', path: 'a/b', mode: 256 }];
const secretRef = { name: 'secret' };
const fieldItems = [
  { path: 'labels', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.labels' }, mode: 292 },
  { path: 'cpu', resourceFieldRef: { containerName: 'main', resource: 'limits.cpu', divisor: '1m' } },
];

export const claimSpec = {
  accessModes: ['ReadWriteOnce', 'ReadOnlyMany'],
  selector: labelSelector,
  resources: { requests: { storage: '1Gi' }, limits: { storage: '2Gi' } },
  volumeName: 'volume-1',
  storageClassName: 'fast',
  volumeMode: 'Filesystem',
  dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'snap' },
  dataSourceRef: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'snap' },
};

/** Every source that a pod's volume may have. */
export const podVolumes: readonly Record<string, unknown>[] = [
  { name: 'hostpath', hostPath: { path: '/data', type: 'DirectoryOrCreate' } },
  { name: 'empty', emptyDir: { medium: 'Memory', sizeLimit: '1Gi' } },
  { name: 'secret', secret: { secretName: 's', items, defaultMode: 420, optional: true } },
  { name: 'config', configMap: { name: 'c', items, defaultMode: 420, optional: false } },
  { name: 'claim', persistentVolumeClaim: { claimName: 'data', readOnly: true } },
  { name: 'downward', downwardAPI: { items: fieldItems, defaultMode: 420 } },
  {
    name: 'projected',
    projected: {
      defaultMode: 420,
      sources: [
        { secret: { name: 's', items, optional: true } },
        { configMap: { name: 'c', items: [{ key: 'k', path: 'other' }], optional: true } },
        { downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
        { serviceAccountToken: { audience: 'api', expirationSeconds: 3600, path: 'token' } },
      ],
    },
  },
  { name: 'nfs', nfs: { server: 'nfs.example.com', path: '/export', readOnly: true } },
  {
    name: 'iscsi',
    iscsi: {
      targetPortal: '10.0.2.15:3260',
      iqn: 'iqn.2001-04.com.example:storage.disk2',
      lun: 0,
      iscsiInterface: 'default',
      fsType: 'ext4',
      readOnly: true,
      portals: ['10.0.2.16:3260'],
      chapAuthDiscovery: true,
      chapAuthSession: true,
      secretRef,
      initiatorName: 'iqn.2001-04.com.example:initiator',
    },
  },
  { name: 'gce', gcePersistentDisk: { pdName: 'disk', fsType: 'ext4', partition: 1, readOnly: true } },
  { name: 'ebs', awsElasticBlockStore: { volumeID: 'vol-1', fsType: 'ext4', partition: 1, readOnly: true } },
  { name: 'git', gitRepo: { repository: 'https://example.com/r.git', revision: 'main', directory: 'src' } },
  { name: 'gluster', glusterfs: { endpoints: 'cluster', path: 'vol', readOnly: true } },
  {
    name: 'rbd',
    rbd: { monitors: ['10.1.1.1:6789'], image: 'img', fsType: 'ext4', pool: 'p', user: 'u', keyring: '/k', secretRef },
  },
  {
    name: 'flex',
    flexVolume: { driver: 'example.com/d', fsType: 'ext4', secretRef, readOnly: true, options: { a: 'b' } },
  },
  { name: 'cinder', cinder: { volumeID: 'v', fsType: 'ext4', readOnly: true, secretRef } },
  {
    name: 'ceph',
    cephfs: { monitors: ['10.1.1.1:6789'], path: '/p', user: 'u', secretFile: '/s', secretRef, readOnly: true },
  },
  { name: 'flocker', flocker: { datasetName: 'd' } },
  { name: 'fc', fc: { targetWWNs: ['50060e801049cfd1'], lun: 1, fsType: 'ext4', readOnly: true } },
  { name: 'azurefile', azureFile: { secretName: 's', shareName: 'share', readOnly: true } },
  {
    name: 'vsphere',
    vsphereVolume: { volumePath: '[ds] v', fsType: 'ext4', storagePolicyName: 'p', storagePolicyID: 'i' },
  },
  { name: 'quobyte', quobyte: { registry: 'r:1', volume: 'v', readOnly: true, user: 'u', group: 'g', tenant: 't' } },
  {
    name: 'azuredisk',
    azureDisk: {
      diskName: 'd',
      diskURI: 'https://blob/d',
      cachingMode: 'None',
      fsType: 'ext4',
      readOnly: true,
      kind: 'Shared',
    },
  },
  { name: 'photon', photonPersistentDisk: { pdID: 'p', fsType: 'ext4' } },
  { name: 'portworx', portworxVolume: { volumeID: 'v', fsType: 'ext4', readOnly: true } },
  {
    name: 'scaleio',
    scaleIO: {
      gateway: 'https://g/api',
      system: 's',
      secretRef,
      sslEnabled: true,
      protectionDomain: 'p',
      storagePool: 'sp',
      storageMode: 'ThinProvisioned',
      volumeName: 'v',
      fsType: 'xfs',
      readOnly: true,
    },
  },
  {
    name: 'storageos',
    storageos: { volumeName: 'v', volumeNamespace: 'n', fsType: 'ext4', readOnly: true, secretRef },
  },
  {
    name: 'csi',
    csi: {
      driver: 'csi.example.com',
      readOnly: true,
      fsType: 'ext4',
      volumeAttributes: { a: 'b' },
      nodePublishSecretRef: secretRef,
    },
  },
  {
    name: 'ephemeral',
    ephemeral: {
      volumeClaimTemplate: {
        metadata: { labels: { a: 'b' }, annotations: { c: 'd' } },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, volumeMode: 'Block' },
      },
    },
  },
];

const reference = { name: 'secret', namespace: 'default' };
/** Every source that a PersistentVolume may have. */
export const persistentSources: readonly Record<string, unknown>[] = [
  { hostPath: { path: '/data', type: 'Directory' } },
  { nfs: { server: 's', path: '/p', readOnly: true } },
  { local: { path: '/mnt/disk', fsType: 'ext4' } },
  {
    csi: {
      driver: 'csi.example.com',
      volumeHandle: 'h',
      readOnly: true,
      fsType: 'ext4',
      volumeAttributes: { a: 'b' },
      controllerPublishSecretRef: reference,
      nodeStageSecretRef: reference,
      nodePublishSecretRef: reference,
      controllerExpandSecretRef: reference,
      nodeExpandSecretRef: reference,
    },
  },
  { gcePersistentDisk: { pdName: 'd', fsType: 'ext4', partition: 2, readOnly: true } },
  { awsElasticBlockStore: { volumeID: 'v', fsType: 'ext4', partition: 2, readOnly: true } },
  { glusterfs: { endpoints: 'e', path: 'p', readOnly: true, endpointsNamespace: 'n' } },
  { rbd: { monitors: ['m'], image: 'i', fsType: 'ext4', pool: 'p', user: 'u', keyring: 'k', secretRef: reference } },
  {
    iscsi: {
      targetPortal: '1.2.3.4:3260',
      iqn: 'iqn.2001-04.com.example:storage.disk2',
      lun: 1,
      iscsiInterface: 'default',
      portals: ['1.2.3.5'],
      chapAuthSession: true,
      secretRef: reference,
      initiatorName: 'iqn.2001-04.com.example:i',
    },
  },
  { cinder: { volumeID: 'v', fsType: 'ext4', readOnly: true, secretRef: reference } },
  { cephfs: { monitors: ['m'], path: '/p', user: 'u', secretFile: '/f', secretRef: reference, readOnly: true } },
  { fc: { wwids: ['w'], fsType: 'ext4', readOnly: true } },
  { flocker: { datasetUUID: 'u' } },
  { flexVolume: { driver: 'a/b', fsType: 'ext4', secretRef: reference, readOnly: true, options: { a: 'b' } } },
  { azureFile: { secretName: 's', shareName: 'h', readOnly: true, secretNamespace: 'n' } },
  { vsphereVolume: { volumePath: 'p', fsType: 'ext4', storagePolicyName: 'n', storagePolicyID: 'i' } },
  { quobyte: { registry: 'r:1', volume: 'v', user: 'u', group: 'g', tenant: 't' } },
  { azureDisk: { diskName: 'd', diskURI: '/subscriptions/x', cachingMode: 'ReadOnly', kind: 'Managed' } },
  { photonPersistentDisk: { pdID: 'p', fsType: 'ext4' } },
  { portworxVolume: { volumeID: 'v', fsType: 'ext4', readOnly: true } },
  { scaleIO: { gateway: 'g', system: 's', secretRef: reference, volumeName: 'v', storageMode: 'ThickProvisioned' } },
  { storageos: { volumeName: 'v', volumeNamespace: 'n', secretRef: { name: 's', namespace: 'n' } } },
];
