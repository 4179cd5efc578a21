import { X509Certificate } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { isObject, type JsonObject } from '../../apimachinery/json.ts';
import { textField } from '../../registry/generic/object-fields.ts';
import { newRequest } from '../../server/pki/new-request.ts';
import { type ApiClient, HttpFailure } from '../api-client.ts';

const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const waitMs = 30_000;
const pollMs = 100;

export type IssuedCredential = { readonly certPem: string; readonly keyPem: string; readonly notAfter: string };

/**
 * A client certificate for a user of one logical cluster: asks, approves and waits until it is signed. The key never leaves this process. @throws when the
 * caller may not approve, the request is refused, or nobody signs within half a minute
 */
export async function issueCertificate(
  client: ApiClient,
  wanted: { readonly user: string; readonly groups: readonly string[]; readonly seconds: number },
): Promise<IssuedCredential> {
  const { keyPem, requestPem } = await newRequest(wanted.user, wanted.groups);
  const created = await client.post(requests, {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { generateName: 'kubeconfig-' },
    spec: {
      request: Buffer.from(requestPem).toString('base64'),
      signerName: 'kubernetes.io/kube-apiserver-client',
      expirationSeconds: wanted.seconds,
      usages: ['client auth', 'digital signature'],
    },
  });
  const metadata = isObject(created['metadata']) ? created['metadata'] : {};
  const path = `${requests}/${textField(metadata, 'name')}`;
  const approval = { type: 'Approved', status: 'True', reason: 'AtollKubeconfig', message: 'by atoll kubeconfig' };
  await client.put(`${path}/approval`, { ...created, status: { conditions: [approval] } });
  const certPem = await signedCertificate(client, path);
  return { certPem, keyPem, notAfter: new X509Certificate(certPem).validToDate.toISOString() };
}

async function signedCertificate(client: ApiClient, path: string): Promise<string> {
  const until = Date.now() + waitMs;
  while (Date.now() < until) {
    const { status } = (await client.get(path)) as { status?: JsonObject };
    const certificate = status?.['certificate'];
    if (typeof certificate === 'string' && certificate !== '') return Buffer.from(certificate, 'base64').toString();
    const conditions = Array.isArray(status?.['conditions']) ? status['conditions'] : [];
    const failed = conditions.find((each) => isObject(each) && each['type'] === 'Failed');
    if (isObject(failed)) throw new HttpFailure(422, `the certificate was refused: ${textField(failed, 'message')}`);
    await setTimeout(pollMs);
  }
  throw new HttpFailure(504, 'nobody signed the certificate: does a server with the role controllers run?');
}
