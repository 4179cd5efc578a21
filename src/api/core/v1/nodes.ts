import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, nameColumn, stringColumn, unknownTime } from '../../../apimachinery/table.ts';
import { proxySubresource } from '../../connect.ts';
import { builtinResource } from '../../builtin-resource.ts';

type Node = KubeObject & {
  spec?: { unschedulable?: boolean; podCIDR?: string; podCIDRs?: string[]; providerID?: string };
  status?: {
    capacity?: Record<string, string>;
    allocatable?: Record<string, string>;
    conditions?: { type?: string; status?: string }[];
    addresses?: { type?: string; address?: string }[];
    nodeInfo?: {
      kubeletVersion?: string;
      osImage?: string;
      kernelVersion?: string;
      containerRuntimeVersion?: string;
    };
  };
};

const rolePrefix = 'node-role.kubernetes.io/';
const roleLabel = 'kubernetes.io/role';

function applyDefaults(object: KubeObject): void {
  const { spec, status } = object as Node;
  if (spec?.podCIDR && (spec.podCIDRs ?? []).length === 0) spec.podCIDRs = [spec.podCIDR];
  if (status?.capacity !== undefined) status.allocatable ??= { ...status.capacity };
}

/** What was once assigned to a node stays (ValidateNodeUpdate). */
function validateUpdate(object: KubeObject, before: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const { spec = {} } = object as Node;
  const { spec: old = {} } = before as Node;
  const { podCIDRs = [] } = old;
  const refuse = (): void => {
    errors.push(fieldError.forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'));
  };
  if (podCIDRs.length > 0) {
    if (podCIDRs.length !== (spec.podCIDRs ?? []).length) refuse();
    else podCIDRs.forEach((range, index) => range !== spec.podCIDRs?.[index] && refuse());
  }
  if ((old.providerID ?? '') !== '' && old.providerID !== spec.providerID)
    errors.push(
      fieldError.forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid'),
    );
  return errors;
}

function statusCell({ spec = {}, status = {} }: Node): string {
  const ready = status.conditions?.findLast(({ type }) => type === 'Ready');
  const word = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return spec.unschedulable === true ? `${word},SchedulingDisabled` : word;
}

function rolesCell(node: Node): string {
  const roles = new Set<string>();
  for (const [label, value] of Object.entries(node.metadata.labels ?? {})) {
    if (label.startsWith(rolePrefix)) roles.add(label.slice(rolePrefix.length));
    else if (label === roleLabel) roles.add(value);
  }
  roles.delete('');
  return [...roles].toSorted().join(',') || '<none>';
}

function addressCell(node: Node, type: string): string {
  return node.status?.addresses?.find((address) => address.type === type)?.address ?? '<none>';
}

export const nodes = builtinResource({
  group: '',
  version: 'v1',
  kind: 'Node',
  resource: 'nodes',
  shortNames: ['no'],
  scope: 'Cluster',
  table: {
    columns: [
      nameColumn,
      stringColumn('Status', 'Whether the node is ready.'),
      stringColumn('Roles', 'What the node is for.'),
      ageColumn,
      stringColumn('Version', 'The version of its kubelet.'),
      stringColumn('Internal-IP', 'Its address inside the cluster.', 1),
      stringColumn('External-IP', 'Its address outside the cluster.', 1),
      stringColumn('OS-Image', 'Its operating system.', 1),
      stringColumn('Kernel-Version', 'The version of its kernel.', 1),
      stringColumn('Container-Runtime', 'What runs its containers.', 1),
    ],
    cells: (object, now) => {
      const node = object as Node;
      const info = node.status?.nodeInfo ?? {};
      return [
        object.metadata.name ?? '',
        statusCell(node),
        rolesCell(node),
        ageCell(object, now),
        info.kubeletVersion ?? '',
        addressCell(node, 'InternalIP'),
        addressCell(node, 'ExternalIP'),
        info.osImage || unknownTime,
        info.kernelVersion || unknownTime,
        info.containerRuntimeVersion || unknownTime,
      ];
    },
  },
  strategy: { generation: 'none', allowUnconditionalUpdate: true, applyDefaults, validateUpdate },
  status: {},
  subresources: { proxy: proxySubresource('Node') },
  fieldSelectors: {
    'spec.unschedulable': (object) => String((object as Node).spec?.unschedulable ?? false),
  },
});
