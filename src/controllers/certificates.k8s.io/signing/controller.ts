import {
  type IssuedCertificate,
  issuedCertificatesResource,
} from '../../../api/access.atoll.dev/v1alpha1/issuedcertificates.ts';
import { type CertificateSigningRequest, conditionsOf } from '../../../api/certificates.k8s.io/v1/request.ts';
import { formatTime, type KubeObject } from '../../../apimachinery/object.ts';
import type { LoopbackClient } from '../../../client/client.ts';
import type { ClusterName } from '../../../logicalcluster/name.ts';
import type { ObjectStore } from '../../../storage/object-store.ts';
import { type Controller, visitEverywhere } from '../../framework/controller.ts';
import { formatObjectKey, parseObjectKey } from '../../framework/object-keys.ts';
import { isSigned, refusalOf, type RequestedSubject } from './rules.ts';

export const signingRequests = 'certificatesigningrequests.certificates.k8s.io';

/** Reads and signs PKCS #10 requests with the authority of a logical cluster; the server's is server/pki. */
export interface RequestSigner {
  /** @throws when the request cannot be read */
  read(request: string): Promise<RequestedSubject>;
  sign(
    cluster: ClusterName,
    leaf: {
      readonly request: string;
      readonly usages: readonly string[];
      readonly notBefore: Date;
      readonly notAfter: Date;
    },
  ): Promise<{ readonly certPem: string; readonly fingerprint: string }>;
}

export type SigningControllerOptions = {
  readonly store: Pick<ObjectStore, 'listEverywhere'>;
  readonly client: Pick<LoopbackClient, 'find' | 'create' | 'update'>;
  readonly signer: RequestSigner;
  readonly now?: () => number;
};

const maxSeconds = 365 * 24 * 3600;
const minSeconds = 600;
const backdateMs = 5 * 60_000;
/** Of certificates that are good for less, the backdating is not taken off their time. */
const shortMs = 8 * 3600_000;

/**
 * Signs what has been approved for the signers of kubernetes.io, with the logical cluster's own authority (pkg/controller/certificates/signer). Each certificate is
 * recorded as an IssuedCertificate before anybody sees it: those that are not recorded are not believed.
 */
export function createSigningController(options: SigningControllerOptions): Controller {
  const { store, client } = options;
  return {
    name: 'certificate-signing',
    concurrency: 4,
    notice({ type, key, object }, enqueue) {
      if (
        key.resource === signingRequests &&
        type !== 'DELETED' &&
        isToSign(object.object as CertificateSigningRequest)
      )
        enqueue(formatObjectKey(key));
    },
    sweep: (context) =>
      visitEverywhere(store, signingRequests, context, ({ key, object }) => {
        if (isToSign(object as CertificateSigningRequest)) context.enqueue(formatObjectKey(key));
      }),
    async reconcile(key) {
      const { cluster, name } = parseObjectKey(key);
      const ref = { cluster, resource: signingRequests, name };
      const found = (await client.find(ref)) as CertificateSigningRequest | undefined;
      if (found === undefined || !isToSign(found)) return;
      const status = await statusOf(found, cluster, options);
      await client.update(ref, { ...found, status: { ...found.status, ...status } } as KubeObject, 'status');
    },
  };
}

/** Approved, for a signer of ours, and neither signed nor failed. */
function isToSign(request: CertificateSigningRequest): boolean {
  return (
    (request.status?.certificate ?? '') === '' &&
    isSigned(request.spec?.signerName ?? '') &&
    conditionsOf(request, 'Approved').length > 0 &&
    conditionsOf(request, 'Denied').length === 0 &&
    conditionsOf(request, 'Failed').every(({ status }) => status !== 'True')
  );
}

/** The certificate, or a condition that says why there is none. */
async function statusOf(
  csr: CertificateSigningRequest,
  cluster: ClusterName,
  { signer, client, now = Date.now }: SigningControllerOptions,
): Promise<CertificateSigningRequest['status']> {
  const { request = '', signerName = '', usages = [], expirationSeconds, username } = csr.spec ?? {};
  const pem = Buffer.from(request, 'base64').toString('latin1');
  let subject: RequestedSubject | undefined;
  let refusal: string | undefined;
  try {
    subject = await signer.read(pem);
    refusal = refusalOf(signerName, subject, usages);
  } catch (error) {
    refusal = `unable to parse csr: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (subject === undefined || refusal !== undefined) {
    const time = formatTime(new Date(now()));
    const failed = { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message: refusal ?? '' };
    return { conditions: [...(csr.status?.conditions ?? []), { ...failed, lastUpdateTime: time }] };
  }
  const seconds = Math.min(Math.max(Number(expirationSeconds ?? maxSeconds), minSeconds), maxSeconds);
  const notAfter = new Date(now() + seconds * 1000 - (seconds * 1000 < shortMs ? 0 : backdateMs));
  const leaf = await signer.sign(cluster, { request: pem, usages, notBefore: new Date(now() - backdateMs), notAfter });
  const record: IssuedCertificate = {
    kind: 'IssuedCertificate',
    apiVersion: 'access.atoll.dev/v1alpha1',
    metadata: { name: leaf.fingerprint },
    spec: {
      user: subject.commonName,
      ...(subject.organizations.length === 0 ? {} : { groups: [...subject.organizations] }),
      signerName,
      request: csr.metadata.name ?? '',
      ...(username === undefined ? {} : { requestor: username }),
      notAfter: formatTime(notAfter),
    },
  };
  await client.create({ cluster, resource: issuedCertificatesResource }, record);
  return { certificate: Buffer.from(leaf.certPem).toString('base64') };
}
