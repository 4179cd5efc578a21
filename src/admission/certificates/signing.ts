import { deepEqual } from '../../apimachinery/json.ts';
import { factsOf } from '../../registry/generic/resource-facts.ts';
import type { ReviewAuthorizer } from '../../registry/authorization/reviews.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { refusal } from '../refusal.ts';
import { isAllowedForSigner, partOf, signerOf, signingRequests } from './signers.ts';

/** Writing a certificate or a condition into a request takes the verb `sign` on the signer that it asks (upstream's CertificateSigning). */
export function certificateSigning({
  authorizer,
}: {
  readonly authorizer: Pick<ReviewAuthorizer, 'authorize'>;
}): AdmissionPlugin {
  return {
    name: 'CertificateSigning',
    handles: (operation, { definition, subresource }) =>
      operation === 'UPDATE' && subresource === 'status' && factsOf(definition).storage === signingRequests,
    validate(attributes) {
      const { object, oldObject } = attributes;
      const [now, before] = [partOf(object, 'status'), partOf(oldObject, 'status')];
      const isSame =
        (now['certificate'] ?? '') === (before['certificate'] ?? '') &&
        deepEqual(now['conditions'] ?? [], before['conditions'] ?? []);
      return isSame ? undefined : requireSigner(authorizer, attributes);
    },
  };
}

async function requireSigner(
  authorizer: Pick<ReviewAuthorizer, 'authorize'>,
  attributes: Parameters<NonNullable<AdmissionPlugin['validate']>>[0],
): Promise<void> {
  const signer = signerOf(attributes.oldObject);
  if (await isAllowedForSigner(authorizer, attributes, 'sign', signer)) return;
  throw refusal(attributes, `user not permitted to sign requests with signerName ${JSON.stringify(signer)}`);
}
