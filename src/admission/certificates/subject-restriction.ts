import { requestOrganizations } from '../../api/certificates.k8s.io/v1/pkcs10.ts';
import { mastersGroup } from '../../registry/identities.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { onlyObjectsOf } from '../concern.ts';
import { refusal } from '../refusal.ts';
import { partOf, signerOf, signingRequests } from './signers.ts';

const clientSigner = 'kubernetes.io/kube-apiserver-client';

/** Nobody asks for a client certificate of system:masters (upstream's CertificateSubjectRestriction). */
export function certificateSubjectRestriction(): AdmissionPlugin {
  return {
    name: 'CertificateSubjectRestriction',
    handles: onlyObjectsOf(signingRequests, 'CREATE'),
    validate(attributes) {
      if (signerOf(attributes.object) !== clientSigner) return;
      const { request } = partOf(attributes.object, 'spec');
      const pem = typeof request === 'string' ? Buffer.from(request, 'base64').toString('latin1') : '';
      if (requestOrganizations(pem).includes(mastersGroup))
        throw refusal(attributes, `use of ${clientSigner} signer with ${mastersGroup} group is not allowed`);
    },
  };
}
