import {
  type ApiError,
  badRequest,
  conflict,
  type FieldError,
  fieldError,
  formatFieldErrorBody,
  genericNotFound,
  notFound,
} from '../../../apimachinery/errors.ts';
import { deepCopy, isObject, type Json, type JsonObject } from '../../../apimachinery/json.ts';
import { formatTime, type KubeObject } from '../../../apimachinery/object.ts';
import { alreadyAdmitted } from '../../generic/admitted-creation.ts';
import { prepareChangedObject } from '../../generic/changed-object.ts';
import { type Engine, keyOf, type RestStorageFactory } from '../../generic/engine.ts';
import { guaranteedWrite } from '../../generic/guaranteed-write.ts';
import { structField, textField } from '../../generic/object-fields.ts';
import { renderObject } from '../../generic/rendered.ts';
import { factsOf } from '../../generic/resource-facts.ts';
import { asAttempt } from '../../generic/update.ts';
import { storedView } from '../../generic/versions.ts';
import type { RequestContext, Target, WriteOptions } from '../../registry.ts';

const podBindings = { group: '', resource: 'pods/binding' };

const bound: KubeObject = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };

/** POST pods/NAME/binding: what a scheduler says. Gives the pod its node, once. */
export const podBindingStorage: RestStorageFactory = (engine) => ({
  async create(ctx, target, binding, options) {
    if (binding.metadata.name !== target.name) throw badRequest('name in URL does not match name in Binding object');
    const node = nodeOf(binding);
    await bind(engine, ctx, target, binding, node, options);
    return renderObject(bound);
  },
});

/** POST bindings: the same for the pod that the binding is named after. */
export const bindingStorage: RestStorageFactory = (engine) => ({
  async create(ctx, target, binding, options) {
    const pods = (await engine.catalogs.catalogFor(ctx.cluster)).find('', 'v1', 'pods');
    if (pods === undefined) throw genericNotFound();
    const name = binding.metadata.name ?? '';
    if (name === '') throw badRequest('Name parameter required.');
    const node = nodeOf(binding);
    await bind(engine, ctx, { ...target, ...pods, name, subresource: 'binding' }, binding, node, options);
    return renderObject(bound);
  },
});

/** @throws 400 when the binding names no node; stock answers 500 with the same text. */
function nodeOf(binding: KubeObject): string {
  const target = structField(binding, 'target');
  const kind = textField(target, 'kind');
  const node = textField(target, 'name');
  const errors: FieldError[] = [];
  if (kind !== '' && kind !== 'Node') errors.push(fieldError.notSupported('target.kind', kind, ['Node', '<empty>']));
  if (node === '') errors.push(fieldError.required('target.name'));
  const texts = errors.map((error) => `${error.field}: ${formatFieldErrorBody(error)}`);
  if (texts.length > 0) throw badRequest(texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`);
  return node;
}

async function bind(
  engine: Engine,
  ctx: RequestContext,
  target: Target,
  binding: KubeObject,
  node: string,
  options: WriteOptions,
): Promise<void> {
  const { gr } = factsOf(target.definition);
  await guaranteedWrite(engine.store, keyOf(ctx, target), gr, async (current) => {
    if (current === undefined) throw notFound(gr, target.name);
    const pod = deepCopy(storedView(target.definition, current.object) as Json) as KubeObject;
    const { annotations } = binding.metadata;
    checkPreconditions(binding, pod, String(current.revision), target);
    const refused = (why: string): ApiError => conflict(podBindings, target.name, `pod ${target.name} ${why}`);
    if (pod.metadata.deletionTimestamp !== undefined) throw refused('is being deleted, cannot be assigned to a host');
    const spec = structField(pod, 'spec') ?? {};
    const assigned = textField(spec, 'nodeName');
    if (assigned !== '') throw refused(`is already assigned to node ${JSON.stringify(assigned)}`);
    if (Array.isArray(spec['schedulingGates']) && spec['schedulingGates'].length > 0)
      throw refused('has non-empty .spec.schedulingGates');
    pod['spec'] = { ...spec, nodeName: node };
    if (annotations !== undefined) pod.metadata.annotations = { ...pod.metadata.annotations, ...annotations };
    pod['status'] = scheduled(structField(pod, 'status') ?? {}, formatTime(engine.now()));
    const changed = await prepareChangedObject(alreadyAdmitted(engine), ctx, target, pod, current, options, true);
    return asAttempt(target, changed, current, options);
  });
}

/** A binding that means a certain pod, in a certain state, is for no other. @throws 409 */
function checkPreconditions(binding: KubeObject, pod: KubeObject, revision: string, target: Target): void {
  const { uid = '', resourceVersion = '' } = binding.metadata;
  const differs = (what: string, given: string, found: string): ApiError =>
    conflict(
      { group: '', resource: 'pods' },
      target.name,
      `StorageError: invalid object, Code: 4, Key: /registry/pods/${target.namespace}/${target.name}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: ${what} in precondition: ${given}, ${what} in object meta: ${found}`,
    );
  if (uid !== '' && uid !== pod.metadata.uid) throw differs('UID', uid, pod.metadata.uid ?? '');
  if (resourceVersion !== '' && resourceVersion !== revision)
    throw differs('ResourceVersion', resourceVersion, revision);
}

function scheduled(status: JsonObject, now: string): JsonObject {
  const conditions = Array.isArray(status['conditions']) ? status['conditions'] : [];
  const others = conditions.filter((each) => !isObject(each) || each['type'] !== 'PodScheduled');
  const condition = { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: now };
  return { ...status, conditions: [...others, condition] };
}
