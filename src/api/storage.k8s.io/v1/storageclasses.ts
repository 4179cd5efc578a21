import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import { deepEqual } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { qualifiedName } from '../../../apimachinery/validation/names.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { warnOfNodeLabel } from '../../core/v1/deprecated-labels.ts';
import { invalidEach, requireUnchanged } from '../../field-path.ts';

type TopologyTerm = { matchLabelExpressions?: { key?: string; values?: string[] }[] };

type StorageClass = KubeObject & {
  provisioner?: string;
  parameters?: Record<string, string>;
  reclaimPolicy?: string;
  allowVolumeExpansion?: boolean;
  volumeBindingMode?: string;
  allowedTopologies?: TopologyTerm[];
};

const reclaimPolicies = ['Delete', 'Retain'];
const bindingModes = ['Immediate', 'WaitForFirstConsumer'];
const maxParameters = 512;
const maxParameterBytes = 256 * 1024;
const defaultAnnotations = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];

function applyDefaults(object: KubeObject): void {
  const storageClass = object as StorageClass;
  storageClass.reclaimPolicy ??= 'Delete';
  storageClass.volumeBindingMode ??= 'Immediate';
}

function validate(object: KubeObject): FieldError[] {
  const { provisioner = '', parameters = {}, ...rest } = object as StorageClass;
  const { reclaimPolicy = '', volumeBindingMode = '', allowedTopologies = [] } = rest;
  const errors: FieldError[] = [];
  if (provisioner === '') errors.push(fieldError.required('provisioner'));
  else {
    const name = provisioner.toLowerCase();
    invalidEach('provisioner', name, qualifiedName(name), errors);
  }
  validateParameters(parameters, errors);
  if (reclaimPolicy !== '' && !reclaimPolicies.includes(reclaimPolicy)) {
    errors.push(fieldError.notSupported('reclaimPolicy', reclaimPolicy, reclaimPolicies));
  }
  if (!bindingModes.includes(volumeBindingMode)) {
    errors.push(fieldError.notSupported('volumeBindingMode', volumeBindingMode, bindingModes));
  }
  validateTopologies(allowedTopologies, errors);
  return errors;
}

function validateParameters(parameters: Readonly<Record<string, string>>, errors: FieldError[]): void {
  const entries = Object.entries(parameters);
  if (entries.length > maxParameters) {
    errors.push(fieldError.tooLong('parameters', maxParameters));
    return;
  }
  let size = 0;
  for (const [key, value] of entries) {
    if (key === '') errors.push(fieldError.invalid('parameters', key, 'field can not be empty.'));
    size += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (size > maxParameterBytes) errors.push(fieldError.tooLong('parameters', maxParameterBytes));
}

function validateTopologies(terms: readonly TopologyTerm[], errors: FieldError[]): void {
  // Upstream compares each term with as many empty ones as there are terms, too.
  const known: Record<string, string[]>[] = terms.map(() => ({}));
  terms.forEach(({ matchLabelExpressions = [] }, index) => {
    const path = `allowedTopologies[${index}].matchLabelExpressions`;
    const values = new Map<string, string[]>();
    matchLabelExpressions.forEach(({ key = '', values: wanted = [] }, at) => {
      const here = `${path}[${at}]`;
      const seen = new Set<string>();
      if (wanted.length === 0) errors.push(fieldError.required(`${here}.values`));
      wanted.forEach((value, position) => {
        if (seen.has(value)) errors.push(fieldError.duplicate(`${here}.values[${position}]`, value));
        seen.add(value);
      });
      invalidEach(`${here}.key`, key, qualifiedName(key), errors);
      if (values.has(key)) errors.push(fieldError.duplicate(`${here}.key`, key));
      values.set(key, [...seen].toSorted());
    });
    const term = Object.fromEntries(values);
    for (const other of known) if (deepEqual(term, other)) errors.push(fieldError.duplicate(path, ''));
    known.push(term);
  });
}

function validateUpdate(object: KubeObject, before: KubeObject): FieldError[] {
  const { parameters, provisioner, reclaimPolicy, volumeBindingMode } = object as StorageClass;
  const old = before as StorageClass;
  const errors: FieldError[] = [];
  const refuse = (field: string): void => {
    errors.push(fieldError.forbidden(field, `updates to ${field} are forbidden.`));
  };
  if (!deepEqual(parameters, old.parameters)) refuse('parameters');
  if (provisioner !== old.provisioner) refuse('provisioner');
  if (reclaimPolicy !== old.reclaimPolicy) refuse('reclaimPolicy');
  requireUnchanged('volumeBindingMode', volumeBindingMode, old.volumeBindingMode, errors);
  return errors;
}

export const storageClasses = builtinResource({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  resource: 'storageclasses',
  shortNames: ['sc'],
  scope: 'Cluster',
  table: {
    columns: [
      nameColumn,
      stringColumn('Provisioner', 'What makes its volumes.'),
      stringColumn('ReclaimPolicy', 'What happens to a volume when its claim is gone.'),
      stringColumn('VolumeBindingMode', 'When a volume is made and bound.'),
      stringColumn('AllowVolumeExpansion', 'Whether claims may grow.'),
      ageColumn,
    ],
    cells: (object, now) => {
      const storageClass = object as StorageClass;
      const { name = '', annotations = {} } = object.metadata;
      const isDefault = defaultAnnotations.some((annotation) => annotations[annotation] === 'true');
      return [
        isDefault ? `${name} (default)` : name,
        storageClass.provisioner ?? '',
        storageClass.reclaimPolicy ?? 'Delete',
        storageClass.volumeBindingMode ?? 'Immediate',
        storageClass.allowVolumeExpansion ?? false,
        ageCell(object, now),
      ];
    },
  },
  strategy: {
    generation: 'none',
    allowUnconditionalUpdate: true,
    returnDeletedObject: true,
    applyDefaults,
    validate,
    validateUpdate,
    warn(object, _old, ctx) {
      (object as StorageClass).allowedTopologies?.forEach(({ matchLabelExpressions = [] }, index) => {
        matchLabelExpressions.forEach(({ key = '' }, at) =>
          warnOfNodeLabel(key, `allowedTopologies[${index}].matchLabelExpressions[${at}].key`, ctx),
        );
      });
    },
  },
});
