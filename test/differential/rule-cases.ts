/** Definitions with rules in CEL, and objects that keep or break them. */
export type RuleCase = {
  readonly name: string;
  readonly schema: object;
  /** With a status subresource. */
  readonly status?: boolean;
  readonly steps?: readonly Step[];
  /** The schema that replaces the first one, and updates of objects that were created before. `probe` is refused from then on. */
  readonly later?: {
    readonly schema: object;
    readonly probe: object;
    readonly steps: readonly Required<Pick<Step, 'create' | 'update'>>[];
  };
};
/** A create that is looked at, or an update of what could be created. */
export type Step = { readonly create: object; readonly update?: object; readonly part?: string };

type Rule = { readonly rule: string } & Record<string, unknown>;
const object = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more });
const rules = (...list: readonly Rule[]) => ({ 'x-kubernetes-validations': list });
const int = { type: 'integer' };
const text = { type: 'string' };
const short = { type: 'string', maxLength: 10 };
const spec = (properties: object, ...list: readonly Rule[]) =>
  object({ spec: object(properties, list.length === 0 ? {} : rules(...list)) });
const field = (schema: object, ...list: readonly Rule[]) => spec({ f: { ...schema, ...rules(...list) } });
const create = (fields: object): Step => ({ create: { spec: fields } });
const update = (before: object, after: object): Step => ({ create: { spec: before }, update: { spec: after } });
const listMap = (items: object, more: object = {}) => ({
  type: 'array',
  maxItems: 10,
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['k'],
  items: { type: 'object', required: ['k'], properties: items, ...more },
});

export const ruleCases: readonly RuleCase[] = [
  {
    name: 'a rule without a message',
    schema: spec({ a: int, b: int }, { rule: 'self.a < self.b' }),
    steps: [create({ a: 1, b: 2 }), create({ a: 2, b: 1 }), create({ a: 2 })],
  },
  {
    name: 'a message',
    schema: spec({ a: int }, { rule: 'self.a > 1', message: ' too small ' }),
    steps: [create({ a: 1 })],
  },
  {
    name: 'reasons',
    schema: spec(
      { a: int },
      { rule: 'self.a > 1', reason: 'FieldValueRequired', message: 'needed' },
      { rule: 'self.a > 1', reason: 'FieldValueForbidden' },
      { rule: 'self.a > 1', reason: 'FieldValueDuplicate' },
      { rule: 'self.a > 1', reason: 'FieldValueInvalid' },
    ),
    steps: [create({ a: 1 })],
  },
  {
    name: 'field paths',
    schema: spec(
      { a: int, m: { type: 'object', additionalProperties: int }, o: object({ 'b.c': int }) },
      { rule: 'self.a > 1', fieldPath: '.a' },
      { rule: 'self.a > 1', fieldPath: ".m['x']" },
      { rule: 'self.a > 1', fieldPath: ".o['b.c']" },
    ),
    steps: [create({ a: 1 })],
  },
  {
    name: 'bad field paths',
    schema: spec(
      { a: int },
      { rule: 'self.a > 1', fieldPath: '.x' },
      { rule: 'self.a > 1', fieldPath: 'a' },
      { rule: 'self.a > 1', fieldPath: ' ' },
      { rule: 'self.a > 1', fieldPath: '.a\n' },
    ),
  },
  {
    name: 'message expressions',
    schema: spec(
      { a: int, s: short },
      { rule: 'self.a > 1', messageExpression: '"s is " + self.s' },
      { rule: 'self.a > 1', messageExpression: 'self.s', message: 'usual' },
      { rule: 'self.a > 1', messageExpression: '"a\\nb"', message: 'breaks' },
      { rule: 'self.a > 1', messageExpression: '"  "' },
      { rule: 'self.a > 1', messageExpression: "[' x '][self.a - 1]", reason: 'FieldValueForbidden', fieldPath: '.a' },
    ),
    steps: [create({ a: 1 }), create({ a: 1, s: 'told' }), create({ a: 0, s: 'told' })],
  },
  {
    name: 'message expressions that do not compile',
    schema: spec(
      { a: int },
      { rule: 'self.a > 1', messageExpression: 'self.a' },
      { rule: 'self.a > 1', messageExpression: 'self.x' },
    ),
  },
  { name: 'an unknown field', schema: spec({ a: int }, { rule: 'self.x > 1' }) },
  { name: 'an unknown name', schema: spec({ a: int }, { rule: 'other > 1' }) },
  {
    name: 'types that do not go together',
    schema: spec({ a: int, s: text }, { rule: 'self.a > self.s' }, { rule: 'self.a + 1.5 > 2.0' }),
  },
  { name: 'a rule that is no bool', schema: spec({ a: int }, { rule: 'self.a' }) },
  { name: 'a rule that does not parse', schema: spec({ a: int }, { rule: 'self.a >' }) },
  { name: 'a rule with an assignment', schema: spec({ a: int }, { rule: 'self.a = 1' }) },
  {
    name: 'the form of rules',
    schema: spec(
      { a: int },
      { rule: '' },
      { rule: 'self.a > 1', message: '  ' },
      { rule: 'self.a > 1', message: 'a\nb' },
      { rule: 'self.a > 1\n|| true' },
      { rule: 'self.a > 1', reason: 'Other' },
    ),
  },
  {
    name: 'all fields of a rule that fails to compile',
    schema: spec(
      { a: int },
      {
        rule: 'self.x',
        message: 'm',
        messageExpression: '"m"',
        reason: 'FieldValueInvalid',
        fieldPath: '.a',
        optionalOldSelf: true,
      },
    ),
  },
  {
    name: 'errors at run time',
    schema: spec(
      {
        a: int,
        l: { type: 'array', items: int, maxItems: 10 },
        m: { type: 'object', additionalProperties: int, maxProperties: 10 },
      },
      { rule: 'self.l[3] == 1' },
      { rule: "self.m['k'] == 1" },
      { rule: '1 / self.a == 1' },
      { rule: 'self.a + 9223372036854775807 > 1', message: 'overflows' },
    ),
    steps: [create({ a: 0, l: [1], m: {} }), create({ a: 1, l: [1], m: {} })],
  },
  {
    name: 'an int or string',
    schema: field({ 'x-kubernetes-int-or-string': true }, { rule: 'self > 1' }),
    steps: [create({ f: 1 }), create({ f: 'a' }), create({ f: 2 })],
  },
  {
    name: 'an int or string by its type',
    schema: field(
      { 'x-kubernetes-int-or-string': true },
      { rule: "type(self) == string ? self.endsWith('%') : self > 1" },
    ),
    steps: [create({ f: 1 }), create({ f: 'a' }), create({ f: '2%' })],
  },
  {
    name: 'transitions',
    schema: field(int, { rule: 'self >= oldSelf', message: 'may only grow' }),
    steps: [
      create({ f: 5 }),
      update({ f: 5 }, { f: 4 }),
      update({ f: 5 }, { f: 6 }),
      update({}, { f: 4 }),
      update({ f: 5 }, {}),
    ],
  },
  {
    name: 'optional oldSelf',
    schema: field(int, { rule: 'oldSelf.hasValue() ? self >= oldSelf.value() : self == 1', optionalOldSelf: true }),
    steps: [create({ f: 5 }), create({ f: 1 }), update({ f: 1 }, { f: 0 }), update({}, { f: 2 })],
  },
  {
    name: 'optional oldSelf for nothing',
    schema: field(int, { rule: 'self > 1', optionalOldSelf: true }, { rule: 'self > 1', optionalOldSelf: false }),
  },
  {
    name: 'oldSelf in lists',
    schema: spec({
      l: { type: 'array', maxItems: 3, items: { type: 'integer', ...rules({ rule: 'self == oldSelf' }) } },
      s: {
        type: 'array',
        maxItems: 3,
        'x-kubernetes-list-type': 'set',
        items: { type: 'integer', ...rules({ rule: 'self == oldSelf' }) },
      },
    }),
  },
  {
    name: 'oldSelf in a keyed list',
    schema: spec({ l: listMap({ k: short, v: { ...int, ...rules({ rule: 'self >= oldSelf' }) } }) }),
    steps: [
      update(
        {
          l: [
            { k: 'a', v: 1 },
            { k: 'b', v: 2 },
          ],
        },
        {
          l: [
            { k: 'b', v: 1 },
            { k: 'a', v: 1 },
          ],
        },
      ),
      update({ l: [{ k: 'a', v: 1 }] }, { l: [{ k: 'c', v: 0 }] }),
    ],
  },
  {
    name: 'oldSelf in maps',
    schema: spec({
      m: { type: 'object', maxProperties: 3, additionalProperties: { ...int, ...rules({ rule: 'self >= oldSelf' }) } },
    }),
    steps: [update({ m: { a: 2 } }, { m: { a: 1 } }), update({ m: { a: 2 } }, { m: { b: 1 } })],
  },
  {
    name: 'oldSelf in an atomic map',
    schema: spec({
      m: {
        type: 'object',
        'x-kubernetes-map-type': 'atomic',
        properties: { a: { ...int, ...rules({ rule: 'self >= oldSelf' }) } },
      },
    }),
    steps: [update({ m: { a: 2 } }, { m: { a: 1 } })],
  },
  {
    name: 'ratcheting',
    schema: spec(
      { a: { ...int, ...rules({ rule: 'self > 1 || oldSelf > 100' }, { rule: 'self != 3' }) }, b: int },
      { rule: 'self.b < 5 || self.b > 100' },
    ),
    steps: [update({ a: 2, b: 1 }, { a: 2, b: 7 })],
  },
  {
    name: 'metadata',
    schema: {
      ...object({ spec: object({ a: int }) }),
      ...rules(
        { rule: "self.metadata.name.startsWith('x')" },
        { rule: "self.kind == 'x'" },
        { rule: 'size(self.apiVersion) > 100' },
        { rule: 'has(self.metadata.generateName)' },
      ),
    },
    steps: [create({ a: 1 })],
  },
  {
    name: 'metadata that rules cannot see',
    schema: { ...object({ spec: object({ a: int }) }), ...rules({ rule: 'self.metadata.labels.size() == 0' }) },
  },
  {
    name: 'names that must be escaped',
    schema: spec(
      { 'a-b': int, 'c.d': int, 'e/f': int, namespace: int, a__b: int, $x: int },
      { rule: 'self.a__dash__b > 1' },
      { rule: 'self.c__dot__d > 1' },
      { rule: 'self.e__slash__f > 1' },
      { rule: 'self.__namespace__ > 1' },
      { rule: 'self.a__underscores__b > 1' },
    ),
    steps: [create({ 'a-b': 1, 'c.d': 1, 'e/f': 1, namespace: 1, a__b: 1, $x: 1 })],
  },
  {
    name: 'rules on what cannot be named',
    schema: spec({ $x: { ...int, ...rules({ rule: 'self > 1' }) } }),
    steps: [create({ $x: 1 })],
  },
  {
    name: 'values of no type',
    schema: spec({ any: { 'x-kubernetes-preserve-unknown-fields': true } }, { rule: 'has(self.any)' }),
  },
  {
    name: 'rules on values of no type',
    schema: field({ 'x-kubernetes-preserve-unknown-fields': true }, { rule: 'self > 1' }),
  },
  {
    name: 'objects that keep unknown fields',
    schema: field(
      { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { a: int } },
      { rule: 'self.a > 1' },
      { rule: 'self.a < oldSelf.a || self == oldSelf' },
    ),
    steps: [create({ f: { a: 1, b: 2 } }), update({ f: { a: 2, b: 1 } }, { f: { a: 2, b: 2 } })],
  },
  {
    name: 'embedded resources',
    schema: field(
      { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
      { rule: "self.metadata.name == 'x' && self.kind == 'y'" },
    ),
    steps: [
      create({ f: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } } }),
      create({ f: { apiVersion: 'v1', kind: 'y', metadata: { name: 'x' } } }),
    ],
  },
  {
    name: 'formats',
    schema: spec(
      {
        t: { ...text, format: 'date-time' },
        d: { ...text, format: 'duration' },
        b: { ...text, format: 'byte' },
        day: { ...text, format: 'date' },
      },
      { rule: "self.t > timestamp('2020-01-01T00:00:00Z')" },
      { rule: "self.d > duration('1h')" },
      { rule: 'size(self.b) > 3' },
      { rule: 'self.day.getFullYear() > 2020' },
    ),
    steps: [
      create({ t: '2019-01-01T00:00:00Z', d: '30m', b: 'YWE=', day: '2019-05-05' }),
      create({ t: '2021-01-01T00:00:00Z', d: '90m', b: 'YWFhYQ==', day: '2021-05-05' }),
    ],
  },
  {
    name: 'numbers',
    schema: spec({ n: { type: 'number' }, i: int }, { rule: 'self.n > 1.5' }, { rule: 'self.n > self.i' }),
    steps: [create({ n: 1, i: 1 }), create({ n: 2, i: 1 })],
  },
  {
    name: 'null',
    schema: spec({ a: { ...int, nullable: true, ...rules({ rule: 'self > 1' }) }, b: int }, { rule: 'has(self.a)' }),
    steps: [create({ a: null, b: 1 })],
  },
  {
    name: 'blocking errors',
    schema: spec(
      { a: { ...int, maximum: 5 }, s: { ...text, maxLength: 2 }, e: { ...text, enum: ['x'] } },
      { rule: 'self.a > 100' },
    ),
    steps: [create({ a: 6 }), create({ a: 1, s: 'abc' }), create({ a: 'x' }), create({ a: 1, e: 'y' })],
  },
  {
    name: 'rules in allOf',
    schema: object({
      spec: object(
        { a: int, f: { ...int, ...rules({ rule: 'self < 100' }) } },
        { allOf: [{ properties: { a: rules({ rule: 'self > 1' }) } }] },
      ),
    }),
    steps: [create({ a: 1 })],
  },
  {
    name: 'rules only in allOf',
    schema: object({ spec: object({ a: int }, { allOf: [{ properties: { a: rules({ rule: 'self > 1' }) } }] }) }),
    steps: [create({ a: 1 })],
  },
  {
    name: 'defaults that break rules',
    schema: spec({ a: { ...int, default: 1, ...rules({ rule: 'self > 1', message: 'small' }) } }),
  },
  {
    name: 'the status',
    schema: object(
      {
        spec: object({ a: int }),
        status: object({ a: int }, rules({ rule: 'self.a >= oldSelf.a' }, { rule: 'self.a < 5' })),
      },
      rules({ rule: '!has(self.status) || self.status.a <= self.spec.a' }),
    ),
    status: true,
    steps: [
      { create: { spec: { a: 1 } }, update: { spec: { a: 9 }, status: { a: 9 } }, part: 'status' },
      { create: { spec: { a: 7 } }, update: { spec: { a: 9 }, status: { a: 6 } }, part: 'status' },
    ],
  },
  {
    name: 'what one rule may cost',
    schema: field(
      { type: 'array', items: { type: 'array', items: text } },
      { rule: 'self.all(x, x.all(y, x.all(z, y.contains(z))))' },
    ),
  },
  {
    name: 'what one rule may cost, a little',
    schema: field(
      { type: 'array', maxItems: 1000, items: { type: 'string', maxLength: 1000 } },
      { rule: 'self.all(x, self.exists(y, x == y))' },
    ),
  },
  {
    name: 'what all rules may cost',
    schema: spec(
      Object.fromEntries(
        Array.from({ length: 14 }, (_, i) => [
          `f${i}`,
          {
            type: 'array',
            maxItems: 500 + 3 * i,
            items: { type: 'string', maxLength: 60 },
            ...rules({ rule: 'self.all(x, self.exists(y, x == y))' }),
          },
        ]),
      ),
    ),
  },
  {
    name: 'rules within unbounded lists',
    schema: spec({
      l: { type: 'array', items: { type: 'string', maxLength: 100, ...rules({ rule: "self.matches('^[a-z]*$')" }) } },
    }),
  },
  {
    name: 'a message that costs too much',
    schema: field(
      { type: 'array', items: text },
      { rule: 'self.size() < 5', messageExpression: "self.map(x, self.map(y, x + y).join(',')).join(',')" },
    ),
  },
  {
    name: 'cost at run time',
    schema: field(
      { type: 'array', maxItems: 640, items: { type: 'string', maxLength: 10 } },
      { rule: 'self.all(x, self.all(y, x != y || x == y))' },
      { rule: 'self.size() > 10000' },
    ),
    steps: [create({ f: Array.from({ length: 640 }, (_, i) => `i${i}`) })],
  },
  {
    name: 'lists, maps and sets',
    schema: spec(
      {
        l: { type: 'array', maxItems: 5, items: short },
        s: { type: 'array', maxItems: 5, 'x-kubernetes-list-type': 'set', items: short },
        m: listMap({ k: short, v: int }),
      },
      { rule: "self.s == ['b', 'a']" },
      { rule: "self.l == ['a', 'b']" },
      { rule: 'self.m.all(x, x.v > 1)' },
      { rule: 'self.l.isSorted()' },
      { rule: 'self.m.map(x, x.v).max() < 5' },
      { rule: "(self.s + ['a', 'c']).size() == 3" },
    ),
    steps: [
      create({ l: ['a', 'b'], s: ['a', 'b'], m: [{ k: 'a', v: 2 }] }),
      create({
        l: ['b', 'a'],
        s: ['a', 'c'],
        m: [
          { k: 'a', v: 1 },
          { k: 'b', v: 9 },
        ],
      }),
    ],
  },
  {
    name: 'libraries',
    schema: spec(
      { s: short, q: short, ip: { type: 'string', maxLength: 40 } },
      { rule: 'isQuantity(self.q) && quantity(self.q).isGreaterThan(quantity("1"))' },
      { rule: 'isIP(self.ip) && ip(self.ip).family() == 4' },
      { rule: "url('https://example.com/' + self.s).getHostname() == 'example.com'" },
      { rule: "self.s.lowerAscii().split('-').size() == 2" },
      { rule: '!format.dns1123Label().validate(self.s).hasValue()' },
    ),
    steps: [create({ s: 'a-b', q: '2', ip: '10.0.0.1' }), create({ s: 'A_b', q: '1', ip: '::1' })],
  },
  {
    name: 'types of equal form',
    schema: spec({ a: object({ x: int }), b: object({ x: int }) }, { rule: 'self.a == self.b' }),
  },
  { name: 'a reserved word', schema: spec({ a: int }, { rule: 'self.a in [1, 2] && self.namespace > 1' }) },
  {
    name: 'unchanged parts that new rules refuse',
    schema: spec({ a: int, b: int, o: object({ x: int, y: int }), l: listMap({ k: short, v: int }) }),
    later: {
      schema: spec({
        a: { ...int, ...rules({ rule: 'self > 5', message: 'a is small' }) },
        b: int,
        o: object(
          { x: { ...int, maximum: 3 }, y: int },
          rules(
            { rule: 'self.x < 3', message: 'x is large' },
            { rule: 'self.y >= oldSelf.y', message: 'y may only grow' },
          ),
        ),
        l: {
          ...listMap({ k: short, v: { ...int, ...rules({ rule: 'self > 5', message: 'v is small' }) } }),
          ...rules({ rule: 'self.size() > 5', message: 'l is short' }),
        },
      }),
      probe: { spec: { a: 1 } },
      steps: [
        { create: { spec: { a: 1, b: 1 } }, update: { spec: { a: 1, b: 2 } } },
        { create: { spec: { a: 1, b: 1 } }, update: { spec: { a: 2, b: 1 } } },
        { create: { spec: { o: { x: 4, y: 4 } } }, update: { spec: { b: 1, o: { x: 4, y: 4 } } } },
        { create: { spec: { o: { x: 4, y: 4 } } }, update: { spec: { o: { x: 4, y: 5 } } } },
        { create: { spec: { o: { x: 4, y: 4 } } }, update: { spec: { o: { x: 4, y: 3 } } } },
        {
          create: {
            spec: {
              l: [
                { k: 'a', v: 1 },
                { k: 'b', v: 2 },
              ],
            },
          },
          update: {
            spec: {
              l: [
                { k: 'b', v: 2 },
                { k: 'a', v: 1 },
              ],
            },
          },
        },
        {
          create: { spec: { l: [{ k: 'a', v: 1 }] } },
          update: {
            spec: {
              l: [
                { k: 'a', v: 1 },
                { k: 'b', v: 9 },
              ],
            },
          },
        },
        { create: { spec: { l: [{ k: 'a', v: 1 }] } }, update: { spec: { l: [{ k: 'a', v: 2 }] } } },
      ],
    },
  },
];
