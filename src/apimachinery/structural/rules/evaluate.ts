import { CelError } from '../../cel/index.ts';
import { type FieldError, fieldError, formatFieldErrorBody } from '../../errors.ts';
import { isObject, type Json, type JsonObject } from '../../json.ts';
import { type CompiledRule, noType } from './compile.ts';
import type { CompiledExpression } from './expression.ts';
import {
  type Correlation,
  isUnchanged,
  itemRatcheting,
  itemsByKey,
  keyOf,
  memberRatcheting,
  type Ratcheting,
} from './ratcheting.ts';
import type { RuleTree } from './rule-tree.ts';

/** What all rules may cost over one object, and one rule over one value. */
export const objectCostBudget = 10_000_000;
export const callCostLimit = 1_000_000;
const maxMessageBytes = 5 * 1024;
/** So many errors of one object are told. */
const maxErrors = 200;

/** Where a value was before an update. */
export type Before = { readonly value: Json | undefined };

export type EvaluateOptions = {
  /** The object before an update; undefined on create. */
  readonly old?: Before;
  /** Failed rules over what has not changed are let be, and only said in a warning. */
  readonly ratchet: boolean;
  readonly warn?: (text: string) => void;
  /** Path of the value in the object; '' for the object itself. */
  readonly path?: string;
  /** What may be spent; default: all of an object's. */
  readonly budget?: number;
};

export type Evaluation = {
  readonly errors: FieldError[];
  /** What is left of the budget; negative: rules were left out. */
  readonly remaining: number;
};

/** Evaluates all rules over a value, in stock's order and words. The value fits its schema's types. */
export function evaluateRules(tree: RuleTree, value: Json, options: EvaluateOptions): Evaluation {
  const walk = new Walk(options);
  const root: Correlation | undefined =
    options.ratchet && options.old !== undefined
      ? { value, old: options.old.value ?? null, schema: tree.schema }
      : undefined;
  walk.node(tree, options.path ?? '', value, options.old?.value, { current: root, parent: undefined });
  return { errors: walk.errors, remaining: walk.budget };
}

class Walk {
  readonly errors: FieldError[] = [];
  budget: number;
  readonly #warn: (text: string) => void;

  constructor(options: EvaluateOptions) {
    this.budget = options.budget ?? objectCostBudget;
    this.#warn = options.warn ?? (() => undefined);
  }

  /** Stops all that is left when the budget is gone: it is negative then. */
  node(tree: RuleTree, path: string, value: Json, old: Json | undefined, ratcheting: Ratcheting): void {
    if (value === null) return;
    if (tree.count > 0) this.#rules(tree, path, value, old ?? undefined, ratcheting);
    for (const each of tree.allOf) {
      if (this.budget < 0) return;
      this.node(each, path, value, old, { current: undefined, parent: ratcheting.parent });
    }
    if (this.budget < 0) return;
    if (Array.isArray(value)) this.#list(tree, path, value, old, ratcheting);
    else if (isObject(value)) this.#object(tree, path, value, old, ratcheting);
  }

  #object(tree: RuleTree, path: string, object: JsonObject, old: Json | undefined, ratcheting: Ratcheting): void {
    const { additional, properties } = tree;
    const before = isObject(old) ? old : undefined;
    const visit = (below: RuleTree, name: string, at: string): void => {
      const value = object[name];
      if (value === undefined || this.budget < 0) return;
      const previous = before !== undefined && Object.hasOwn(before, name) ? before[name] : undefined;
      this.node(below, at, value, previous, memberRatcheting(ratcheting, name));
    };
    if (additional !== undefined) for (const name of Object.keys(object)) visit(additional, name, `${path}[${name}]`);
    for (const [name, below] of properties)
      if (Object.hasOwn(object, name)) visit(below, name, path === '' ? name : `${path}.${name}`);
  }

  #list(tree: RuleTree, path: string, list: readonly Json[], old: Json | undefined, ratcheting: Ratcheting): void {
    const { items, schema } = tree;
    if (items === undefined) return;
    const before = schema.listType === 'map' && Array.isArray(old) ? itemsByKey(schema, old) : undefined;
    const correlated =
      schema.listType === 'map' && Array.isArray(ratcheting.current?.old)
        ? itemsByKey(schema, ratcheting.current.old)
        : undefined;
    for (let i = 0; i < list.length && this.budget >= 0; i++) {
      const item = list[i] as Json;
      const previous = before?.get(keyOf(schema, item) ?? '');
      this.node(items, `${path}[${i}]`, item, previous, itemRatcheting(ratcheting, item, correlated));
    }
  }

  #rules(tree: RuleTree, path: string, value: Json, old: Json | undefined, ratcheting: Ratcheting): void {
    const rules = tree.rules();
    const { type } = tree;
    const shown = tree.schema.type;
    if (type === undefined) {
      this.#add(fieldError.invalid(path || '<nil>', shown, `rule compiler initialization error: ${noType}`));
      return;
    }
    if (this.budget <= 0) {
      this.#stop(path, shown, outOfBudget);
      return;
    }
    for (const rule of rules) {
      if (this.budget < 0) return;
      this.#rule(rule, tree, path, value, old, ratcheting);
    }
  }

  #rule(
    rule: CompiledRule,
    { schema }: RuleTree,
    path: string,
    value: Json,
    old: Json | undefined,
    ratcheting: Ratcheting,
  ): void {
    const shown = schema.type;
    const { program } = rule;
    if (rule.error !== undefined) {
      this.#add(fieldError.invalid(path || '<nil>', shown, `rule compile error: ${rule.error}`));
      return;
    }
    if (program === undefined || (rule.usesOldSelf && old === undefined && !rule.optionalOldSelf)) return;
    const { result, cost } = program.evaluate(value, old);
    const exceeded = result instanceof CelError && result.message.startsWith(costExceeded);
    if (cost > this.budget) return this.#stop(path, shown, outOfBudget);
    this.budget -= cost;
    const told = rule.message === '' ? rule.text : rule.message;
    if (result instanceof CelError) {
      const why = result.message;
      if (exceeded) {
        const detail = `'${why}': no further validation rules will be run due to call cost exceeds limit for rule: ${told}`;
        return this.#stop(path, shown, detail);
      }
      const detail = why.startsWith('no such overload')
        ? `'${why}': call arguments did not match a supported operator, function or macro signature for rule: ${told}`
        : `${why} evaluating rule: ${told}`;
      this.#add(fieldError.invalid(path || '<nil>', shown, detail));
      return;
    }
    if (result === true) return;
    const at = rule.fieldPath === '' ? path : `${path}${separated(path, rule.fieldPath)}`;
    this.#failed(rule, at || '<nil>', shown, value, old, ratcheting);
  }

  #failed(
    rule: CompiledRule,
    path: string,
    shown: string,
    value: Json,
    old: Json | undefined,
    ratcheting: Ratcheting,
  ): void {
    const tell = (error: FieldError): void => {
      if (!rule.usesOldSelf && isUnchanged(ratcheting)) this.#warn(`${error.field}: ${formatFieldErrorBody(error)}`);
      else this.#add(error);
    };
    const usual = rule.message === '' ? `failed rule: ${rule.text}` : rule.message;
    if (rule.messageExpression === undefined) return tell(errorFor(rule, path, shown, usual));
    const { text, program } = rule.messageExpression;
    const { message, refused, cost } = messageOf(program, text, value, old, this.budget);
    if (refused !== undefined) {
      tell(fieldError.invalid(path, shown, refused));
      this.budget = -1;
      return;
    }
    tell(errorFor(rule, path, shown, message ?? usual));
    this.budget -= cost;
  }

  #stop(path: string, shown: string, detail: string): void {
    this.#add(fieldError.invalid(path || '<nil>', shown, detail));
    this.budget = -1;
  }

  #add(error: FieldError): void {
    if (this.errors.length < maxErrors) this.errors.push(error);
  }
}

const costExceeded = 'operation cancelled: actual cost limit exceeded';
const outOfBudget = 'validation failed due to running out of cost budget, no further validation rules will be run';

function separated(path: string, below: string): string {
  return path === '' || below.startsWith('[') ? below : `.${below}`;
}

function errorFor(rule: CompiledRule, path: string, shown: string, detail: string): FieldError {
  switch (rule.reason) {
    case 'FieldValueForbidden':
      return fieldError.forbidden(path, detail);
    case 'FieldValueRequired':
      return fieldError.required(path, detail);
    case 'FieldValueDuplicate':
      return fieldError.duplicate(path, shown);
    default:
      return fieldError.invalid(path, shown, detail);
  }
}

/** What a messageExpression comes to; no message when it fails, `refused` when that ends all evaluation. */
function messageOf(
  program: CompiledExpression,
  text: string,
  value: Json,
  old: Json | undefined,
  budget: number,
): { readonly message?: string; readonly refused?: string; readonly cost: number } {
  const { result, cost } = program.evaluate(value, old);
  if (cost > budget)
    return {
      refused:
        'messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run',
      cost,
    };
  if (result instanceof CelError && result.message.startsWith(costExceeded))
    return {
      refused: `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${JSON.stringify(text)}`,
      cost,
    };
  if (typeof result !== 'string') return { cost };
  const message = result.trim();
  const usable = message !== '' && !message.includes('\n') && Buffer.byteLength(message) <= maxMessageBytes;
  return usable ? { message, cost } : { cost };
}
