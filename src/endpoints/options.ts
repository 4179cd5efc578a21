import { badRequest, type FieldError, fieldError, goSyntax, invalid } from '../apimachinery/errors.ts';
import type { DeleteOptions, FieldValidation, ListRequest, WatchRequest, WriteOptions } from '../registry/registry.ts';
import type { Exchange } from './exchange.ts';
import { queryBoolean } from './requestinfo.ts';

const fieldManagerMaxLength = 128;
const maxInt64 = 2n ** 63n - 1n;

/**
 * The options of a list. Throws 400 for numbers that are none, in the stock server's words. Which combinations make sense is the registry's to say.
 */
export function parseListRequest(x: Exchange): ListRequest {
  if (x.info.query === '') return emptyListRequest;
  const resourceVersion = x.parameter('resourceVersion') ?? '';
  const resourceVersionMatch = x.parameter('resourceVersionMatch') ?? '';
  const continueToken = x.parameter('continue') ?? '';
  const limit = integer(x, 'limit');
  integer(x, 'timeoutSeconds');
  const sendInitialEvents = boolean(x, 'sendInitialEvents');
  return {
    ...selection(x),
    ...(resourceVersion === '' ? {} : { resourceVersion }),
    ...(resourceVersionMatch === '' ? {} : { resourceVersionMatch }),
    ...(continueToken === '' ? {} : { continue: continueToken }),
    ...(sendInitialEvents === undefined ? {} : { sendInitialEvents }),
    ...(limit === undefined || limit <= 0 ? {} : { limit }),
  };
}

const emptyListRequest: ListRequest = {};

/** The options of a watch and the seconds after which it ends; undefined seconds: the server chooses. Throws 400. */
export function parseWatchRequest(x: Exchange): { request: WatchRequest; timeoutSeconds: number | undefined } {
  const timeoutSeconds = integer(x, 'timeoutSeconds');
  integer(x, 'limit');
  const resourceVersion = x.parameter('resourceVersion') ?? '';
  const resourceVersionMatch = x.parameter('resourceVersionMatch') ?? '';
  const sendInitialEvents = boolean(x, 'sendInitialEvents');
  const request: WatchRequest = {
    ...selection(x),
    ...(resourceVersion === '' ? {} : { resourceVersion }),
    ...(resourceVersionMatch === '' ? {} : { resourceVersionMatch }),
    ...(sendInitialEvents === undefined ? {} : { sendInitialEvents }),
    allowWatchBookmarks: boolean(x, 'allowWatchBookmarks') ?? false,
  };
  return { request, timeoutSeconds: timeoutSeconds !== undefined && timeoutSeconds > 0 ? timeoutSeconds : undefined };
}

/** The selectors of a collection request, unparsed. */
function selection(x: Exchange): { labelSelector?: string; fieldSelector?: string } {
  const labelSelector = x.parameter('labelSelector') ?? '';
  const fieldSelector = x.parameter('fieldSelector') ?? '';
  return {
    ...(labelSelector === '' ? {} : { labelSelector }),
    ...(fieldSelector === '' ? {} : { fieldSelector }),
  };
}

const defaultWriteOptions: WriteOptions = { dryRun: false, fieldValidation: 'Warn' };

/** The options of a create or update. `kind` is CreateOptions or UpdateOptions. Throws 422. */
export function parseWriteOptions(x: Exchange, kind: 'CreateOptions' | 'UpdateOptions'): WriteOptions {
  if (x.info.query === '') return defaultWriteOptions;
  const errors: FieldError[] = [];
  const options = writeOptions(x, errors);
  throwInvalid(kind, errors);
  return options;
}

/** The options of a patch; `force` for apply only. Throws 422. */
export function parsePatchOptions(x: Exchange, apply: boolean): { options: WriteOptions; force: boolean | undefined } {
  const errors: FieldError[] = [];
  const force = boolean(x, 'force');
  if (apply && (x.parameter('fieldManager') ?? '') === '') {
    errors.push(fieldError.required('fieldManager', 'is required for apply patch'));
  }
  if (!apply && force !== undefined) {
    errors.push(fieldError.forbidden('force', 'may not be specified for non-apply patch'));
  }
  const options = writeOptions(x, errors);
  throwInvalid('PatchOptions', errors);
  return { options, force };
}

function writeOptions(x: Exchange, errors: FieldError[]): WriteOptions {
  if (x.info.query === '') return defaultWriteOptions;
  const fieldManager = x.parameter('fieldManager') ?? '';
  if (Buffer.byteLength(fieldManager) > fieldManagerMaxLength) {
    errors.push(fieldError.tooLong('fieldManager', fieldManagerMaxLength));
  }
  errors.push(...unprintable(fieldManager));
  const dryRun = x.parameters.getAll('dryRun');
  checkDryRun(dryRun, errors);
  const fieldValidation = x.parameter('fieldValidation') ?? '';
  if (!['', 'Ignore', 'Strict', 'Warn'].includes(fieldValidation)) {
    errors.push(fieldError.notSupported('fieldValidation', fieldValidation, ['', 'Ignore', 'Strict', 'Warn']));
  }
  return {
    dryRun: dryRun.length > 0,
    fieldValidation: fieldValidation === '' ? 'Warn' : (fieldValidation as FieldValidation),
    ...(fieldManager === '' ? {} : { fieldManager }),
    ...(fieldValidation === '' ? {} : { namesFieldValidation: true as const }),
  };
}

function unprintable(fieldManager: string): FieldError[] {
  const errors: FieldError[] = [];
  let position = 0;
  for (const character of fieldManager.length > 1024 ? fieldManager.slice(0, 1024) : fieldManager) {
    if (!/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character)) {
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
      const why = `invalid character U+${code} (at position ${position})`;
      errors.push(fieldError.invalid('fieldManager', goSyntax(goQuote(fieldManager)), why));
    }
    position += Buffer.byteLength(character);
  }
  return errors;
}

/** A text quoted as Go's %q does for control characters. */
function goQuote(text: string): string {
  return JSON.stringify(text).replace(/\\u00([0-9a-f]{2})/g, '\\x$1');
}

function checkDryRun(dryRun: readonly string[], errors: FieldError[]): void {
  if (dryRun.every((value) => value === 'All')) return;
  const list = `[]string{${dryRun.map((value) => JSON.stringify(value)).join(', ')}}`;
  errors.push(fieldError.notSupported('dryRun', goSyntax(list), ['All']));
}

/** What a DELETE asks for, from its body or else its query. */
export type RawDeleteOptions = {
  readonly dryRun: readonly string[];
  readonly gracePeriodSeconds?: number;
  readonly orphanDependents?: boolean;
  readonly propagationPolicy?: string;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
};

/** DeleteOptions from the query. Throws 400. */
export function deleteOptionsFromQuery(x: Exchange): RawDeleteOptions {
  if (x.info.query === '') return { dryRun: [] };
  const gracePeriodSeconds = integer(x, 'gracePeriodSeconds');
  const orphanDependents = boolean(x, 'orphanDependents');
  const propagationPolicy = x.parameter('propagationPolicy') ?? '';
  return {
    dryRun: x.parameters.getAll('dryRun'),
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(orphanDependents === undefined ? {} : { orphanDependents }),
    ...(propagationPolicy === '' ? {} : { propagationPolicy }),
  };
}

/** DeleteOptions as the registry takes them; it checks the propagation itself. Throws 422 for an unknown dryRun. */
export function validateDeleteOptions(raw: RawDeleteOptions): DeleteOptions {
  const errors: FieldError[] = [];
  const { propagationPolicy, orphanDependents, gracePeriodSeconds, preconditions } = raw;
  checkDryRun(raw.dryRun, errors);
  throwInvalid('DeleteOptions', errors);
  return {
    dryRun: raw.dryRun.length > 0,
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(orphanDependents === undefined ? {} : { orphanDependents }),
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(preconditions === undefined ? {} : { preconditions }),
  };
}

/** A 64-bit integer parameter; undefined when absent. Throws 400 with Go's text. */
function integer(x: Exchange, name: string): number | undefined {
  const text = x.parameter(name);
  if (text === undefined) return undefined;
  const problem = (why: string) => badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: ${why}`);
  if (!/^[+-]?\d+$/.test(text)) throw problem('invalid syntax');
  const value = text.length > 30 ? maxInt64 + 1n : BigInt(text.startsWith('+') ? text.slice(1) : text);
  if (value > maxInt64 || value < -maxInt64 - 1n) throw problem('value out of range');
  return Number(value);
}

function boolean(x: Exchange, name: string): boolean | undefined {
  const text = x.parameter(name);
  return text === undefined ? undefined : queryBoolean(text);
}

function throwInvalid(kind: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind }, '', errors);
}
