import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { deepEqual, type Json } from '../../../apimachinery/json.ts';
import { certificateProblem } from './pem.ts';
import { requestProblem } from './pkcs10.ts';
import { type CertificateSigningRequest, type Condition, conditionsOf } from './request.ts';
import { validateSignerName } from './signer-name.ts';

const usages = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
];
const legacySigner = 'kubernetes.io/legacy-unknown';
const minSeconds = 600;
const trueOnly = new Set(['Approved', 'Denied', 'Failed']);
const statuses = ['False', 'True', 'Unknown'];

/** What an old request already breaks, a new state of it may break, too. */
type Allowed = {
  readonly certificate: boolean;
  readonly approvedAndDenied: boolean;
  readonly legacySigner: boolean;
  readonly duplicateTypes: boolean;
  readonly emptyType: boolean;
  readonly unknownUsages: boolean;
  readonly duplicateUsages: boolean;
};

function repeats(values: readonly string[]): boolean {
  return new Set(values).size < values.length;
}

function allowedBy(request: CertificateSigningRequest, old: CertificateSigningRequest | undefined): Allowed {
  const types = old?.status?.conditions?.map(({ type = '' }) => type) ?? [];
  const oldUsages = old?.spec?.usages ?? [];
  const before = old?.status?.certificate ?? '';
  const isSame = old !== undefined && before === (request.status?.certificate ?? '');
  return {
    certificate: isSame || certificateProblem(decoded(before)) !== undefined,
    approvedAndDenied: types.includes('Approved') && types.includes('Denied'),
    legacySigner: old?.spec?.signerName === legacySigner,
    duplicateTypes: repeats(types),
    emptyType: types.includes(''),
    unknownUsages: oldUsages.some((usage) => !usages.includes(usage)),
    duplicateUsages: repeats(oldUsages),
  };
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString('latin1');
}

function goBytes(base64: string): string {
  const bytes = [...Buffer.from(base64, 'base64')].map((byte) => `0x${byte.toString(16)}`);
  return bytes.length === 0 ? '[]byte(nil)' : `[]byte{${bytes.join(', ')}}`;
}

/** Errors of a request; `old` is its state before, when there is one (pkg/apis/certificates/validation). */
export function validateRequest(request: CertificateSigningRequest, old?: CertificateSigningRequest): FieldError[] {
  const { request: pem = '', usages: wanted = [], signerName = '', expirationSeconds } = request.spec ?? {};
  const allowed = allowedBy(request, old);
  const errors: FieldError[] = [];
  const problem = requestProblem(decoded(pem));
  if (problem !== undefined) errors.push(fieldError.invalid('spec.request', goSyntax(goBytes(pem)), problem));
  validateUsages(wanted, allowed, errors);
  if (!allowed.legacySigner && signerName === legacySigner) {
    const message = 'the legacy signerName is not allowed via this API version';
    errors.push(fieldError.invalid('spec.signerName', signerName, message));
  } else validateSignerName(signerName, 'spec.signerName', errors);
  if (expirationSeconds !== undefined && expirationSeconds < minSeconds) {
    const message = 'may not specify a duration less than 600 seconds (10 minutes)';
    errors.push(fieldError.invalid('spec.expirationSeconds', expirationSeconds, message));
  }
  validateConditions(request.status?.conditions ?? [], allowed, errors);
  if (!allowed.certificate) {
    const why = certificateProblem(decoded(request.status?.certificate ?? ''));
    if (why !== undefined) errors.push(fieldError.invalid('status.certificate', '<certificate data>', why));
  }
  return errors;
}

function validateUsages(wanted: readonly string[], allowed: Allowed, errors: FieldError[]): void {
  const path = 'spec.usages';
  if (wanted.length === 0) errors.push(fieldError.required(path));
  if (!allowed.unknownUsages) {
    wanted.forEach((usage, index) => {
      if (!usages.includes(usage)) errors.push(fieldError.notSupported(`${path}[${index}]`, usage, usages));
    });
  }
  if (allowed.duplicateUsages) return;
  wanted.forEach((usage, index) => {
    if (wanted.indexOf(usage) < index) errors.push(fieldError.duplicate(`${path}[${index}]`, usage));
  });
}

function validateConditions(conditions: readonly Condition[], allowed: Allowed, errors: FieldError[]): void {
  const seen = new Set<string>();
  conditions.forEach(({ type = '', status = '' }, index) => {
    const path = `status.conditions[${index}]`;
    if (!allowed.emptyType && type === '') errors.push(fieldError.required(`${path}.type`));
    const supported = trueOnly.has(type) ? ['True'] : statuses;
    if (status === '') errors.push(fieldError.required(`${path}.status`));
    else if (!supported.includes(status)) errors.push(fieldError.notSupported(`${path}.status`, status, supported));
    const opposite = type === 'Approved' ? 'Denied' : type === 'Denied' ? 'Approved' : undefined;
    if (!allowed.approvedAndDenied && opposite !== undefined && seen.has(opposite)) {
      const message = 'Approved and Denied conditions are mutually exclusive';
      errors.push(fieldError.invalid(`${path}.type`, type, message));
    }
    if (!allowed.duplicateTypes && seen.has(type)) errors.push(fieldError.duplicate(`${path}.type`, type));
    seen.add(type);
  });
}

/** Errors of a change: decisions stay, and are made through /approval only; the certificate is issued once, through /status. */
export function validateRequestUpdate(
  request: CertificateSigningRequest,
  old: CertificateSigningRequest,
  may: { readonly decide?: boolean; readonly issue?: boolean } = {},
): FieldError[] {
  const errors = validateRequest(request, old);
  const path = 'status.conditions';
  for (const type of ['Approved', 'Denied', 'Failed']) {
    if (conditionsOf(request, type).length >= conditionsOf(old, type).length) continue;
    errors.push(fieldError.forbidden(path, `updates may not remove a condition of type "${type}"`));
  }
  if (may.decide !== true) {
    for (const type of ['Approved', 'Denied']) {
      const now = conditionsOf(request, type);
      const before = conditionsOf(old, type);
      if (now.length > before.length) {
        errors.push(fieldError.forbidden(path, `updates may not add a condition of type "${type}"`));
      } else if (now.length === before.length && !deepEqual(now as Json, before as Json)) {
        errors.push(fieldError.forbidden(path, `updates may not modify a condition of type "${type}"\n`));
      }
    }
  }
  const certificate = request.status?.certificate ?? '';
  const before = old.status?.certificate ?? '';
  if (certificate === before) return errors;
  if (may.issue !== true) {
    errors.push(fieldError.forbidden('status.certificate', 'updates may not set certificate content'));
  } else if (before !== '') {
    errors.push(fieldError.forbidden('status.certificate', 'updates may not modify existing certificate content'));
  }
  return errors;
}
