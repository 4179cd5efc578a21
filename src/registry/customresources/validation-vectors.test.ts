import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Crd } from '../../api/apiextensions.k8s.io/v1/types.ts';
import type { StrategyContext } from '../../api/resource-definition.ts';
import { formatFieldErrorBody } from '../../apimachinery/errors.ts';
import { parseJson } from '../../apimachinery/json-parse.ts';
import { deepCopy, type JsonObject } from '../../apimachinery/json.ts';
import { DecodeError, decodeObject } from '../../apimachinery/schema/decode.ts';
import { compileDefinition } from './definition.ts';

type Cause = { readonly reason: string; readonly message: string; readonly field: string };
type Vector = {
  readonly name: string;
  readonly object: JsonObject;
  readonly answer: {
    readonly code: number;
    readonly message?: string;
    readonly causes?: readonly Cause[];
    readonly object?: JsonObject;
  };
};

/** Recorded by test/differential/custom-resources.ts. */
const { crd, vectors } = parseJson(readFileSync(new URL('./validation-vectors.json', import.meta.url)))
  .value as unknown as {
  crd: Crd;
  vectors: Vector[];
};
const context: StrategyContext = {
  user: { name: 'u', uid: '', groups: [], extra: {} },
  cluster: 'root',
  now: new Date(0),
  warn: () => undefined,
};

describe('custom resources that a stock server has judged', () => {
  crd.metadata.generation = 1;
  const definition = compileDefinition(crd);
  const [version] = definition.versions;
  assert.ok(version);

  for (const vector of vectors) {
    it(`${vector.name} is answered ${vector.answer.code}`, () => {
      let object: ReturnType<typeof decodeObject>['object'];
      try {
        ({ object } = decodeObject(deepCopy(vector.object), version.schema));
      } catch (error) {
        assert.ok(error instanceof DecodeError);
        assert.equal(vector.answer.code, 400);
        assert.equal(error.message, vector.answer.message);
        return;
      }
      definition.strategy.applyDefaults?.(object, 'v1');
      const errors = definition.strategy.validateCreate?.(object, context) ?? [];
      if (vector.answer.object !== undefined) {
        assert.deepEqual(errors, []);
        const { metadata: _metadata, ...fields } = object;
        assert.deepEqual(fields, vector.answer.object);
        return;
      }
      const causes = errors.map((error) => ({
        reason: error.type,
        message: formatFieldErrorBody(error),
        field: error.field,
      }));
      assert.deepEqual(causes.toSorted(byText), (vector.answer.causes ?? []).toSorted(byText));
    });
  }
});

function byText(a: Cause, b: Cause): number {
  return `${a.field} ${a.message}` < `${b.field} ${b.message}` ? -1 : 1;
}
