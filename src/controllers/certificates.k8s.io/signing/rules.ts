import { mastersGroup } from '../../../registry/identities.ts';

/** What a signing request's PKCS #10 part asks to be called. */
export type RequestedSubject = {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly dnsNames: readonly string[];
  readonly emails: readonly string[];
  readonly addresses: readonly string[];
  readonly urls: readonly string[];
};

type Rule = (subject: RequestedSubject, usages: readonly string[]) => string | undefined;

const nodesGroup = 'system:nodes';
const nodePrefix = 'system:node:';

const clientRule: Rule = (_subject, usages) => {
  const strange = usages.find((usage) => !['digital signature', 'key encipherment', 'client auth'].includes(usage));
  if (strange !== undefined) return `invalid usage for client certificate: ${strange}`;
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth';
};

const kubeletClientRule: Rule = (subject, usages) => {
  if (!isOfNodes(subject)) return 'subject organization is not system:nodes';
  if (subject.dnsNames.length > 0) return 'DNS subjectAltNames are not allowed';
  if (subject.emails.length > 0) return 'Email subjectAltNames are not allowed';
  if (subject.addresses.length > 0) return 'IP subjectAltNames are not allowed';
  if (subject.urls.length > 0) return 'URI subjectAltNames are not allowed';
  if (!subject.commonName.startsWith(nodePrefix)) return 'subject common name does not begin with system:node:';
  return usagesAre(usages, 'client auth');
};

const kubeletServingRule: Rule = (subject, usages) => {
  if (!isOfNodes(subject)) return 'subject organization is not system:nodes';
  if (subject.dnsNames.length === 0 && subject.addresses.length === 0) return 'DNS or IP subjectAltName is required';
  if (subject.emails.length > 0) return 'Email subjectAltNames are not allowed';
  if (subject.urls.length > 0) return 'URI subjectAltNames are not allowed';
  const wrong = usagesAre(usages, 'server auth');
  if (wrong !== undefined) return wrong;
  return subject.commonName.startsWith(nodePrefix) ? undefined : 'subject common name does not begin with system:node:';
};

function isOfNodes({ organizations }: RequestedSubject): boolean {
  return organizations.length === 1 && organizations[0] === nodesGroup;
}

/** Signatures and one purpose; RSA keys may also encipher keys. */
function usagesAre(usages: readonly string[], purpose: string): string | undefined {
  const wanted = new Set(usages);
  wanted.delete('key encipherment');
  return wanted.size === 2 && wanted.has('digital signature') && wanted.has(purpose)
    ? undefined
    : `usages did not match [${['digital signature', 'key encipherment', purpose].toSorted().join(' ')}]`;
}

const rules: ReadonlyMap<string, Rule> = new Map([
  ['kubernetes.io/kube-apiserver-client', clientRule],
  ['kubernetes.io/kube-apiserver-client-kubelet', kubeletClientRule],
  ['kubernetes.io/kubelet-serving', kubeletServingRule],
  ['kubernetes.io/legacy-unknown', () => undefined],
]);

/** Whether requests to the signer are ours to sign. */
export function isSigned(signerName: string): boolean {
  return rules.has(signerName);
}

/**
 * Why a signer refuses a request; undefined: it signs (pkg/controller/certificates/signer). Beyond stock, no signer signs for system:masters, of whom nobody in
 * a logical cluster is to become one.
 */
export function refusalOf(
  signerName: string,
  subject: RequestedSubject,
  usages: readonly string[],
): string | undefined {
  if (subject.organizations.includes(mastersGroup)) return `subject organization ${mastersGroup} is not allowed`;
  return rules.get(signerName)?.(subject, usages);
}
