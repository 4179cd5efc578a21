import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { goLabelSelector } from '../../../apimachinery/go-syntax.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import {
  ageCell,
  ageColumn,
  booleanColumn,
  integerColumn,
  nameColumn,
  sinceCell,
  stringColumn,
} from '../../../apimachinery/table.ts';
import { selectorText, warnOfName } from '../../apps/v1/workload.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { containersCells, containersColumn, imagesColumn } from '../../core/v1/pod-template/containers-cells.ts';
import { dropGatedPodFields } from '../../core/v1/pod-template/gated-fields.ts';
import { warnOfPodTemplate } from '../../core/v1/pod-template/warnings.ts';
import { requireNonNegative, requireOneOf } from '../../field-path.ts';
import { cronProblem } from './cron-schedule.ts';
import { defaultJobSpec, type JobSpec, validateJobSpec } from './job-spec.ts';

type CronJob = KubeObject & {
  spec?: {
    schedule?: string;
    timeZone?: string;
    startingDeadlineSeconds?: number;
    concurrencyPolicy?: string;
    suspend?: boolean;
    jobTemplate?: { spec?: JobSpec };
    successfulJobsHistoryLimit?: number;
    failedJobsHistoryLimit?: number;
  };
  status?: { active?: unknown[]; lastScheduleTime?: string };
};

/** Jobs get a suffix of 11 characters, and their names become labels. */
const longestName = 52;

function applyDefaults(object: KubeObject): void {
  const spec = ((object as CronJob).spec ??= {});
  if (!spec.concurrencyPolicy) spec.concurrencyPolicy = 'Allow';
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= 3;
  spec.failedJobsHistoryLimit ??= 1;
  const job = ((spec.jobTemplate ??= {}).spec ??= {});
  // A template takes the defaults of its pods only; the rest is for the jobs made from it.
  const { template = {} } = job;
  const whole: JobSpec = { template };
  defaultJobSpec(whole);
  job.template = template;
}

function validate(object: KubeObject): FieldError[] {
  const { spec = {} } = object as CronJob;
  const { schedule = '', timeZone } = spec;
  const errors: FieldError[] = [];
  if (schedule === '') errors.push(fieldError.required('spec.schedule'));
  else {
    const problem = cronProblem(schedule);
    if (problem !== undefined) errors.push(fieldError.invalid('spec.schedule', schedule, problem));
    if (schedule.includes('TZ')) {
      const message = 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead';
      errors.push(fieldError.invalid('spec.schedule', schedule, message));
    }
  }
  requireNonNegative('spec.startingDeadlineSeconds', spec.startingDeadlineSeconds, errors);
  if (timeZone !== undefined) validateTimeZone(timeZone, errors);
  requireOneOf('spec.concurrencyPolicy', spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace'], errors);
  const job = spec.jobTemplate?.spec ?? {};
  validateJobSpec(job, 'spec.jobTemplate.spec', errors);
  if (job.selector !== undefined) {
    const shown = goSyntax(goLabelSelector(job.selector));
    errors.push(fieldError.invalid('spec.jobTemplate.spec.selector', shown, '`selector` will be auto-generated'));
  }
  if (job.manualSelector === true) {
    errors.push(fieldError.notSupported('spec.jobTemplate.spec.manualSelector', true, ['nil', 'false']));
  }
  requireNonNegative('spec.successfulJobsHistoryLimit', spec.successfulJobsHistoryLimit, errors);
  requireNonNegative('spec.failedJobsHistoryLimit', spec.failedJobsHistoryLimit, errors);
  return errors;
}

function validateTimeZone(zone: string, errors: FieldError[]): void {
  const refuse = (message: string): void => {
    errors.push(fieldError.invalid('spec.timeZone', zone, message));
  };
  if (zone === '') refuse('timeZone must be nil or non-empty string');
  else if (zone.length > 255 || !/^[A-Za-z0-9_+][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+][A-Za-z0-9_+-]*)*$/.test(zone)) {
    refuse(`unknown time zone ${zone}`);
  } else if (zone.toLowerCase() === 'local') {
    refuse('timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones');
  } else if (!isTimeZone(zone)) refuse(`unknown time zone ${zone}`);
}

function isTimeZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

export const cronJobs = builtinResource({
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  resource: 'cronjobs',
  shortNames: ['cj'],
  categories: ['all'],
  scope: 'Namespaced',
  table: {
    columns: [
      nameColumn,
      stringColumn('Schedule', 'When jobs begin.'),
      stringColumn('Timezone', 'The time zone of the schedule.'),
      booleanColumn('Suspend', 'Whether no more jobs begin.'),
      integerColumn('Active', 'How many jobs are running.'),
      stringColumn('Last Schedule', 'When the last job began.'),
      ageColumn,
      containersColumn,
      imagesColumn,
      stringColumn('Selector', 'Which pods belong to its jobs.', 1),
    ],
    cells: (object, now) => {
      const { spec = {}, status = {} } = object as CronJob;
      const job = spec.jobTemplate?.spec ?? {};
      return [
        object.metadata.name ?? '',
        spec.schedule ?? '',
        spec.timeZone ?? '<none>',
        spec.suspend === undefined ? '<unset>' : spec.suspend ? 'True' : 'False',
        status.active?.length ?? 0,
        status.lastScheduleTime === undefined ? '<none>' : sinceCell(status.lastScheduleTime, now),
        ageCell(object, now),
        ...containersCells(job.template),
        job.selector === undefined ? '<none>' : selectorText(job.selector) || '<none>',
      ];
    },
  },
  strategy: {
    generation: 'spec',
    allowUnconditionalUpdate: true,
    applyDefaults,
    prepareForCreate(object) {
      const cronJob = object as CronJob;
      cronJob.status = {};
      dropGatedPodFields(cronJob.spec?.jobTemplate?.spec?.template?.spec);
    },
    prepareForUpdate: (object) => dropGatedPodFields((object as CronJob).spec?.jobTemplate?.spec?.template?.spec),
    validate,
    validateCreate(object) {
      const { name = '' } = object.metadata;
      if (name.length <= longestName) return [];
      return [fieldError.invalid('metadata.name', name, `must be no more than ${longestName} characters`)];
    },
    warn(object, old, ctx) {
      if (old === undefined) warnOfName(object, 'this is used in Pod names and hostnames', ctx);
      else if (object.metadata.generation === old.metadata.generation) return;
      const template = (object as CronJob).spec?.jobTemplate?.spec?.template;
      warnOfPodTemplate(template, 'spec.jobTemplate.spec.template', ctx);
    },
  },
  status: {},
});
