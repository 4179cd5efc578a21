import {
  conflict,
  type FieldError,
  fieldError,
  genericNotFound,
  invalid,
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

const bindingKind = { group: '', kind: 'Binding' };
const podBindings = { group: '', resource: 'pods/binding' };

const bound: KubeObject = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };

/** POST pods/NAME/binding: what a scheduler says. Gives the pod its node, once. */
export const podBindingStorage: RestStorageFactory = (engine) => ({
  async create(ctx, target, binding, options) {
    const node = nodeOf(binding, target.name);
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
    const node = nodeOf(binding, name);
    await bind(engine, ctx, { ...target, ...pods, name, subresource: 'binding' }, binding, node, options);
    return renderObject(bound);
  },
});

/** @throws 422 when the binding names no node. */
function nodeOf(binding: KubeObject, name: string): string {
  const target = structField(binding, 'target');
  const kind = textField(target, 'kind');
  const node = textField(target, 'name');
  const errors: FieldError[] = [];
  if (kind !== '' && kind !== 'Node') errors.push(fieldError.notSupported('target.kind', kind, ['Node', '<empty>']));
  if (node === '') errors.push(fieldError.required('target.name'));
  if (errors.length > 0) throw invalid(bindingKind, name, errors);
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
    const { uid, annotations } = binding.metadata;
    if (uid !== undefined && uid !== '' && uid !== pod.metadata.uid)
      throw conflict(
        podBindings,
        target.name,
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid}`,
      );
    if (pod.metadata.deletionTimestamp !== undefined)
      throw conflict(podBindings, target.name, `pod ${target.name} is being deleted, cannot be assigned to a host`);
    const spec = structField(pod, 'spec') ?? {};
    const assigned = textField(spec, 'nodeName');
    if (assigned !== '')
      throw conflict(
        podBindings,
        target.name,
        `pod ${target.name} is already assigned to node ${JSON.stringify(assigned)}`,
      );
    pod['spec'] = { ...spec, nodeName: node };
    if (annotations !== undefined) pod.metadata.annotations = { ...pod.metadata.annotations, ...annotations };
    pod['status'] = scheduled(structField(pod, 'status') ?? {}, formatTime(engine.now()));
    const changed = await prepareChangedObject(alreadyAdmitted(engine), ctx, target, pod, current, options, true);
    return asAttempt(target, changed, current, options);
  });
}

function scheduled(status: JsonObject, now: string): JsonObject {
  const conditions = Array.isArray(status['conditions']) ? status['conditions'] : [];
  const others = conditions.filter((each) => !isObject(each) || each['type'] !== 'PodScheduled');
  const condition = { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: now };
  return { ...status, conditions: [...others, condition] };
}
