import { deepEqual, type Json } from '../apimachinery/json.ts';
import type { KubeObject } from '../apimachinery/object.ts';
import type { PlannedWrite } from '../registry/admission.ts';
import { type Charge, deltaOf } from '../registry/core/resourcequotas/charge.ts';
import { type Evaluator, evaluatorOf } from '../registry/core/resourcequotas/evaluator.ts';
import { QuotaLedger, type QuotaLedgerOptions } from '../registry/core/resourcequotas/ledger.ts';
import { namesTracked, type Quota, quotaResource } from '../registry/core/resourcequotas/quota.ts';
import type { WriteItem, WriteOutcome } from '../storage/object-store.ts';
import type { AdmissionAttributes, AdmissionPlugin } from './admission.ts';
import { refusal } from './refusal.ts';

/**
 * Holds namespaces to their ResourceQuotas (upstream's ResourceQuota). What a write uses is charged in its own commit, and what a removal releases too: see
 * QuotaLedger. A write in a namespace without quotas pays for a look into a map.
 */
export function resourceQuota(options: QuotaLedgerOptions): AdmissionPlugin {
  return new ResourceQuotaPlugin(options);
}

class ResourceQuotaPlugin implements AdmissionPlugin {
  readonly name = 'ResourceQuota';
  readonly #store: QuotaLedgerOptions['store'];
  readonly #ledger: QuotaLedger;

  constructor(options: QuotaLedgerOptions) {
    this.#store = options.store;
    this.#ledger = new QuotaLedger(options);
  }

  handles(
    _operation: AdmissionAttributes['operation'],
    { definition }: Pick<AdmissionAttributes['target'], 'definition'>,
  ): boolean {
    return evaluatorOf(definition) !== undefined;
  }

  /** A dry run is told what the write would be told, and charges nothing. */
  validate(attributes: AdmissionAttributes): Promise<void> | undefined {
    if (!attributes.dryRun || attributes.operation === 'DELETE') return undefined;
    return this.#refuseTrial(attributes);
  }

  async #refuseTrial(attributes: AdmissionAttributes): Promise<void> {
    const { ctx, target, object, oldObject } = attributes;
    const evaluator = evaluatorOf(target.definition);
    if (evaluator === undefined) return;
    const charge = chargeOf(evaluator, target.subresource, oldObject, object);
    const why = await this.#ledger.refusalOf(ctx.cluster, target.namespace, charge);
    if (why !== undefined) throw refusal(attributes, why);
  }

  commit(write: PlannedWrite): Promise<readonly WriteOutcome[]> | undefined {
    const { ctx, target, key, before, after } = write;
    const evaluator = evaluatorOf(target.definition);
    if (evaluator === undefined) return undefined;
    const items = key.resource === quotaResource ? itemsOfQuota(write) : write.items;
    if (before !== undefined && after !== undefined && !evaluator.changes)
      return items === write.items ? undefined : this.#store.commit(items);
    const view = this.#ledger.viewAtHand(ctx.cluster, key.namespace);
    if (view?.quotas.length === 0) return this.#store.commit(items, view);
    const charge = chargeOf(evaluator, target.subresource, before, after);
    if (view?.quotas.every((quota) => !concerns(quota, charge)) === true) return this.#store.commit(items, view);
    const refuse = (why: string) => refusal({ target, name: key.name, object: after }, why);
    return this.#ledger.commit(ctx.cluster, key.namespace, { charge, key, items, refuse });
  }
}

/** Whether a quota has a say: what is held to limits may lack what they ask for, though it changes nothing that they count. */
function concerns(quota: Quota, charge: Charge): boolean {
  if (deltaOf(quota, charge) !== undefined) return true;
  const { evaluator, isChecked } = charge;
  return isChecked && evaluator.missing !== undefined && namesTracked(quota, evaluator).length > 0;
}

function chargeOf(
  evaluator: Evaluator,
  subresource: string,
  before: KubeObject | undefined,
  after: KubeObject | undefined,
): Charge {
  const isChecked =
    after !== undefined &&
    (before === undefined ? subresource === '' : evaluator.checksUpdate?.(subresource, after, before) === true);
  return { evaluator, before, after, isChecked, now: Date.now() };
}

/** A quota that is new, or counts something else than before, is news for every write of the logical cluster. */
function itemsOfQuota({ items, before, after }: PlannedWrite): readonly WriteItem[] {
  const last = items[items.length - 1];
  if (last === undefined || after === undefined || (last.op !== 'create' && last.op !== 'update')) return items;
  if (before !== undefined && deepEqual(before['spec'] as Json | undefined, after['spec'] as Json | undefined))
    return items;
  return [...items.slice(0, -1), { ...last, raisesGuard: true }];
}
