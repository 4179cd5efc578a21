import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ApiError } from './errors.ts';
import { formatLabelSelector, labelSelectorFromObject, matchesLabels, parseLabelSelector } from './labels.ts';

function selects(selector: string, labels?: Record<string, string>): boolean {
  return matchesLabels(parseLabelSelector(selector), labels);
}

test('equality, sets, existence and comparison select as documented', () => {
  const labels = { app: 'web', tier: '', weight: '10' };
  const cases: [string, boolean][] = [
    ['', true],
    ['app', true],
    ['!app', false],
    ['!none', true],
    ['app=web', true],
    ['app==web', true],
    ['app!=web', false],
    ['none!=web', true],
    ['tier=', true],
    ['app in (web,db)', true],
    ['app in (db)', false],
    ['app notin (db)', true],
    ['none notin (db)', true],
    ['tier in (,x)', true],
    ['tier in ()', true],
    ['weight>9', true],
    ['weight>10', false],
    ['weight<11', true],
    ['app>1', false],
    ['none<1', false],
    ['app=web,weight', true],
    ['app=web,none', false],
    [' app  =  web , weight ', true],
    ['in=in', false],
  ];
  for (const [selector, expected] of cases) assert.equal(selects(selector, labels), expected, selector);
  assert.equal(selects('a!=b'), true);
  assert.equal(selects('a'), false);
});

test('inherited properties are no labels', () => {
  assert.equal(selects('constructor', {}), false);
  assert.equal(selects('toString', {}), false);
});

/** Texts recorded from kube-apiserver 1.33. */
const errors: [string, string][] = [
  ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
  ['a=b c', "found 'c', expected: ',' or 'end of string'"],
  ['a in', "unable to parse requirement: found '' expected: '('"],
  ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
  [
    'a>x',
    "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
  ],
  ['a=b=c', "found '=', expected: ',' or 'end of string'"],
  [',', "found ',', expected: !, identifier, or 'end of string'"],
  ['!', "unable to parse requirement: found '', expected: identifier"],
  [
    '-x',
    "unable to parse requirement: <nil>: Invalid value: \"-x\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
  ],
  [
    'x=-',
    "unable to parse requirement: values[0][x]: Invalid value: \"-\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
  ],
  ['!a=b', "found '=', expected: ',' or 'end of string'"],
  ['a notin (b', "unable to parse requirement: found '', expected: ',' or ')'"],
  ['(a)', "found '(', expected: !, identifier, or 'end of string'"],
  ['a in (b c)', "unable to parse requirement: found 'c', expected: ',' or ')'"],
  ['a=!', "unable to parse requirement: found '!', expected: identifier"],
  ['a,', "found '', expected: identifier after ','"],
  ['a=(b)', "unable to parse requirement: found '(', expected: identifier"],
  ['=a', "found '=', expected: !, identifier, or 'end of string'"],
  ['a===b', "unable to parse requirement: found '=', expected: identifier"],
  ['a!b', "unable to parse requirement: found '!', expected: in, notin, =, ==, !=, gt, lt"],
  ['a in b', "unable to parse requirement: found 'b' expected: '('"],
];

test('a bad selector is refused in the words of a stock server', () => {
  for (const [selector, message] of errors) {
    assert.throws(
      () => parseLabelSelector(selector),
      (error) => error instanceof ApiError && error.code === 400 && error.message === message,
      selector,
    );
  }
});

test('what is formatted is parsed back to the same selector', () => {
  const key = fc.stringMatching(/^[a-z]{1,5}$/).filter((word) => word !== 'in' && word !== 'notin');
  const value = fc.stringMatching(/^[a-z0-9]{1,4}$/);
  const requirement = fc.oneof(
    key,
    key.map((k) => `!${k}`),
    fc.tuple(key, fc.constantFrom('=', '==', '!='), value).map((parts) => parts.join('')),
    fc
      .tuple(key, fc.constantFrom('in', 'notin'), fc.array(value, { minLength: 1 }))
      .map(([k, o, v]) => `${k} ${o} (${v.join(',')})`),
    fc.tuple(key, fc.constantFrom('<', '>'), fc.integer()).map(([k, o, n]) => `${k}${o}${Math.abs(n)}`),
  );
  fc.assert(
    fc.property(fc.array(requirement), (requirements) => {
      const parsed = parseLabelSelector(requirements.join(','));
      assert.deepEqual(parseLabelSelector(formatLabelSelector(parsed)), parsed);
    }),
  );
});

test('any text is either a selector or a 400', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-c=!<>(), \n]*$/)), (text) => {
      try {
        parseLabelSelector(text);
      } catch (error) {
        assert.ok(error instanceof ApiError && error.code === 400);
      }
    }),
  );
});

test('a LabelSelector object: absent selects nothing, empty everything, expressions all must hold', () => {
  assert.equal(matchesLabels(labelSelectorFromObject(undefined), { a: 'b' }), false);
  assert.equal(matchesLabels(labelSelectorFromObject({}), undefined), true);
  const selector = labelSelectorFromObject({
    matchLabels: { app: 'web' },
    matchExpressions: [
      { key: 'tier', operator: 'In', values: ['b', 'a'] },
      { key: 'old', operator: 'DoesNotExist' },
    ],
  });
  assert.equal(matchesLabels(selector, { app: 'web', tier: 'a' }), true);
  assert.equal(matchesLabels(selector, { app: 'web', tier: 'a', old: '' }), false);
  assert.equal(formatLabelSelector(selector), 'app=web,!old,tier in (a,b)');
  assert.throws(() => labelSelectorFromObject({ matchExpressions: [{ key: 'a', operator: 'Like' }] }), {
    message: '"Like" is not a valid label selector operator',
  });
});
