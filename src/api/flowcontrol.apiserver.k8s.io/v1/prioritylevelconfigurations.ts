import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import { deepEqual, type Json } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { keepAllMetadata, validateConditionTypes } from './conditions.ts';

type Queuing = { queues?: number; handSize?: number; queueLengthLimit?: number };
type LimitResponse = { type?: string; queuing?: Queuing };
type Limited = {
  nominalConcurrencyShares?: number;
  limitResponse?: LimitResponse;
  lendablePercent?: number;
  borrowingLimitPercent?: number;
};
type Exempt = { nominalConcurrencyShares?: number; lendablePercent?: number };
type PriorityLevelSpec = { type?: string; limited?: Limited; exempt?: Exempt };
type PriorityLevelConfiguration = KubeObject & { spec?: PriorityLevelSpec };

const maxQueues = 10_000_000;
const maxEntropyBits = 60;
const preserveZero = 'flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares';

/** The level that every stock server has, beside `exempt`. */
const catchAll: PriorityLevelSpec = {
  type: 'Limited',
  limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: 'Reject' } },
};

function applyDefaults(object: KubeObject): void {
  const spec = ((object as PriorityLevelConfiguration).spec ??= {});
  if (spec.exempt !== undefined) {
    spec.exempt.nominalConcurrencyShares ??= 0;
    spec.exempt.lendablePercent ??= 0;
  }
  if (spec.limited === undefined) return;
  spec.limited.nominalConcurrencyShares ??= 30;
  spec.limited.lendablePercent ??= 0;
  const queuing = spec.limited.limitResponse?.queuing;
  if (queuing === undefined) return;
  if (!queuing.handSize) queuing.handSize = 8;
  if (!queuing.queues) queuing.queues = 64;
  if (!queuing.queueLengthLimit) queuing.queueLengthLimit = 50;
}

function validate(object: KubeObject): FieldError[] {
  const { spec = {}, metadata } = object as PriorityLevelConfiguration;
  const { name = '', annotations = {} } = metadata;
  const errors: FieldError[] = [];
  if (Object.hasOwn(annotations, preserveZero)) {
    errors.push(fieldError.forbidden('metadata.annotations', `annotation '${preserveZero}' is forbidden`));
  }
  validateSpec(spec, name, errors);
  if (name === 'exempt' && !(spec.type === 'Exempt' && spec.limited === undefined)) {
    const message = "spec of 'exempt' except the 'spec.exempt' field must equal the fixed value";
    errors.push(fieldError.invalid('spec', spec, message));
  }
  if (name === 'catch-all' && !deepEqual(spec as Json, catchAll as Json)) {
    errors.push(fieldError.invalid('spec', spec, "spec of 'catch-all' must equal the fixed value"));
  }
  return [...errors, ...validateConditionTypes(object)];
}

function validateSpec({ type = '', limited, exempt }: PriorityLevelSpec, name: string, errors: FieldError[]): void {
  if ((name === 'exempt') !== (type === 'Exempt')) {
    errors.push(fieldError.invalid('spec.type', type, "type must be 'Exempt' if and only if name is 'exempt'"));
  }
  if (type === 'Exempt') {
    if (limited !== undefined) {
      errors.push(fieldError.forbidden('spec.limited', 'must be nil if the type is not Limited'));
    }
    if (exempt !== undefined) validateShares(exempt, 'spec.exempt', errors);
  } else if (type === 'Limited') {
    if (exempt !== undefined) errors.push(fieldError.forbidden('spec.exempt', 'must be nil if the type is Limited'));
    if (limited === undefined) {
      errors.push(fieldError.required('spec.limited', 'must not be empty when type is Limited'));
    } else validateLimited(limited, 'spec.limited', errors);
  } else errors.push(fieldError.notSupported('spec.type', type, ['Exempt', 'Limited']));
}

function validateLimited(limited: Limited, path: string, errors: FieldError[]): void {
  const { nominalConcurrencyShares: shares = 0, lendablePercent: lendable = 0 } = limited;
  validateShareCount(shares, path, errors);
  validateLimitResponse(limited.limitResponse ?? {}, `${path}.limitResponse`, errors);
  validatePercent(lendable, path, errors);
  const { borrowingLimitPercent: borrowing = 0 } = limited;
  if (borrowing >= 0) return;
  const message = 'if specified, must be a non-negative integer';
  errors.push(fieldError.invalid(`${path}.borrowingLimitPercent`, borrowing, message));
}

function validateShares(exempt: Exempt, path: string, errors: FieldError[]): void {
  validateShareCount(exempt.nominalConcurrencyShares ?? 0, path, errors);
  validatePercent(exempt.lendablePercent ?? 0, path, errors);
}

function validateShareCount(shares: number, path: string, errors: FieldError[]): void {
  if (shares >= 0) return;
  errors.push(fieldError.invalid(`${path}.nominalConcurrencyShares`, shares, 'must be a non-negative integer'));
}

function validatePercent(percent: number, path: string, errors: FieldError[]): void {
  if (percent >= 0 && percent <= 100) return;
  errors.push(fieldError.invalid(`${path}.lendablePercent`, percent, 'must be between 0 and 100, inclusive'));
}

function validateLimitResponse({ type = '', queuing }: LimitResponse, path: string, errors: FieldError[]): void {
  const at = `${path}.queuing`;
  if (type === 'Reject') {
    if (queuing === undefined) return;
    errors.push(fieldError.forbidden(at, 'must be nil if limited.limitResponse.type is not Limited'));
  } else if (type === 'Queue') {
    if (queuing !== undefined) validateQueuing(queuing, at, errors);
    else errors.push(fieldError.required(at, 'must not be empty if limited.limitResponse.type is Limited'));
  } else errors.push(fieldError.notSupported(`${path}.type`, type, ['Queue', 'Reject']));
}

function validateQueuing(queuing: Queuing, path: string, errors: FieldError[]): void {
  const { queues = 0, handSize = 0, queueLengthLimit: limit = 0 } = queuing;
  const refuse = (field: string, value: number, message: string): void => {
    errors.push(fieldError.invalid(`${path}.${field}`, value, message));
  };
  if (limit <= 0) refuse('queueLengthLimit', limit, 'must be positive');
  if (queues <= 0) refuse('queues', queues, 'must be positive');
  else if (queues > maxQueues) refuse('queues', queues, `must not be greater than ${maxQueues}`);
  // So many bits choose one of all hands (apiserver util/shufflesharding).
  const entropy = Math.ceil(Math.log2(queues) * handSize);
  if (handSize <= 0) refuse('handSize', handSize, 'must be positive');
  else if (handSize > queues) refuse('handSize', handSize, `should not be greater than queues (${queues})`);
  else if (entropy > maxEntropyBits) {
    const sizes = `deckSize ${queues} and handSize ${handSize}`;
    refuse('handSize', handSize, `required entropy bits of ${sizes} should not be greater than ${maxEntropyBits}`);
  }
}

export const priorityLevelConfigurations = builtinResource({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'PriorityLevelConfiguration',
  resource: 'prioritylevelconfigurations',
  scope: 'Cluster',
  table: {
    columns: [
      nameColumn,
      stringColumn('Type', 'Whether requests of this level are limited.'),
      stringColumn('NominalConcurrencyShares', 'Its part of the concurrency of the server.'),
      stringColumn('Queues', 'How many queues requests wait in.'),
      stringColumn('HandSize', 'How many queues one flow may use.'),
      stringColumn('QueueLengthLimit', 'How many requests may wait in one queue.'),
      ageColumn,
    ],
    cells: (object, now) => {
      const { type = '', limited } = (object as PriorityLevelConfiguration).spec ?? {};
      const queuing = limited?.limitResponse?.queuing;
      return [
        object.metadata.name ?? '',
        type,
        limited === undefined ? '<none>' : (limited.nominalConcurrencyShares ?? 0),
        queuing === undefined ? '<none>' : (queuing.queues ?? 0),
        queuing === undefined ? '<none>' : (queuing.handSize ?? 0),
        queuing === undefined ? '<none>' : (queuing.queueLengthLimit ?? 0),
        ageCell(object, now),
      ];
    },
  },
  strategy: {
    generation: 'spec',
    allowUnconditionalUpdate: true,
    applyDefaults,
    prepareForCreate(object) {
      object['status'] = {};
    },
    validate,
  },
  status: {
    resetFields: ['spec', 'metadata'],
    prepareForUpdate: keepAllMetadata,
    validateUpdate: validateConditionTypes,
  },
});
