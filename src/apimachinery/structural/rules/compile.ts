import type { CelType } from '../../cel/index.ts';
import { type Json, type JsonObject } from '../../json.ts';
import type { Structural } from '../structural.ts';
import { maxRequestBytes, sizesOf } from './cel-type.ts';
import { normalFieldPath } from './field-path.ts';
import { type Compilation, type CompiledExpression, compileExpression } from './expression.ts';

/** One rule as it is evaluated. */
export type CompiledRule = {
  /** The rule, and what a client is told of it. */
  readonly text: string;
  readonly message: string;
  readonly reason: string | undefined;
  readonly optionalOldSelf: boolean;
  /** '' or where below the node errors are reported: `a.b[c]`. */
  readonly fieldPath: string;
  /** Undefined: the rule is empty, or has not compiled. */
  readonly program: CompiledExpression | undefined;
  /** Why it has not compiled. */
  readonly error: string | undefined;
  readonly usesOldSelf: boolean;
  /** Estimated cost of one evaluation. */
  readonly maxCost: number;
  /** How often values of this node can be in one request at most, if nothing else bounds them. */
  readonly maxCardinality: number;
  readonly messageExpression: { readonly text: string; readonly program: CompiledExpression } | undefined;
  readonly messageError: string | undefined;
  readonly messageMaxCost: number;
};

/**
 * Compiles the rules of a node. `type`: how they see its values; undefined when they cannot: then there are no programs. `isStored`: whether an expression has been
 * accepted before.
 */
export function compileRules(
  given: readonly JsonObject[],
  schema: Structural,
  type: CelType | undefined,
  isStored: (expression: string) => boolean = () => true,
): readonly CompiledRule[] {
  return given.map((rule) => compileRule(rule, schema, type, isStored));
}

/** What stock says of rules on values that rules cannot see. */
export const noType = 'failed to convert to declType for CEL validation rules';

function compileRule(
  rule: JsonObject,
  schema: Structural,
  type: CelType | undefined,
  isStored: (expression: string) => boolean,
): CompiledRule {
  const text = textOf(rule['rule']);
  const expression = textOf(rule['messageExpression']);
  const path = textOf(rule['fieldPath']);
  const reason = rule['reason'];
  const optionalOldSelf = rule['optionalOldSelf'] === true;
  const base = {
    text: text.trim(),
    message: textOf(rule['message']).trim(),
    reason: typeof reason === 'string' ? reason : undefined,
    optionalOldSelf,
    fieldPath: path === '' ? '' : (normalFieldPath(path, schema) ?? ''),
    program: undefined,
    error: undefined,
    usesOldSelf: false,
    maxCost: 0,
    maxCardinality: 0,
    messageExpression: undefined,
    messageError: undefined,
    messageMaxCost: 0,
  };
  if (base.text === '' || type === undefined) return base;
  const compiled = compileExpression(text, {
    self: type,
    optionalOldSelf,
    result: 'bool',
    stored: isStored(text),
  });
  if ('error' in compiled) return { ...base, error: ruleError(compiled) };
  const sizes = sizesOf(schema, false);
  const rated = {
    ...base,
    program: compiled,
    usesOldSelf: compiled.usesOldSelf,
    maxCost: compiled.maxCost,
    maxCardinality: Math.floor(maxRequestBytes / ((type.hints.minSerializedSize ?? sizes?.minimum ?? 0) + 1)),
  };
  if (expression === '') return rated;
  const message = compileExpression(expression, {
    self: type,
    optionalOldSelf,
    result: 'string',
    stored: isStored(expression),
  });
  if ('error' in message) return { ...rated, messageError: messageError(message) };
  return {
    ...rated,
    messageExpression: { text: expression, program: message },
    messageMaxCost: message.maxCost,
  };
}

type Refusal = Extract<Compilation, { error: string }>;

function ruleError({ error, stage }: Refusal): string {
  if (stage === 'result') return 'cel expression must evaluate to a bool';
  return stage === 'compile' ? `compilation failed: ${error}` : `program instantiation failed: ${error}`;
}

function messageError({ error, stage }: Refusal): string {
  if (stage === 'result') return 'messageExpression must evaluate to a string';
  return `messageExpression ${stage === 'compile' ? 'compilation' : 'instantiation'} failed: ${error}`;
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
