import type { KubeObject } from '../../../apimachinery/object.ts';

/** Resource of APIServices as storage names it. */
export const apiServiceResource = 'apiservices.apiregistration.k8s.io';

/** The Service that serves a group version. */
export type ApiServiceReference = { readonly namespace: string; readonly name: string; readonly port: number };

export type ApiServiceCondition = {
  readonly type: string;
  readonly status: string;
  readonly lastTransitionTime?: string;
  readonly reason?: string;
  readonly message?: string;
};

export type ApiService = KubeObject & {
  spec?: {
    service?: Partial<ApiServiceReference> | null;
    group?: string;
    version?: string;
    /** Base64 of PEM. */
    caBundle?: string;
    insecureSkipTLSVerify?: boolean;
    groupPriorityMinimum?: number;
    versionPriority?: number;
  };
  status?: { conditions?: readonly ApiServiceCondition[] };
};

/** What is said of an APIService without a Service. */
export const localCondition = {
  type: 'Available',
  status: 'True',
  reason: 'Local',
  message: 'Local APIServices are always available',
} as const;

/** The condition that says whether requests are passed on. */
export function availability(service: ApiService): ApiServiceCondition | undefined {
  return service.status?.conditions?.find(({ type }) => type === 'Available');
}
