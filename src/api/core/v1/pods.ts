import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { formatTime } from '../../../apimachinery/object.ts';
import { podConnections } from '../../connect.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { builtinSchema } from '../../builtin-types.ts';
import type { StrategyContext } from '../../resource-definition.ts';
import { warnOfName } from '../../apps/v1/workload.ts';
import type { Pod, PodStatus } from './pod-status.ts';
import { prepareEphemeralContainers, validateEphemeralContainers } from './pod-ephemeral-containers.ts';
import { prepareResize, validateResize } from './pod-resize.ts';
import { podTable } from './pods-table.ts';
import { agreeOnAppArmor } from './pod-template/app-armor.ts';
import { defaultPod, defaultPodSpec } from './pod-template/defaults.ts';
import { dropGatedPodFields, dropGatedPodStatus } from './pod-template/gated-fields.ts';
import { applyLabelKeys } from './pod-template/label-keys.ts';
import { podQosClass } from './pod-template/qos.ts';
import { validateImageSpacing } from './pod-template/validate-containers.ts';
import { validatePodAnnotations, validateProfileAnnotations } from './pod-template/validate-pod-annotations.ts';
import { validatePodSpec } from './pod-template/validate-pod-spec.ts';
import { warnOfPodTemplate } from './pod-template/warnings.ts';
import { validatePodStatusUpdate } from './validate-pod-status.ts';
import { validatePodUpdate } from './validate-pod-update.ts';

function applyDefaults(object: KubeObject): void {
  const pod = object as Pod;
  const spec = (pod.spec ??= {});
  defaultPod(spec);
  defaultPodSpec(spec);
  if (pod.status !== undefined) agreeOnAddresses(pod.status);
}

/** `podIP` is the first of `podIPs`. A writer that knows only the one, or changed only the one, means it (stock's conversion of PodStatus). */
function agreeOnAddresses(status: PodStatus): void {
  const first = status.podIPs?.[0];
  if ((status.podIP ?? '') !== '') {
    if (first?.ip !== status.podIP) status.podIPs = [{ ip: status.podIP as string }];
  } else if (first?.ip !== undefined) status.podIP = first.ip;
}

/** A new pod is pending, whatever the client says. */
function prepareForCreate(object: KubeObject, ctx: StrategyContext): void {
  const pod = object as Pod;
  const spec = (pod.spec ??= {});
  dropGatedPodFields(spec);
  pod.status = { phase: 'Pending', qosClass: podQosClass(spec) };
  if ((spec.schedulingGates?.length ?? 0) > 0) {
    pod.status.conditions = [
      {
        type: 'PodScheduled',
        status: 'False',
        lastTransitionTime: formatTime(ctx.now),
        reason: 'SchedulingGated',
        message: 'Scheduling is blocked due to non-empty scheduling gates',
      },
    ];
  }
  applyLabelKeys(spec.affinity, pod.metadata.labels ?? {});
  agreeOnAppArmor(pod.metadata, spec, ctx);
}

function warn(object: KubeObject, old: KubeObject | undefined, ctx: StrategyContext): void {
  if (old !== undefined) return;
  warnOfName(object, "this is used in the Pod's hostname", ctx);
  warnOfPodTemplate(object as Pod, '', ctx);
}

function validate(object: KubeObject): FieldError[] {
  const { metadata, spec = {} } = object as Pod;
  const errors: FieldError[] = [];
  validatePodAnnotations(metadata.annotations ?? {}, spec, 'metadata.annotations', errors);
  validatePodSpec(spec, metadata, 'spec', errors);
  if ((spec.serviceAccountName ?? '') === '') {
    spec.volumes?.forEach(({ projected }, index) => {
      projected?.sources?.forEach(({ serviceAccountToken }, source) => {
        if (serviceAccountToken === undefined) return;
        const path = `spec.volumes[${index}].projected.sources[${source}].serviceAccountToken`;
        errors.push(fieldError.forbidden(path, 'must not be specified when serviceAccountName is not set'));
      });
    });
  }
  for (const field of ['containers', 'initContainers'] as const) {
    spec[field]?.forEach((container, index) => validateImageSpacing(container, `spec.${field}[${index}]`, errors));
  }
  return errors;
}

function validateCreate(object: KubeObject): FieldError[] {
  const { metadata, spec = {} } = object as Pod;
  const errors: FieldError[] = [];
  if ((spec.ephemeralContainers?.length ?? 0) > 0) {
    errors.push(fieldError.forbidden('spec.ephemeralContainers', 'cannot be set on create'));
  }
  if ((spec.nodeName ?? '') !== '' && (spec.schedulingGates?.length ?? 0) > 0) {
    const message = 'cannot be set until all schedulingGates have been cleared';
    errors.push(fieldError.forbidden('spec.nodeName', message));
  }
  validateProfileAnnotations(metadata.annotations ?? {}, spec, 'spec', errors);
  return errors;
}

function prepareStatus(object: KubeObject, before: KubeObject): void {
  const pod = object as Pod;
  const old = before as Pod;
  if (old.metadata.ownerReferences === undefined) delete pod.metadata.ownerReferences;
  else pod.metadata.ownerReferences = old.metadata.ownerReferences;
  const qosClass = pod.status?.qosClass || old.status?.qosClass;
  if (pod.status !== undefined && qosClass !== undefined) pod.status.qosClass = qosClass;
  dropGatedPodStatus(pod.status);
}

const podKind = { group: '', version: 'v1', kind: 'Pod' };
const fieldsBut = new Map<string, readonly string[]>();

/** Everything in a pod but some fields of its spec. */
function allBut(fields: readonly string[]): readonly string[] {
  const key = fields.join();
  let others = fieldsBut.get(key);
  if (others === undefined) {
    const names = [...builtinSchema('io.k8s.api.core.v1.PodSpec').fields.keys()];
    others = ['metadata', 'status', ...names.filter((name) => !fields.includes(name)).map((name) => `spec.${name}`)];
    fieldsBut.set(key, others);
  }
  return others;
}

export const pods = builtinResource({
  group: '',
  version: 'v1',
  kind: 'Pod',
  resource: 'pods',
  shortNames: ['po'],
  categories: ['all'],
  scope: 'Namespaced',
  table: podTable,
  strategy: {
    generation: 'spec',
    allowUnconditionalUpdate: true,
    returnDeletedObject: true,
    applyDefaults,
    prepareForCreate,
    prepareForUpdate: (object) => dropGatedPodFields((object as Pod).spec),
    validate,
    validateCreate,
    validateUpdate: validatePodUpdate,
    warn,
  },
  status: { prepareForUpdate: prepareStatus, validateUpdate: validatePodStatusUpdate },
  subresources: {
    ephemeralcontainers: {
      kind: podKind,
      verbs: ['get', 'patch', 'update'],
      part: {
        get resetFields() {
          return allBut(['ephemeralContainers']);
        },
        prepareForUpdate: prepareEphemeralContainers,
        validateUpdate: (object, old) => validateEphemeralContainers(object, old, validate),
      },
    },
    resize: {
      kind: podKind,
      verbs: ['get', 'patch', 'update'],
      part: {
        get resetFields() {
          return allBut(['containers', 'initContainers']);
        },
        prepareForUpdate: prepareResize,
        validateUpdate: (object, old) => validateResize(object, old, validate),
      },
    },
    binding: { kind: { group: '', version: 'v1', kind: 'Binding' }, verbs: ['create'] },
    eviction: { kind: { group: 'policy', version: 'v1', kind: 'Eviction' }, verbs: ['create'] },
    ...podConnections,
  },
  fieldSelectors: {
    'spec.nodeName': (object) => (object as Pod).spec?.nodeName ?? '',
    'spec.restartPolicy': (object) => (object as Pod).spec?.restartPolicy ?? '',
    'spec.schedulerName': (object) => (object as Pod).spec?.schedulerName ?? '',
    'spec.serviceAccountName': (object) => (object as Pod).spec?.serviceAccountName ?? '',
    'spec.hostNetwork': (object) => String((object as Pod).spec?.hostNetwork ?? false),
    'status.phase': (object) => (object as Pod).status?.phase ?? '',
    'status.podIP': (object) => (object as Pod).status?.podIPs?.[0]?.ip ?? '',
    // Stock takes the label, but its pods have no such field.
    'status.podIPs': () => '',
    'status.nominatedNodeName': (object) => (object as Pod).status?.nominatedNodeName ?? '',
  },
});
