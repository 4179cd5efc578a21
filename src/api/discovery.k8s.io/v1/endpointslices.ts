import { fieldError } from '../../../apimachinery/errors.ts';
import { deepEqual, type Json } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { immutableMessage } from '../../field-path.ts';
import type { StrategyContext } from '../../resource-definition.ts';
import { warnOfIp } from '../../core/v1/pod-template/warnings.ts';
import { type EndpointSlice, validateEndpointSlice } from './validate-endpoint-slice.ts';

const shown = 3;

function applyDefaults(object: KubeObject): void {
  for (const port of (object as EndpointSlice).ports ?? []) {
    port.name ??= '';
    port.protocol ??= 'TCP';
  }
}

/** Written by v1beta1 only: nodes are named by `nodeName` now. */
function dropTopology(object: KubeObject, old?: KubeObject): void {
  const { endpoints = [] } = object as EndpointSlice;
  const known = (old as EndpointSlice | undefined)?.endpoints;
  if (known !== undefined && deepEqual(known as Json, endpoints as Json)) return;
  const dropsNodes = known?.some(({ hints }) => hints?.forNodes !== undefined) !== true;
  for (const endpoint of endpoints) {
    delete endpoint.deprecatedTopology;
    // The feature is off by default in 1.33.
    if (dropsNodes && endpoint.hints !== undefined) delete endpoint.hints.forNodes;
  }
}

const knownManagers = new Set(['endpointslice-controller.k8s.io', 'endpointslicemirroring-controller.k8s.io']);

function warn(object: KubeObject, old: KubeObject | undefined, ctx: StrategyContext): void {
  const { addressType, endpoints = [], metadata } = object as EndpointSlice;
  if (old === undefined && addressType === 'FQDN') ctx.warn('spec.addressType: FQDN endpoints are deprecated');
  if (knownManagers.has(metadata.labels?.['endpointslice.kubernetes.io/managed-by'] ?? '')) return;
  endpoints.forEach(({ addresses }, index) =>
    addresses?.forEach((address, at) => warnOfIp(address, `endpoints[${index}].addresses[${at}]`, ctx)),
  );
}

function listCell(values: readonly string[]): string {
  if (values.length === 0) return '<unset>';
  const text = values.slice(0, shown).join(',');
  return values.length > shown ? `${text} + ${values.length - shown} more...` : text;
}

export const endpointSlices = builtinResource({
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  resource: 'endpointslices',
  scope: 'Namespaced',
  table: {
    columns: [
      nameColumn,
      stringColumn('AddressType', 'The kind of addresses.'),
      stringColumn('Ports', 'The ports of each endpoint.'),
      stringColumn('Endpoints', 'The addresses behind the service.'),
      ageColumn,
    ],
    cells: (object, now) => {
      const { addressType = '', endpoints = [], ports = [] } = object as EndpointSlice;
      return [
        object.metadata.name ?? '',
        addressType,
        listCell(ports.map(({ port, name = '*' }) => (port === undefined ? name : String(port)))),
        listCell(endpoints.flatMap(({ addresses = [] }) => addresses)),
        ageCell(object, now),
      ];
    },
  },
  strategy: {
    generation: 'spec',
    allowUnconditionalUpdate: true,
    applyDefaults,
    prepareForCreate: (object) => dropTopology(object),
    prepareForUpdate: dropTopology,
    validate: validateEndpointSlice,
    warn,
    validateUpdate(object, old) {
      const { addressType = '' } = object as EndpointSlice;
      if (addressType === (old as EndpointSlice).addressType) return [];
      return [fieldError.invalid('addressType', addressType, immutableMessage)];
    },
  },
});
