import type { KubeObject } from '../../../apimachinery/object.ts';

export type Condition = {
  type?: string;
  status?: string;
  reason?: string;
  message?: string;
  lastUpdateTime?: string | null;
  lastTransitionTime?: string | null;
};

/** The parts of a certificates.k8s.io/v1 CertificateSigningRequest that this server reads. */
export type CertificateSigningRequest = KubeObject & {
  spec?: {
    request?: string;
    signerName?: string;
    expirationSeconds?: number;
    usages?: string[];
    username?: string;
    uid?: string;
    groups?: string[];
    extra?: Record<string, string[]>;
  };
  status?: { conditions?: Condition[]; certificate?: string };
};

/** The conditions of one type. */
export function conditionsOf(request: CertificateSigningRequest, type: string): Condition[] {
  return request.status?.conditions?.filter((condition) => condition.type === type) ?? [];
}
