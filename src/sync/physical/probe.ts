import { isObject } from '../../apimachinery/json.ts';
import { type PhysicalApi, PhysicalError } from './api.ts';

/** What a heartbeat found out about a physical cluster. */
export type ProbeResult =
  | { readonly ok: true; readonly version: string; readonly clusterUID: string }
  /** `credentials`: they are refused, not the cluster broken; undefined when that cannot be told. */
  | {
      readonly ok: false;
      readonly reason: string;
      readonly message: string;
      readonly credentials: boolean | undefined;
    };

const limits = { maxBytes: 256 << 10, timeoutMs: 10_000 };

/**
 * Asks a cluster who it is: `/version`, and the uid of kube-system, which names the cluster for good. Never throws for what a server does; undefined when the
 * connection was closed on our side meanwhile.
 */
export async function probe(api: PhysicalApi): Promise<ProbeResult | undefined> {
  try {
    const version = await api.getJson('/version', limits);
    const gitVersion = version.gitVersion;
    if (typeof gitVersion !== 'string' || gitVersion === '' || gitVersion.length > 128) {
      return badResponse('/version has no gitVersion');
    }
    const namespace = await api.get('/api/v1/namespaces/kube-system', limits);
    const uid = namespace?.metadata.uid;
    if (!isObject(namespace?.metadata) || typeof uid !== 'string' || uid === '' || uid.length > 128) {
      return badResponse('namespace kube-system has no uid');
    }
    return { ok: true, version: gitVersion, clusterUID: uid };
  } catch (error) {
    if (!(error instanceof PhysicalError)) throw error;
    switch (error.class) {
      case 'Closed':
        return undefined;
      case 'Unauthorized':
        return {
          ok: false,
          reason: 'Unauthorized',
          message: 'the cluster refuses the credentials',
          credentials: false,
        };
      case 'Forbidden':
        return { ok: false, reason: 'Forbidden', message: error.message, credentials: false };
      case 'Unreachable':
      case 'Transient':
        return { ok: false, reason: 'Unreachable', message: error.message, credentials: undefined };
      default:
        return badResponse(error.message);
    }
  }
}

function badResponse(message: string): ProbeResult {
  return { ok: false, reason: 'BadResponse', message, credentials: undefined };
}
