import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { validateCrd } from '../../api/apiextensions.k8s.io/v1/validate-crd.ts';
import type { Crd } from '../../api/apiextensions.k8s.io/v1/types.ts';
import type { ResourceDefinition, StrategyContext } from '../../api/resource-definition.ts';
import { type FieldError, formatFieldErrorBody } from '../../apimachinery/errors.ts';
import { parseJson } from '../../apimachinery/json-parse.ts';
import { deepCopy, type JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { decodeObject } from '../../apimachinery/schema/decode.ts';
import { compileDefinition } from './definition.ts';

type Cause = { readonly reason: string; readonly message: string; readonly field: string };
type Answer = { readonly code: number; readonly causes?: readonly Cause[]; readonly warnings?: readonly string[] };
type Step = {
  readonly create: JsonObject;
  readonly update?: JsonObject;
  readonly part?: string;
  readonly answer: Answer;
};
type Vector = {
  readonly name: string;
  readonly schema: JsonObject;
  readonly status?: boolean;
  readonly answer: Answer;
  readonly steps?: readonly Step[];
  readonly later?: { readonly schema: JsonObject; readonly steps: readonly Step[] };
};

/** Recorded by test/differential/rules.ts. */
const vectors = parseJson(readFileSync(new URL('./rule-vectors.json', import.meta.url))).value as unknown as Vector[];

function definitionOf(schema: JsonObject, status: boolean): Crd {
  const names = { plural: 'rules', singular: 'rule', kind: 'Rule', listKind: 'RuleList' };
  const version = {
    name: 'v1',
    served: true,
    storage: true,
    schema: { openAPIV3Schema: deepCopy(schema) },
    ...(status ? { subresources: { status: {} } } : {}),
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'rules.rules.example.com', generation: 1 },
    spec: { group: 'rules.example.com', scope: 'Namespaced', names, versions: [version] },
    status: { storedVersions: ['v1'], acceptedNames: names },
  };
}

/** Errors as the causes of a Status; Go prints the address of what is a pointer. */
function causesOf(errors: readonly FieldError[]): Cause[] {
  return errors
    .map((error) => ({ reason: error.type, message: formatFieldErrorBody(error), field: error.field }))
    .toSorted(byText);
}

function byText(a: Cause, b: Cause): number {
  return `${a.field} ${a.message}` < `${b.field} ${b.message}` ? -1 : 1;
}

/** Gives the causes and warnings that the last write of a step ends with. */
function run(definition: ResourceDefinition, step: Step): { causes: Cause[]; warnings: string[] } {
  const warnings: string[] = [];
  const ctx: StrategyContext = {
    user: { name: 'u', uid: '', groups: [], extra: {} },
    cluster: 'root',
    now: new Date(0),
    warn: (text) => void warnings.push(text),
  };
  const object = (fields: JsonObject): KubeObject => {
    const [version] = definition.versions;
    assert.ok(version);
    const metadata = { name: 'o', namespace: 'default', uid: 'u' };
    const sent = { apiVersion: 'rules.example.com/v1', kind: 'Rule', metadata, ...deepCopy(fields) };
    const decoded = decodeObject(sent, version.schema).object;
    definition.strategy.applyDefaults?.(decoded, 'v1');
    return decoded;
  };
  const before = object(step.create);
  if (step.update === undefined) {
    if (definition.status !== undefined) delete before['status'];
    return { causes: causesOf(definition.strategy.validateCreate?.(before, ctx) ?? []), warnings };
  }
  const after = object(step.update);
  if (step.part === 'status') {
    if (definition.status !== undefined) delete before['status'];
    const next = { ...before, status: after['status'] };
    return { causes: causesOf(definition.status?.validateUpdate?.(next, before, ctx) ?? []), warnings };
  }
  return { causes: causesOf(definition.strategy.validateUpdate?.(after, before, ctx) ?? []), warnings };
}

describe('rules that a stock server has judged', () => {
  for (const vector of vectors) {
    it(`${vector.name} is defined with ${vector.answer.code}`, () => {
      const crd = definitionOf(vector.schema, vector.status === true);
      assert.deepEqual(causesOf(validateCrd(crd)), (vector.answer.causes ?? []).toSorted(byText));
    });
    const steps = (schema: JsonObject, list: readonly Step[], when: string): void =>
      list.forEach((step, i) => {
        it(`${vector.name}: object ${i + 1}${when} is answered ${step.answer.code}`, () => {
          const { causes, warnings } = run(compileDefinition(definitionOf(schema, vector.status === true)), step);
          assert.deepEqual(causes, (step.answer.causes ?? []).toSorted(byText));
          assert.deepEqual(warnings, step.answer.warnings ?? []);
        });
      });
    steps(vector.schema, vector.steps ?? [], '');
    if (vector.later !== undefined) steps(vector.later.schema, vector.later.steps, ' of another schema');
  }
});
