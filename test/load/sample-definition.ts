/** A definition like those of real operators: some 200 typed fields in groups, ten rules, and objects that fill a part of them or all. */
type Schema = Record<string, unknown>;

const groups = 20;

/** Ten fields of the types that definitions use most. */
function groupSchema(): Schema {
  return {
    type: 'object',
    required: ['name'],
    properties: {
      name: { type: 'string', minLength: 1, maxLength: 63, pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' },
      mode: { type: 'string', enum: ['Auto', 'Manual', 'Off'], default: 'Auto' },
      replicas: { type: 'integer', format: 'int32', minimum: 0, maximum: 1000 },
      minimum: { type: 'integer', format: 'int32', minimum: 0 },
      ratio: { type: 'number', minimum: 0, maximum: 1 },
      enabled: { type: 'boolean', default: true },
      port: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
      labels: { type: 'object', maxProperties: 20, additionalProperties: { type: 'string', maxLength: 63 } },
      since: { type: 'string', format: 'date-time' },
      ports: {
        type: 'array',
        maxItems: 10,
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        items: {
          type: 'object',
          required: ['name'],
          properties: {
            name: { type: 'string', maxLength: 15 },
            number: { type: 'integer', minimum: 1, maximum: 65535 },
          },
        },
      },
    },
  };
}

const groupRules = [
  {
    rule: '!has(self.minimum) || !has(self.replicas) || self.minimum <= self.replicas',
    message: 'minimum is above replicas',
  },
  { rule: "self.mode != 'Off' || !self.enabled", message: 'what is off is not enabled' },
  { rule: '!has(self.ports) || self.ports.all(p, !has(p.number) || p.number != 22)', message: 'port 22 is taken' },
];

const specRules = [
  { rule: 'self.group0.name != self.group1.name', message: 'groups have different names' },
  { rule: 'self.group0.name == oldSelf.group0.name', message: 'the name stays' },
  { rule: "!has(self.group2) || self.group2.name.startsWith('g')", message: 'names begin with g' },
  { rule: '!has(self.group3) || self.group3.ratio < 0.99', message: 'ratio is too high' },
];

/** The text of a CustomResourceDefinition with `20 × 10` fields and ten rules. */
export function sampleDefinition(options: { group: string; plural: string; kind: string; rules: boolean }): string {
  const { group, plural, kind, rules } = options;
  const properties: Schema = {};
  for (let i = 0; i < groups; i++) {
    const schema = groupSchema();
    if (rules && i < 2) schema['x-kubernetes-validations'] = groupRules;
    properties[`group${i}`] = schema;
  }
  const spec = {
    type: 'object',
    required: ['group0', 'group1'],
    properties,
    ...(rules ? { 'x-kubernetes-validations': specRules } : {}),
  };
  return JSON.stringify({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: { spec, status: { type: 'object', properties: { phase: { type: 'string' } } } },
            },
          },
          subresources: { status: {} },
        },
      ],
    },
  });
}

/** An object with `filled` of the 20 groups: four of them make about 1 KB. */
export function sampleObject(options: {
  group: string;
  kind: string;
  name: string;
  filled: number;
  value?: string;
}): string {
  const { group, kind, name, filled, value = '' } = options;
  const spec: Schema = {};
  for (let i = 0; i < filled; i++)
    spec[`group${i}`] = {
      name: `g${i}`,
      replicas: 10 + i,
      minimum: 2,
      ratio: 0.5,
      port: 8080,
      labels: { app: 'bench', tier: `t${i}` },
      since: '2025-01-02T03:04:05Z',
      ports: [
        { name: 'http', number: 80 },
        { name: 'https', number: 443 },
      ],
    };
  return JSON.stringify({
    apiVersion: `${group}/v1`,
    kind,
    metadata: { name, namespace: 'default', labels: { app: 'bench', tier: 'b' }, annotations: { value } },
    spec,
  });
}
