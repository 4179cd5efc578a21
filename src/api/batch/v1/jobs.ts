import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { goLabelSelector, goStringMap } from '../../../apimachinery/go-syntax.ts';
import { deepEqual, type Json, type JsonObject } from '../../../apimachinery/json.ts';
import { labelSelectorFromObject, matchesLabels } from '../../../apimachinery/labels.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, humanDuration, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { validateLabelSelector } from '../../../apimachinery/validation/label-selector.ts';
import { selectorText, validateSelectorUnchanged, warnOfName } from '../../apps/v1/workload.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { containersCells, containersColumn, imagesColumn } from '../../core/v1/pod-template/containers-cells.ts';
import { dropGatedPodFields } from '../../core/v1/pod-template/gated-fields.ts';
import { warnOfPodTemplate } from '../../core/v1/pod-template/warnings.ts';
import { immutableMessage, requireUnchanged } from '../../field-path.ts';
import type { PodTemplateSpec } from '../../core/v1/pod-template/types.ts';
import { goFailurePolicy, goSuccessPolicy } from './validate-job-policies.ts';
import { defaultJobSpec, type JobSpec, validateJobSpec } from './job-spec.ts';

type JobStatus = {
  startTime?: string;
  completionTime?: string;
  succeeded?: number;
  conditions?: { type?: string; status?: string }[];
};

type Job = KubeObject & { spec?: JobSpec; status?: JobStatus };

const uidLabel = 'batch.kubernetes.io/controller-uid';
const nameLabel = 'batch.kubernetes.io/job-name';

function applyDefaults(object: KubeObject): void {
  const job = object as Job;
  defaultLabels(job);
  defaultJobSpec((job.spec ??= {}));
}

/** A job without labels has those of its pods: the same map, so that those which the server adds to the pods' come to the job, too, as upstream. */
function defaultLabels({ metadata, spec }: Job): void {
  const labels = spec?.template?.metadata?.labels;
  if (labels !== undefined && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = labels;
}

/** Labels the pods with the job's name and uid and selects them by uid, unless the client manages the selector. */
function generateSelector(job: Job): void {
  const spec = (job.spec ??= {});
  if (spec.manualSelector === true) return;
  const { name = '', uid = '' } = job.metadata;
  const template = (spec.template ??= {});
  const labels = ((template.metadata ??= {}).labels ??= {});
  labels['job-name'] ??= name;
  labels[nameLabel] ??= name;
  labels['controller-uid'] ??= uid;
  labels[uidLabel] ??= uid;
  const matchLabels = ((spec.selector ??= {}).matchLabels ??= {});
  matchLabels[uidLabel] ??= uid;
  defaultLabels(job);
  if (job.metadata.labels === labels) job.metadata.labels = { ...labels };
}

function validate(object: KubeObject): FieldError[] {
  const { spec = {} } = object as Job;
  const { selector } = spec;
  const errors: FieldError[] = [];
  validateJobSpec(spec, 'spec', errors);
  if (selector === undefined) errors.push(fieldError.required('spec.selector'));
  const found = validateLabelSelector(selector, 'spec.selector');
  errors.push(...found);
  const labels = spec.template?.metadata?.labels;
  if (found.length === 0 && !matchesLabels(labelSelectorFromObject(selector), labels)) {
    const message = '`selector` does not match template `labels`';
    errors.push(fieldError.invalid('spec.template.metadata.labels', goSyntax(goStringMap(labels)), message));
  }
  return errors;
}

/** A generated selector must be the one that the server generates. Jobs older than the prefixed labels do without them. */
function validateGenerated(object: KubeObject, prefixed = true): FieldError[] {
  const { metadata, spec = {} } = object as Job;
  if (spec.manualSelector === true || spec.selector === undefined) return [];
  const errors: FieldError[] = [];
  const labels = spec.template?.metadata?.labels ?? {};
  const expected: Record<string, string> = {
    'controller-uid': metadata.uid ?? '',
    'job-name': metadata.name ?? '',
    ...(prefixed ? { [uidLabel]: metadata.uid ?? '', [nameLabel]: metadata.name ?? '' } : {}),
  };
  for (const [key, value] of Object.entries(expected)) {
    if (labels[key] === value) continue;
    const path = `spec.template.metadata.labels[${key}]`;
    const detail = `must be '${value}'`;
    errors.push(
      Object.hasOwn(labels, key)
        ? fieldError.invalid(path, goSyntax(goStringMap(labels)), detail)
        : fieldError.required(path, detail),
    );
  }
  if (!matchesLabels(labelSelectorFromObject(spec.selector), expected)) {
    const message = '`selector` not auto-generated';
    errors.push(fieldError.invalid('spec.selector', goSyntax(goLabelSelector(spec.selector)), message));
  }
  return errors;
}

/** While a job is suspended and has not begun, where its pods run may still change. */
function validateUpdate(object: KubeObject, before: KubeObject): FieldError[] {
  const { spec = {} } = object as Job;
  const { spec: old = {}, status: oldStatus = {} } = before as Job;
  const oldLabels = old.template?.metadata?.labels ?? {};
  const errors = validateGenerated(object, Object.hasOwn(oldLabels, nameLabel) && Object.hasOwn(oldLabels, uidLabel));
  const { completions } = spec;
  if (spec.completionMode !== 'Indexed')
    requireUnchanged('spec.completions', completions ?? null, old.completions ?? null, errors);
  else if (completions !== undefined && completions !== old.completions && completions !== spec.parallelism) {
    const message = 'can only be modified in tandem with spec.parallelism';
    errors.push(fieldError.invalid('spec.completions', completions, message));
  }
  errors.push(...validateSelectorUnchanged(object, before));
  const waits = old.suspend === true && oldStatus.startTime === undefined;
  const template = waits ? withSchedulingOf(spec.template ?? {}, old.template ?? {}) : old.template;
  if (!deepEqual(spec.template as Json, template as Json)) {
    errors.push(fieldError.invalid('spec.template', (spec.template ?? {}) as Json, immutableMessage));
  }
  requireUnchanged('spec.completionMode', spec.completionMode, old.completionMode, errors);
  for (const field of ['podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'] as const) {
    const shown = spec[field] === undefined ? undefined : shownPolicies[field]?.(spec);
    requireUnchanged(`spec.${field}`, (spec[field] ?? null) as Json, (old[field] ?? null) as Json, errors, shown);
  }
  return errors;
}

const shownPolicies: Readonly<Record<string, (spec: JobSpec) => string>> = {
  podFailurePolicy: goFailurePolicy,
  successPolicy: goSuccessPolicy,
};

/** The old template with what a job that waits may still change: where its pods run, and how they are marked. */
function withSchedulingOf(template: PodTemplateSpec, old: PodTemplateSpec): PodTemplateSpec {
  const { affinity, nodeSelector, tolerations, schedulingGates } = template.spec ?? {};
  const kept = { ...old.spec?.affinity };
  if (affinity?.nodeAffinity === undefined) delete kept.nodeAffinity;
  else kept.nodeAffinity = affinity.nodeAffinity;
  const whole: JsonObject = {
    ...(old.spec as JsonObject),
    nodeSelector,
    tolerations,
    schedulingGates,
    affinity: affinity === undefined && Object.keys(kept).length === 0 ? undefined : kept,
  } as JsonObject;
  for (const [name, value] of Object.entries(whole)) if (value === undefined) delete whole[name];
  const metadata = { ...old.metadata, labels: template.metadata?.labels, annotations: template.metadata?.annotations };
  for (const name of ['labels', 'annotations'] as const) if (metadata[name] === undefined) delete metadata[name];
  const result = { ...old, metadata, spec: whole } as PodTemplateSpec;
  if (template.metadata === undefined && Object.keys(metadata).length === 0) delete result.metadata;
  return result;
}

function statusCell({ metadata, status = {} }: Job): string {
  const is = (type: string): boolean =>
    status.conditions?.some((condition) => condition.type === type && condition.status === 'True') === true;
  if (is('Complete')) return 'Complete';
  if (is('Failed')) return 'Failed';
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  if (is('Suspended')) return 'Suspended';
  return is('FailureTarget') ? 'FailureTarget' : 'Running';
}

function completionsCell({ spec = {}, status = {} }: Job): string {
  const succeeded = status.succeeded ?? 0;
  const { completions, parallelism = 0 } = spec;
  if (completions !== undefined) return `${succeeded}/${completions}`;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationCell({ status = {} }: Job, now: Date): string {
  if (status.startTime === undefined) return '';
  const end = status.completionTime === undefined ? now.getTime() : Date.parse(status.completionTime);
  return humanDuration(Date.parse(status.startTime), end);
}

export const jobs = builtinResource({
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  resource: 'jobs',
  categories: ['all'],
  scope: 'Namespaced',
  table: {
    columns: [
      nameColumn,
      stringColumn('Status', 'How the job is, in one word.'),
      stringColumn('Completions', 'How many of its pods have succeeded.'),
      stringColumn('Duration', 'How long it took, or has been running.'),
      ageColumn,
      containersColumn,
      imagesColumn,
      stringColumn('Selector', 'Which pods belong to it.', 1),
    ],
    cells: (object, now) => {
      const job = object as Job;
      return [
        object.metadata.name ?? '',
        statusCell(job),
        completionsCell(job),
        durationCell(job, now),
        ageCell(object, now),
        ...containersCells(job.spec?.template),
        selectorText(job.spec?.selector) || '<none>',
      ];
    },
  },
  strategy: {
    generation: 'spec',
    repeatsErrors: true,
    allowUnconditionalUpdate: true,
    defaultPropagation: 'Orphan',
    deletionWarning:
      'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
    applyDefaults,
    prepareForCreate(object) {
      const job = object as Job;
      generateSelector(job);
      job.status = {};
      dropGatedPodFields(job.spec?.template?.spec);
    },
    prepareForUpdate: (object) => dropGatedPodFields((object as Job).spec?.template?.spec),
    validate,
    validateCreate: (object) => validateGenerated(object),
    validateUpdate,
    warn(object, old, ctx) {
      if (old === undefined) warnOfName(object, 'this is used in Pod names and hostnames', ctx);
      else if (object.metadata.generation === old.metadata.generation) return;
      warnOfPodTemplate((object as Job).spec?.template, 'spec.template', ctx);
    },
  },
  status: {},
  fieldSelectors: { 'status.successful': (object) => String((object as Job).status?.succeeded ?? 0) },
});
