import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { goStringSlice } from '../../../apimachinery/go-syntax.ts';
import type { Json } from '../../../apimachinery/json.ts';
import { cidrMessage, isCidr } from '../../../apimachinery/validation/ip.ts';
import { type Taint, validateTaints } from './validate-taints.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, nameColumn, stringColumn, unknownTime } from '../../../apimachinery/table.ts';
import { proxySubresource } from '../../connect.ts';
import { builtinResource } from '../../builtin-resource.ts';

type Node = KubeObject & {
  spec?: {
    unschedulable?: boolean;
    podCIDR?: string;
    podCIDRs?: string[];
    providerID?: string;
    externalID?: string;
    taints?: Taint[];
    configSource?: Json;
  };
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
  agreeOnRanges(spec);
  if (status?.capacity !== undefined) status.allocatable ??= { ...status.capacity };
}

/** `podCIDR` is the first of `podCIDRs`. A writer that knows only the one, or changed only the one, means it (stock's conversion of NodeSpec). */
function agreeOnRanges(spec: Node['spec']): void {
  if (spec === undefined) return;
  const { podCIDR = '', podCIDRs } = spec;
  if (podCIDR !== '') {
    if (podCIDRs?.[0] !== podCIDR) spec.podCIDRs = [podCIDR];
  } else if (podCIDRs?.[0] !== undefined && podCIDRs[0] !== '') [spec.podCIDR] = podCIDRs;
}

function validate(object: KubeObject): FieldError[] {
  const { spec = {} } = object as Node;
  const errors: FieldError[] = [];
  if (spec.taints !== undefined) validateTaints(spec.taints, 'metadata.taints', errors);
  const { podCIDRs = [] } = spec;
  podCIDRs.forEach((range, index) => {
    if (!isCidr(range)) errors.push(fieldError.invalid(`spec.podCIDRs[${index}]`, range, cidrMessage));
  });
  if (podCIDRs.length > 1) {
    const families = new Set(podCIDRs.map((range) => range.includes(':')));
    const broken = podCIDRs.find((range) => !isCidr(range));
    if (broken !== undefined) {
      const detail = `invalid PodCIDRs. failed to check with dual stack with error:invalid CIDR[${podCIDRs.indexOf(broken)}]: <nil> (invalid CIDR address: ${broken})`;
      errors.push({ type: 'InternalError', field: 'spec.podCIDRs', detail });
    }
    if (broken !== undefined || families.size < 2 || podCIDRs.length > 2) {
      const message = 'may specify no more than one CIDR for each IP family';
      errors.push(fieldError.invalid('spec.podCIDRs', goSyntax(goStringSlice(podCIDRs)), message));
    }
  }
  return errors;
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
  if (spec.taints !== undefined) validateTaints(spec.taints, 'metadata.taints', errors);
  if ((spec.externalID ?? '') !== (old.externalID ?? ''))
    errors.push(fieldError.forbidden('spec.externalID', 'may not be updated'));
  return errors;
}

/** Dynamic configuration of kubelets is gone. */
function dropConfigSource(object: KubeObject): void {
  delete (object as Node).spec?.configSource;
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
  strategy: {
    generation: 'none',
    allowUnconditionalUpdate: true,
    applyDefaults,
    prepareForCreate: dropConfigSource,
    prepareForUpdate: dropConfigSource,
    validate,
    validateUpdate,
  },
  status: {},
  subresources: { proxy: proxySubresource('Node') },
  fieldSelectors: {
    'spec.unschedulable': (object) => String((object as Node).spec?.unschedulable ?? false),
  },
});
