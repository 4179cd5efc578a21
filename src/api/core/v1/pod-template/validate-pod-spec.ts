import { type FieldError, fieldError } from '../../../../apimachinery/errors.ts';
import type { ObjectMeta } from '../../../../apimachinery/object.ts';
import { ipAddress } from '../../../../apimachinery/validation/ip.ts';
import { validateAnnotations, validateLabels } from '../../../../apimachinery/validation/metadata.ts';
import {
  dns1123Label,
  dns1123Subdomain,
  inclusiveRangeMessage,
  nameIsDns1123Subdomain,
  qualifiedName,
} from '../../../../apimachinery/validation/names.ts';
import { invalidEach, requireOneOf } from '../../../field-path.ts';
import type { PodSpec, PodTemplateSpec } from './types.ts';
import { validateContainers } from './validate-containers.ts';
import { validateDnsConfig } from './validate-dns.ts';
import { validateHostProcess, validateOs } from './validate-os.ts';
import { validatePodAnnotations, validateProfileAnnotations } from './validate-pod-annotations.ts';
import { validateResourceRequirements } from './validate-resources.ts';
import { validateAffinity, validateTolerations, validateTopologySpread } from './validate-scheduling.ts';
import { validatePodSecurityContext } from './validate-security.ts';
import { validateVolumes } from './validate-volumes.ts';

const restartPolicies = ['Always', 'OnFailure', 'Never'];
const dnsPolicies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
const preemptionPolicies = ['PreemptLowerPriority', 'Never'];
const maxInt32 = 2147483647;

/**
 * Errors of a PodSpec after defaulting, in the order of pkg/apis/core/validation. `pod` is the metadata of the pod itself, undefined in a template
 * (whose host ports may wait for defaults).
 */
export function validatePodSpec(spec: PodSpec, pod: ObjectMeta | undefined, path: string, errors: FieldError[]): void {
  const field = (name: string): string => `${path}.${name}`;
  const named = (name: 'serviceAccountName' | 'nodeName' | 'priorityClassName' | 'runtimeClassName'): void => {
    const value = spec[name];
    if (value !== undefined && (value !== '' || name === 'runtimeClassName')) {
      invalidEach(field(name), value, nameIsDns1123Subdomain(value, false), errors);
    }
  };
  if (spec.terminationGracePeriodSeconds === undefined) {
    errors.push(fieldError.required(field('terminationGracePeriodSeconds')));
  }
  const volumes = validateVolumes(spec.volumes ?? [], pod?.name ?? '', field('volumes'), errors);
  validateContainers(spec, volumes, path, errors);
  if (spec.hostNetwork === true) validateHostNetworkPorts(spec, pod !== undefined, field('containers'), errors);
  requireOneOf(field('restartPolicy'), spec.restartPolicy, restartPolicies, errors);
  requireOneOf(field('dnsPolicy'), spec.dnsPolicy, dnsPolicies, errors);
  errors.push(...validateLabels(spec.nodeSelector ?? {}, field('nodeSelector')));
  validatePodSecurityContext(spec, path, errors);
  validateAffinity(spec.affinity, field('affinity'), errors);
  validateDnsConfig(spec, field('dnsConfig'), errors);
  spec.readinessGates?.forEach(({ conditionType = '' }, index) => {
    invalidEach(
      `${field('readinessGates')}[${index}].conditionType`,
      conditionType,
      qualifiedName(conditionType),
      errors,
    );
  });
  validateSchedulingGates(spec, field('schedulingGates'), errors);
  validateTopologySpread(spec.topologySpreadConstraints ?? [], field('topologySpreadConstraints'), errors);
  validateHostProcess(spec, path, errors);
  validateUserNamespace(spec, path, errors);
  named('serviceAccountName');
  named('nodeName');
  const { activeDeadlineSeconds: deadline, hostname = '', subdomain = '' } = spec;
  if (deadline !== undefined && (deadline < 1 || deadline > maxInt32)) {
    errors.push(fieldError.invalid(field('activeDeadlineSeconds'), deadline, inclusiveRangeMessage(1, maxInt32)));
  }
  if (hostname !== '') invalidEach(field('hostname'), hostname, dns1123Label(hostname), errors);
  if (subdomain !== '') invalidEach(field('subdomain'), subdomain, dns1123Label(subdomain), errors);
  validateTolerations(spec.tolerations ?? [], field('tolerations'), errors);
  spec.hostAliases?.forEach(({ ip = '', hostnames = [] }, index) => {
    const at = `${field('hostAliases')}[${index}]`;
    invalidEach(`${at}.ip`, ip, ipAddress(ip), errors);
    hostnames.forEach((name, host) => invalidEach(`${at}.hostnames[${host}]`, name, dns1123Subdomain(name), errors));
  });
  named('priorityClassName');
  named('runtimeClassName');
  if (spec.preemptionPolicy !== undefined) {
    requireOneOf(field('preemptionPolicy'), spec.preemptionPolicy, preemptionPolicies, errors);
  }
  if (spec.overhead !== undefined) validateResourceRequirements({ limits: spec.overhead }, field('overhead'), errors);
  validateOs(spec, path, errors);
}

function validateHostNetworkPorts(spec: PodSpec, isPod: boolean, path: string, errors: FieldError[]): void {
  spec.containers?.forEach((container, index) => {
    container.ports?.forEach(({ hostPort = 0, containerPort = 0 }, port) => {
      if ((!isPod && hostPort === 0) || hostPort === containerPort) return;
      const message = 'must match `containerPort` when `hostNetwork` is true';
      errors.push(fieldError.invalid(`${path}[${index}].ports[${port}].hostPort`, hostPort, message));
    });
  });
}

function validateSchedulingGates(spec: PodSpec, path: string, errors: FieldError[]): void {
  const seen = new Set<string>();
  spec.schedulingGates?.forEach(({ name = '' }, index) => {
    invalidEach(`${path}[${index}]`, name, qualifiedName(name), errors);
    if (seen.has(name)) errors.push(fieldError.duplicate(`${path}[${index}]`, name));
    seen.add(name);
  });
}

/** A pod with a user namespace of its own cannot share the host's other namespaces. */
function validateUserNamespace(spec: PodSpec, path: string, errors: FieldError[]): void {
  if (spec.hostUsers !== false) return;
  const message = 'when `pod.Spec.HostUsers` is false';
  if (spec.hostNetwork === true) errors.push(fieldError.forbidden(`${path}.hostNetwork`, message));
  if (spec.hostPID === true) errors.push(fieldError.forbidden(`${path}.HostPID`, message));
  if (spec.hostIPC === true) errors.push(fieldError.forbidden(`${path}.HostIPC`, message));
}

/** Errors of a pod template, whatever kind has it. */
export function validatePodTemplate(template: PodTemplateSpec, path: string, errors: FieldError[]): void {
  const { metadata = {}, spec = {} } = template;
  const { annotations = {} } = metadata;
  errors.push(...validateLabels(metadata.labels ?? {}, `${path}.labels`));
  errors.push(...validateAnnotations(annotations, `${path}.annotations`));
  validatePodAnnotations(annotations, spec, `${path}.annotations`, errors);
  validatePodSpec(spec, undefined, `${path}.spec`, errors);
  validateProfileAnnotations(annotations, spec, `${path}.spec`, errors);
  if ((spec.ephemeralContainers ?? []).length > 0) {
    const message = 'ephemeral containers not allowed in pod template';
    errors.push(fieldError.forbidden(`${path}.spec.ephemeralContainers`, message));
  }
}
