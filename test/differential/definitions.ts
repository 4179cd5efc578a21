/**
 * Records what a stock API server answers to CustomResourceDefinitions that break a rule each: `node test/differential/definitions.ts <server> <token>` prints the
 * vectors that src/api/apiextensions.k8s.io/v1/definition-vectors.json holds.
 */
process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
const [server = '', token = ''] = process.argv.slice(2);

type Object_ = Record<string, unknown>;
const any = (properties: Object_, more: Object_ = {}) => ({ type: 'object', properties, ...more });
const version = (schema: unknown, more: Object_ = {}) => ({
  name: 'v1',
  served: true,
  storage: true,
  schema: { openAPIV3Schema: schema },
  ...more,
});
const fine = any({ spec: any({ a: { type: 'string' } }) });

function crd(spec: Object_, metadata: Object_ = {}): Object_ {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'things.rules.example.com', ...metadata },
    spec: {
      group: 'rules.example.com',
      scope: 'Namespaced',
      names: { plural: 'things', kind: 'Thing' },
      versions: [version(fine)],
      ...spec,
    },
  };
}
const withSchema = (schema: unknown, more: Object_ = {}) => crd({ versions: [version(schema, more)] });
const withField = (field: unknown) => withSchema(any({ spec: any({ f: field }) }));
const list = (items: unknown, more: Object_) => withField({ type: 'array', items, ...more });

const cases: Record<string, Object_> = {
  fine: crd({}),
  'another name': crd({}, { name: 'x.rules.example.com' }),
  'no group': crd({ group: '' }, { name: 'things.' }),
  'a group without a dot': crd({ group: 'rules' }, { name: 'things.rules' }),
  'a group in capitals': crd({ group: 'Rules.example.com' }, { name: 'things.Rules.example.com' }),
  'no scope': crd({ scope: '' }),
  'another scope': crd({ scope: 'Galaxy' }),
  'no kind': crd({ names: { plural: 'things' } }),
  'a kind with a space': crd({ names: { plural: 'things', kind: 'A Thing' } }),
  'equal kinds': crd({ names: { plural: 'things', kind: 'Thing', listKind: 'Thing' } }),
  'bad short names': crd({ names: { plural: 'things', kind: 'Thing', shortNames: ['A', 'b'], categories: ['C'] } }),
  'a protected group': crd({ group: 'rules.k8s.io' }, { name: 'things.rules.k8s.io' }),
  'a protected group with nonsense': crd(
    { group: 'rules.k8s.io' },
    { name: 'things.rules.k8s.io', annotations: { 'api-approved.kubernetes.io': 'nonsense' } },
  ),
  'an approved group': crd(
    { group: 'rules.k8s.io' },
    { name: 'things.rules.k8s.io', annotations: { 'api-approved.kubernetes.io': 'https://example.com/1' } },
  ),
  'an unapproved group': crd(
    { group: 'rules.k8s.io' },
    { name: 'things.rules.k8s.io', annotations: { 'api-approved.kubernetes.io': 'unapproved, test' } },
  ),
  'no schema': crd({ versions: [{ name: 'v1', served: true, storage: true }] }),
  'a bad version name': crd({ versions: [version(fine, { name: '1' })] }),
  'preserving unknown fields': crd({ preserveUnknownFields: true }),
  'no type at the root': withSchema({ properties: {} }),
  'a list at the root': withSchema({ type: 'array', items: { type: 'string' } }),
  'nullable at the root': withSchema({ ...fine, nullable: true }),
  'additional properties at the root': withSchema({ type: 'object', additionalProperties: { type: 'string' } }),
  'a field without a type': withField({ description: 'x' }),
  'an unknown type': withField({ type: 'text' }),
  'type null': withField({ type: 'null' }),
  'a list without items': withField({ type: 'array' }),
  'items without a type': list({ description: 'x' }, {}),
  'several items': withField({ type: 'array', items: [{ type: 'string' }] }),
  'a reference': withField({ type: 'string', $ref: '#/x' }),
  definitions: withField({ type: 'object', definitions: { a: { type: 'string' } } }),
  dependencies: withField({ type: 'object', dependencies: { a: ['b'] } }),
  'pattern properties': withField({ type: 'object', patternProperties: { a: { type: 'string' } } }),
  'additional items': withField({ type: 'array', items: { type: 'string' }, additionalItems: false }),
  id: withField({ type: 'string', id: 'x' }),
  'unique items': list({ type: 'string' }, { uniqueItems: true }),
  'both kinds of properties': withField({
    type: 'object',
    properties: { a: { type: 'string' } },
    additionalProperties: { type: 'string' },
  }),
  'a bad pattern': withField({ type: 'string', pattern: '(' }),
  'a type below anyOf': withField({ type: 'string', anyOf: [{ type: 'string' }] }),
  'a description below allOf': withField({
    type: 'string',
    allOf: [{ description: 'x', title: 'y', nullable: true, default: 'z' }],
  }),
  'extensions below oneOf': withField({
    type: 'object',
    oneOf: [{ 'x-kubernetes-preserve-unknown-fields': true, additionalProperties: { minLength: 1 } }],
  }),
  'an undeclared field below not': withField({ type: 'object', not: { properties: { a: { minLength: 1 } } } }),
  'undeclared items below anyOf': withField({ type: 'object', anyOf: [{ items: { minLength: 1 } }] }),
  'metadata below anyOf': withField({ type: 'object', anyOf: [{ properties: { metadata: { minLength: 1 } } }] }),
  'int or string': withField({ 'x-kubernetes-int-or-string': true }),
  'int or string spelled out': withField({
    'x-kubernetes-int-or-string': true,
    anyOf: [{ type: 'integer' }, { type: 'string' }],
  }),
  'int or string with a pattern': withField({
    'x-kubernetes-int-or-string': true,
    allOf: [{ anyOf: [{ type: 'integer' }, { type: 'string' }] }, { pattern: 'x' }],
  }),
  'int or string that preserves': withField({
    'x-kubernetes-int-or-string': true,
    'x-kubernetes-preserve-unknown-fields': true,
    'x-kubernetes-embedded-resource': true,
  }),
  'preserving false': withField({ type: 'object', 'x-kubernetes-preserve-unknown-fields': false }),
  'embedded text': withField({ type: 'string', 'x-kubernetes-embedded-resource': true }),
  'embedded nothing': withField({ type: 'object', 'x-kubernetes-embedded-resource': true }),
  'embedded with additional properties': withField({
    type: 'object',
    'x-kubernetes-embedded-resource': true,
    additionalProperties: { type: 'string' },
  }),
  'metadata restricted': withSchema(any({ metadata: any({ name: { type: 'string', maxLength: 3 } }) })),
  'metadata with labels': withSchema(any({ metadata: any({ labels: { type: 'object' } }) })),
  'metadata a text': withSchema(any({ metadata: { type: 'string' } })),
  'kind a number': withSchema(any({ kind: { type: 'integer' }, apiVersion: { type: 'object' } })),
  'default at top-level metadata': withSchema(any({ metadata: any({ name: { type: 'string', default: 'x' } }) })),
  'a map type of a list': withField({ type: 'array', items: { type: 'string' }, 'x-kubernetes-map-type': 'atomic' }),
  'an unknown map type': withField({ type: 'object', 'x-kubernetes-map-type': 'odd' }),
  'a list type of an object': withField({ type: 'object', 'x-kubernetes-list-type': 'set' }),
  'an unknown list type': list({ type: 'string' }, { 'x-kubernetes-list-type': 'odd' }),
  'a set of objects': list({ type: 'object' }, { 'x-kubernetes-list-type': 'set' }),
  'a set of lists': list(
    { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
    { 'x-kubernetes-list-type': 'set' },
  ),
  'a keyed list without keys': list(any({ a: { type: 'string' } }), { 'x-kubernetes-list-type': 'map' }),
  'keys without a keyed list': list(any({ a: { type: 'string' } }), { 'x-kubernetes-list-map-keys': ['a'] }),
  'keys of a set': list({ type: 'string' }, { 'x-kubernetes-list-type': 'set', 'x-kubernetes-list-map-keys': ['a'] }),
  'a keyed list of texts': list(
    { type: 'string' },
    { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['a'] },
  ),
  'an unknown key': list(any({ a: { type: 'string' } }), {
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['b'],
  }),
  'a repeated key': list(any({ a: { type: 'string' } }, { required: ['a'] }), {
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['a', 'a'],
  }),
  'a key that is optional': list(any({ a: { type: 'string', nullable: true } }), {
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['a'],
  }),
  'a key that is an object': list(any({ a: { type: 'object' } }, { required: ['a'] }), {
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['a'],
  }),
  'nullable items of a set': list({ type: 'string', nullable: true }, { 'x-kubernetes-list-type': 'set' }),
  'a default of another type': withField({ type: 'string', default: 5 }),
  'a default with unknown fields': withField(any({ a: { type: 'string' } }, { default: { a: 'x', b: 'y' } })),
  'a default that is too long': withField({ type: 'string', maxLength: 2, default: 'abc' }),
  'a default that is incomplete': withField(any({ a: { type: 'string' } }, { required: ['a'], default: {} })),
  'a column without a type': withSchema(fine, { additionalPrinterColumns: [{ name: 'x', jsonPath: '.spec.a' }] }),
  'a column of an unknown type': withSchema(fine, {
    additionalPrinterColumns: [{ name: 'x', type: 'text', jsonPath: 'spec.a', format: 'odd' }],
  }),
  'a column without a name': withSchema(fine, {
    additionalPrinterColumns: [{ name: '', type: 'string', jsonPath: '' }],
  }),
  'scale outside': withSchema(fine, {
    subresources: {
      scale: { specReplicasPath: '.status.a', statusReplicasPath: '.spec.a', labelSelectorPath: '.metadata.a' },
    },
  }),
  'scale without paths': withSchema(fine, {
    subresources: { scale: { specReplicasPath: '', statusReplicasPath: 'x' } },
  }),
  'a minimum at the root beside a status': withSchema({ ...fine, minProperties: 1 }, { subresources: { status: {} } }),
  'a list at the root beside a status': withSchema(
    { type: 'array', items: { type: 'string' } },
    { subresources: { status: {} } },
  ),
  'a deprecation of what is not': withSchema(fine, { deprecationWarning: 'x' }),
  'an empty deprecation': withSchema(fine, { deprecated: true, deprecationWarning: '' }),
  'a long deprecation': withSchema(fine, { deprecated: true, deprecationWarning: 'x'.repeat(257) }),
  'selectable metadata': withSchema(any({ metadata: any({ name: { type: 'string' } }) }), {
    selectableFields: [{ jsonPath: '.metadata.name' }],
  }),
  'selectable objects': withSchema(fine, { selectableFields: [{ jsonPath: '.spec' }] }),
  'selectable twice': withSchema(fine, { selectableFields: [{ jsonPath: '.spec.a' }, { jsonPath: '.spec.a' }] }),
  'selectable nothing': withSchema(fine, { selectableFields: [{ jsonPath: '' }] }),
  'selectable unknown': withSchema(fine, { selectableFields: [{ jsonPath: '.spec.b' }] }),
  'conversion without a client': crd({ conversion: { strategy: 'Webhook' } }),
  'conversion without versions': crd({
    conversion: {
      strategy: 'Webhook',
      webhook: { clientConfig: { url: 'https://example.com' }, conversionReviewVersions: [] },
    },
  }),
  'conversion in odd versions': crd({
    conversion: {
      strategy: 'Webhook',
      webhook: { clientConfig: { service: { name: '', namespace: 'x' } }, conversionReviewVersions: ['v9', 'v9'] },
    },
  }),
  'conversion over http': crd({
    conversion: {
      strategy: 'Webhook',
      webhook: { clientConfig: { url: 'http://example.com' }, conversionReviewVersions: ['v1'] },
    },
  }),
  'conversion none with a client': crd({
    conversion: {
      strategy: 'None',
      webhook: { clientConfig: { url: 'https://example.com' }, conversionReviewVersions: ['v1'] },
    },
  }),
  'conversion unheard of': crd({ conversion: { strategy: 'Odd' } }),
  'two versions, each wrong': crd({
    versions: [version({ type: 'array' }, { name: 'v1' }), version(any({ a: {} }), { name: 'v2', storage: false })],
  }),
  'a rule without text': withField({ type: 'string', 'x-kubernetes-validations': [{ rule: ' ' }] }),
  'a rule with lines and no message': withField({
    type: 'string',
    'x-kubernetes-validations': [{ rule: 'self ==\n"a"' }],
  }),
  'a rule with an odd reason': withField({
    type: 'string',
    'x-kubernetes-validations': [{ rule: 'self == "a"', reason: 'Odd' }],
  }),
};

const vectors: unknown[] = [];
for (const [name, object] of Object.entries(cases)) {
  const response = await fetch(`${server}/apis/apiextensions.k8s.io/v1/customresourcedefinitions?dryRun=All`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(object),
  });
  const body = (await response.json()) as {
    message?: string;
    details?: { causes?: { field: string; message: string; reason: string }[] };
  };
  const causes = body.details?.causes;
  vectors.push({
    name,
    object,
    code: response.status,
    ...(response.status < 300 ? {} : causes === undefined ? { message: body.message } : { causes }),
  });
}
console.log(JSON.stringify(vectors));
