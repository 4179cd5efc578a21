import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { goString } from '../../../apimachinery/go-syntax.ts';
import { deepEqual, type Json } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { nameIsDns1123Subdomain } from '../../../apimachinery/validation/names.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { invalidEach } from '../../field-path.ts';
import { keepAllMetadata, validateConditionTypes } from './conditions.ts';
import { type FlowRule, validateFlowRule } from './flow-rules.ts';

type FlowSchemaSpec = {
  priorityLevelConfiguration?: { name?: string };
  matchingPrecedence?: number;
  distinguisherMethod?: { type?: string };
  rules?: FlowRule[];
};
type FlowSchema = KubeObject & {
  spec?: FlowSchemaSpec;
  status?: { conditions?: { type?: string; status?: string }[] };
};

const defaultPrecedence = 1000;
const maxPrecedence = 10_000;
const distinguishers = ['ByNamespace', 'ByUser'];

const everything = {
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] }],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
};

function groupSubject(name: string): { kind: string; group: { name: string } } {
  return { kind: 'Group', group: { name } };
}

/** Schemas that every stock server has, and that say what they say (apiserver/pkg/apis/flowcontrol/bootstrap). */
const mandatory: ReadonlyMap<string, FlowSchemaSpec> = new Map([
  [
    'exempt',
    {
      priorityLevelConfiguration: { name: 'exempt' },
      matchingPrecedence: 1,
      rules: [{ subjects: [groupSubject('system:masters')], ...everything }],
    },
  ],
  [
    'catch-all',
    {
      priorityLevelConfiguration: { name: 'catch-all' },
      matchingPrecedence: maxPrecedence,
      distinguisherMethod: { type: 'ByUser' },
      rules: [
        { subjects: [groupSubject('system:unauthenticated'), groupSubject('system:authenticated')], ...everything },
      ],
    },
  ],
]);

function validate(object: KubeObject): FieldError[] {
  const { spec = {}, metadata } = object as FlowSchema;
  const { name = '' } = metadata;
  const { matchingPrecedence: precedence = 0, distinguisherMethod, rules = [] } = spec;
  const errors: FieldError[] = [];
  const refuse = (message: string): void => {
    errors.push(fieldError.invalid('spec.matchingPrecedence', precedence, message));
  };
  if (precedence <= 0) refuse('must be a positive value');
  if (precedence > maxPrecedence) refuse(`must not be greater than ${maxPrecedence}`);
  if (precedence === 1 && name !== 'exempt') refuse("only the schema named 'exempt' may have matchingPrecedence 1");
  if (distinguisherMethod !== undefined && !distinguishers.includes(distinguisherMethod.type ?? '')) {
    const shown = `flowcontrol.FlowDistinguisherMethod{Type:${goString(distinguisherMethod.type ?? '')}}`;
    errors.push(fieldError.notSupported('spec.distinguisherMethod.type', goSyntax(shown), distinguishers));
  }
  const level = spec.priorityLevelConfiguration?.name ?? '';
  const path = 'spec.priorityLevelConfiguration.name';
  if (level === '') errors.push(fieldError.required(path, 'must reference a priority level'));
  else invalidEach(path, level, nameIsDns1123Subdomain(level, false), errors);
  rules.forEach((rule, index) => validateFlowRule(rule, `spec.rules[${index}]`, errors));
  const fixed = mandatory.get(name);
  if (fixed !== undefined && !deepEqual(spec as Json, fixed as Json)) {
    errors.push(fieldError.invalid('spec', spec, `spec of '${name}' must equal the fixed value`));
  }
  return [...errors, ...validateConditionTypes(object)];
}

export const flowSchemas = builtinResource({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'FlowSchema',
  resource: 'flowschemas',
  scope: 'Cluster',
  table: {
    columns: [
      nameColumn,
      stringColumn('PriorityLevel', 'The priority level of its requests.'),
      stringColumn('MatchingPrecedence', 'Which schema is asked first: the lower, the earlier.'),
      stringColumn('DistinguisherMethod', 'What makes two requests belong to different flows.'),
      ageColumn,
      stringColumn('MissingPL', 'Whether its priority level is missing.'),
    ],
    cells: (object, now) => {
      const { spec = {}, status = {} } = object as FlowSchema;
      return [
        object.metadata.name ?? '',
        spec.priorityLevelConfiguration?.name ?? '',
        spec.matchingPrecedence ?? 0,
        spec.distinguisherMethod?.type ?? '<none>',
        ageCell(object, now),
        status.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?',
      ];
    },
  },
  strategy: {
    generation: 'spec',
    allowUnconditionalUpdate: true,
    applyDefaults(object) {
      const spec = ((object as FlowSchema).spec ??= {});
      if (!spec.matchingPrecedence) spec.matchingPrecedence = defaultPrecedence;
    },
    prepareForCreate(object) {
      (object as FlowSchema).status = {};
    },
    validate,
  },
  status: {
    resetFields: ['metadata', 'spec'],
    prepareForUpdate: keepAllMetadata,
    validateUpdate: validateConditionTypes,
  },
});
