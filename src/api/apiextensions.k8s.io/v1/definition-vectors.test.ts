import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { formatFieldErrorBody } from '../../../apimachinery/errors.ts';
import type { JsonObject } from '../../../apimachinery/json.ts';
import { decodeObject } from '../../../apimachinery/schema/decode.ts';
import type { StrategyContext } from '../../resource-definition.ts';
import { customResourceDefinitions } from './customresourcedefinitions.ts';

type Cause = { readonly reason: string; readonly message: string; readonly field: string };
type Vector = {
  readonly name: string;
  readonly object: JsonObject;
  readonly code: number;
  readonly message?: string;
  readonly causes?: readonly Cause[];
};

/** Recorded by test/differential/definitions.ts. */
const vectors = JSON.parse(readFileSync(new URL('./definition-vectors.json', import.meta.url), 'utf8')) as Vector[];
const context: StrategyContext = {
  user: { name: 'u', uid: '', groups: [], extra: {} },
  cluster: 'root',
  now: new Date(0),
  warn: () => undefined,
};
const [version] = customResourceDefinitions.versions;
const { strategy } = customResourceDefinitions;

describe('definitions that a stock server has judged', () => {
  for (const { name, object, code, causes = [] } of vectors) {
    it(`${name} is answered ${code}`, () => {
      assert.ok(version);
      const decoded = decodeObject(object, version.schema).object;
      strategy.applyDefaults?.(decoded, 'v1');
      strategy.prepareForCreate?.(decoded, context);
      const errors = strategy.validateCreate?.(decoded, context) ?? [];
      assert.deepEqual(
        errors
          .map((error) => comparable({ reason: error.type, message: formatFieldErrorBody(error), field: error.field }))
          .toSorted(),
        causes.filter(isOwn).map(comparable).toSorted(),
      );
    });
  }
});

/** That names are DNS names is the registry's rule for all kinds. */
function isOwn({ field, message }: Cause): boolean {
  return field !== 'metadata.name' || !message.includes('RFC 1123');
}

/** Whole Go structs as bad values, with addresses in them, and the reasons of Go's regular expressions are nobody's to repeat. */
function comparable({ reason, message, field }: Cause): string {
  const text = message
    .replace(/^Invalid value: (\[\]apiextensions\.|apiextensions\.).*\}: /, 'Invalid value: …: ')
    .replace(/(regular expression, but isn't: ).*$/, '$1…');
  return `${reason} ${field}: ${text}`;
}
