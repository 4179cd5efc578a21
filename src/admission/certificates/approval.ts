import { factsOf } from '../../registry/generic/resource-facts.ts';
import type { ReviewAuthorizer } from '../../registry/authorization/reviews.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { refusal } from '../refusal.ts';
import { isAllowedForSigner, signerOf, signingRequests } from './signers.ts';

/** Approving a request takes the verb `approve` on the signer that it asks (upstream's CertificateApproval). */
export function certificateApproval({
  authorizer,
}: {
  readonly authorizer: Pick<ReviewAuthorizer, 'authorize'>;
}): AdmissionPlugin {
  return {
    name: 'CertificateApproval',
    handles: (operation, { definition, subresource }) =>
      operation === 'UPDATE' && subresource === 'approval' && factsOf(definition).storage === signingRequests,
    async validate(attributes) {
      const signer = signerOf(attributes.oldObject);
      if (await isAllowedForSigner(authorizer, attributes, 'approve', signer)) return;
      throw refusal(attributes, `user not permitted to approve requests with signerName ${JSON.stringify(signer)}`);
    },
  };
}
