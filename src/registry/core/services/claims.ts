import { randomUUID } from 'node:crypto';
import { type IPAddress, ipAddressResource } from '../../../api/networking.k8s.io/v1/ipaddress-types.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { structField, textField } from '../../generic/object-fields.ts';
import type { AllocatorOptions } from './allocator.ts';
import { ipv4Number, ipv4Text } from './ranges.ts';

type Claims = Pick<AllocatorOptions, 'resource' | 'nameOf' | 'numberOf' | 'claim' | 'isClaimOf'>;

const apiVersion = 'networking.k8s.io/v1';
const labels = {
  'ipaddress.kubernetes.io/ip-family': 'IPv4',
  'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
};
const fields = {
  'f:metadata': {
    'f:labels': {
      '.': {},
      'f:ipaddress.kubernetes.io/ip-family': {},
      'f:ipaddress.kubernetes.io/managed-by': {},
    },
  },
  'f:spec': { 'f:parentRef': { '.': {}, 'f:name': {}, 'f:namespace': {}, 'f:resource': {} } },
};

/** An address is a Service's by its IPAddress, which everybody can see; one that somebody has made keeps the address from Services. */
export const addressClaims: Claims = {
  resource: ipAddressResource,
  nameOf: ipv4Text,
  numberOf: ipv4Number,
  claim(name, { metadata }, now): KubeObject {
    const { namespace = '', name: parent = '' } = metadata;
    const written = { manager: 'kube-apiserver', operation: 'Update', apiVersion, time: now };
    return {
      kind: 'IPAddress',
      apiVersion,
      metadata: {
        name,
        uid: randomUUID(),
        creationTimestamp: now,
        labels,
        managedFields: [{ ...written, fieldsType: 'FieldsV1', fieldsV1: fields }],
      },
      spec: { parentRef: { resource: 'services', namespace, name: parent } },
    } as KubeObject;
  },
  isClaimOf: (object, { metadata }) => {
    const { group = '', resource, namespace, name } = (object as IPAddress).spec?.parentRef ?? {};
    return group === '' && resource === 'services' && namespace === metadata.namespace && name === metadata.name;
  },
};

/** A node port is a Service's by an object that no API serves: stock shows none either. */
export const nodePortClaims: Claims = {
  resource: 'servicenodeports.internal.atoll.dev',
  nameOf: String,
  numberOf: Number,
  claim(name, { metadata }, now) {
    const { namespace = '', name: service = '', uid = '' } = metadata;
    return {
      kind: 'ServiceNodePort',
      apiVersion: 'internal.atoll.dev/v1',
      metadata: { name, uid: randomUUID(), creationTimestamp: now },
      spec: { namespace, name: service, uid },
    };
  },
  isClaimOf: (object, { metadata }) => textField(structField(object, 'spec'), 'uid') === metadata.uid,
};
