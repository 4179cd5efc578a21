import { isObject, type Json, type JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { ReviewAuthorizer } from '../../registry/authorization/reviews.ts';
import type { AdmissionAttributes } from '../admission.ts';

/** certificatesigningrequests as storage names them. */
export const signingRequests = 'certificatesigningrequests.certificates.k8s.io';

/** A CertificateSigningRequest's struct field; empty when there is none. */
export function partOf(request: KubeObject | undefined, field: 'spec' | 'status'): JsonObject {
  const value = request?.[field] as Json | undefined;
  return isObject(value) ? value : {};
}

/** The signer that a CertificateSigningRequest asks. */
export function signerOf(request: KubeObject | undefined): string {
  const name = partOf(request, 'spec')['signerName'];
  return typeof name === 'string' ? name : '';
}

/** Whether the user may do `verb` with a signer: named itself, or as one of all signers of its domain (`example.com/*`). */
export async function isAllowedForSigner(
  authorizer: Pick<ReviewAuthorizer, 'authorize'>,
  { ctx }: AdmissionAttributes,
  verb: 'approve' | 'sign',
  signer: string,
): Promise<boolean> {
  for (const name of [signer, `${signer.split('/')[0]}/*`]) {
    const { outcome } = await authorizer.authorize({
      user: ctx.user,
      cluster: ctx.cluster,
      verb,
      group: 'certificates.k8s.io',
      version: '*',
      resource: 'signers',
      subresource: '',
      namespace: '',
      name,
      path: '',
    });
    if (outcome === 'allow') return true;
  }
  return false;
}
