/**
 * Records what a stock API server answers to definitions with rules in CEL, and to objects that break them:
 * `node test/differential/rules.ts <server> <token>` prints the vectors that src/registry/customresources/rule-vectors.json holds. Needs a server without the definitions of
 * `rule-cases.ts`, which are removed again.
 */
import { type RuleCase, ruleCases, type Step } from './rule-cases.ts';

process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
const [server = '', token = ''] = process.argv.slice(2);

type Body = Record<string, unknown>;
type Answer = {
  readonly code: number;
  readonly causes?: unknown;
  readonly message?: unknown;
  readonly warnings?: string[];
};

async function call(method: string, path: string, body?: unknown): Promise<{ answer: Answer; body: Body }> {
  const response = await fetch(`${server}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const said = await response.text();
  const answer = (said.startsWith('{') ? JSON.parse(said) : { message: said }) as Body;
  const { causes } = (answer['details'] ?? {}) as { causes?: unknown };
  const warnings = [...(response.headers.get('warning') ?? '').matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map(
    (match) => JSON.parse(`"${match[1]}"`) as string,
  );
  return {
    body: answer,
    answer: {
      code: response.status,
      ...(response.status < 300 ? {} : causes === undefined ? { message: answer['message'] } : { causes }),
      ...(warnings.length === 0 ? {} : { warnings }),
    },
  };
}

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

function definition(plural: string, each: RuleCase): object {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.rules.example.com` },
    spec: {
      group: 'rules.example.com',
      scope: 'Namespaced',
      names: { plural, singular: plural, kind: 'Rule', listKind: 'RuleList' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: each.schema },
          ...(each.status === true ? { subresources: { status: {} } } : {}),
        },
      ],
    },
  };
}

async function record(each: RuleCase, index: number): Promise<object> {
  const plural = `r${index}s`;
  const crd = definition(plural, each) as { spec: { names: { kind: string; listKind: string } } };
  crd.spec.names.kind = `R${index}`;
  crd.spec.names.listKind = `R${index}List`;
  await call('DELETE', `${definitions}/${plural}.rules.example.com`);
  const { answer } = await call('POST', definitions, crd);
  if (answer.code >= 300) return { ...each, answer, steps: undefined };
  const path = `/apis/rules.example.com/v1/namespaces/default/${plural}`;
  for (let tries = 0; tries < 200; tries++) {
    if ((await call('GET', path)).answer.code === 200) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const steps: object[] = [];
  for (const [i, step] of (each.steps ?? []).entries()) steps.push(await run(step, path, `R${index}`, `o${i}`));
  const later =
    each.later === undefined ? undefined : { ...each.later, steps: await runLater(each.later, path, plural, index) };
  await call('DELETE', `${definitions}/${plural}.rules.example.com`);
  return { ...each, answer, steps, later };
}

/** Creates the first states, replaces the schema, and then updates. */
async function runLater(
  later: NonNullable<RuleCase['later']>,
  path: string,
  plural: string,
  index: number,
): Promise<object[]> {
  const object = (name: string, fields: object, more: object = {}) => ({
    apiVersion: 'rules.example.com/v1',
    kind: `R${index}`,
    metadata: { name, namespace: 'default', ...more },
    ...fields,
  });
  const created: Body[] = [];
  for (const [i, { create }] of later.steps.entries())
    created.push((await call('POST', path, object(`l${i}`, create))).body);
  const crdPath = `${definitions}/${plural}.rules.example.com`;
  const crd = (await call('GET', crdPath)).body as { spec: { versions: { schema: object }[] } };
  for (const version of crd.spec.versions) version.schema = { openAPIV3Schema: later.schema };
  const replaced = await call('PUT', crdPath, crd);
  if (replaced.answer.code !== 200) throw new Error(JSON.stringify(replaced.body));
  while ((await call('POST', `${path}?dryRun=All`, object('probe', later.probe))).answer.code < 300)
    await new Promise((resolve) => setTimeout(resolve, 100));
  const answers: object[] = [];
  for (const [i, step] of later.steps.entries()) {
    const { resourceVersion } = (created[i]?.['metadata'] ?? {}) as Body;
    const { answer } = await call('PUT', `${path}/l${i}`, object(`l${i}`, step.update, { resourceVersion }));
    answers.push({ ...step, answer });
  }
  return answers;
}

/** Creates the first state, then updates to the second where there is one. */
async function run(step: Step, path: string, kind: string, name: string): Promise<object> {
  const object = (fields: object) => ({
    apiVersion: 'rules.example.com/v1',
    kind,
    metadata: { name, namespace: 'default' },
    ...fields,
  });
  const { answer, body } = await call('POST', path, object(step.create));
  if (step.update === undefined) return { ...step, answer };
  if (answer.code !== 201) throw new Error(`${JSON.stringify(step)} cannot be created: ${JSON.stringify(body)}`);
  const metadata = { name, namespace: 'default', resourceVersion: (body['metadata'] as Body)['resourceVersion'] };
  const part = step.part === undefined ? '' : `/${step.part}`;
  return {
    ...step,
    answer: (await call('PUT', `${path}/${name}${part}`, { ...object(step.update), metadata })).answer,
  };
}

const results: object[] = [];
for (let i = 0; i < ruleCases.length; i += 8)
  results.push(...(await Promise.all(ruleCases.slice(i, i + 8).map((each, at) => record(each, i + at)))));
const text = JSON.stringify(results, undefined, 1).replaceAll(/selfType\d+/g, 'selfType');
console.log(text.replaceAll(/\(0x[0-9a-f]+\)/g, '(0xc000000000)').replaceAll(/ of R\d+/g, ' of R'));
