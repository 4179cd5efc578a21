import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tests as suite } from '@bufbuild/cel-spec/testdata/conformance.js';
import { exceptions } from './testdata/conformance-exceptions.ts';
import { shown } from './testdata/shown.ts';
import { expectedValue, typeIn } from './testdata/spec-values.ts';
import { CelCompileError, CelError, type CelType, DYN, Environment, type Library } from './index.ts';
import { optionalLibrary } from './library/optionals.ts';
import { standardLibrary } from './library/standard.ts';
import { stringsLibrary } from './library/strings.ts';
import { twoVariableLibrary } from './library/two-variable.ts';

/** CEL without what Kubernetes adds and forbids; the sections are those whose parts Kubernetes turns on. */
const libraries: readonly Library[] = [standardLibrary, optionalLibrary, stringsLibrary, twoVariableLibrary];
const environment = new Environment({ libraries });
const sections = [
  'basic',
  'comparisons',
  'conversions',
  'fields',
  'fp_math',
  'integer_math',
  'lists',
  'logic',
  'macros',
  'macros2',
  'optionals',
  'parse',
  'plumbing',
  'string',
  'string_ext',
  'timestamps',
  'type_deductions',
];

type Spec = (typeof suite)['tests'] extends (infer T)[] | undefined ? T : never;
type Suite = typeof suite;

function* testsOf(section: Suite, path: string): Generator<{ name: string; test: Spec }> {
  for (const test of section.tests ?? []) yield { name: `${path}/${test.original.name ?? ''}`, test };
  for (const inner of section.suites ?? []) yield* testsOf(inner, `${path}/${inner.name}`);
}

/** Tests of what Kubernetes never does: evaluate messages of protobuf, or expressions that were not checked. */
function isForeign({ original }: Spec): boolean {
  const messages = /TestAllTypes|google\.protobuf\.(?!Timestamp\b|Duration\b)|cel\.expr|GlobalEnum/;
  const unchecked = original['disableCheck'] === true && original['evalError'] === undefined;
  return unchecked || messages.test(JSON.stringify(original)) || original['container'] !== undefined;
}

/** What an expression comes to, or why it cannot be asked here. */
function outcome({ original }: Spec): string {
  const declared: Record<string, CelType> = {};
  const values: Record<string, unknown> = {};
  for (const [name, binding] of Object.entries((original['bindings'] ?? {}) as Record<string, unknown>)) {
    declared[name] = DYN;
    values[name] = expectedValue((binding as { value?: unknown }).value);
  }
  for (const { name, ident } of (original['typeEnv'] ?? []) as { name: string; ident?: { type: unknown } }[]) {
    if (ident !== undefined) declared[name] = typeIn(ident.type);
  }
  const program = environment.extend({ variables: declared }).compile(original.expr);
  if (program instanceof CelCompileError) return `error ${program.message}`;
  if (original['checkOnly'] === true) return program.outputType.text;
  const result = program.run(values);
  return result instanceof CelError ? `error ${result.message}` : shown(result);
}

function wanted({ original }: Spec): string {
  if (original['evalError'] !== undefined) return 'error';
  const typed = original['typedResult'] as { result?: unknown; deducedType?: unknown } | undefined;
  if (original['checkOnly'] === true) return typeIn(typed?.deducedType).text;
  return shown(expectedValue(original['value'] ?? typed?.result ?? { boolValue: true }));
}

describe("CEL's conformance suite", () => {
  for (const name of sections) {
    it(`passes in the section ${name}`, () => {
      const section = suite.suites?.find((each) => each.name === name);
      assert.ok(section !== undefined);
      const failures: string[] = [];
      for (const each of testsOf(section, name)) {
        if (isForeign(each.test)) continue;
        const expected = wanted(each.test);
        const given = outcome(each.test);
        const passed = expected === 'error' ? given.startsWith('error') : given === expected;
        const excused = exceptions.find(({ pattern }) => pattern.test(each.name));
        if (passed === (excused === undefined)) continue;
        failures.push(
          passed
            ? `${each.name} passes: it is no exception any more`
            : `${each.name}: ${each.test.original.expr}\n  wanted ${expected}\n  given  ${given}`,
        );
      }
      assert.deepEqual(failures, []);
    });
  }
});
