import type { ApiError } from '../apimachinery/errors.ts';
import type { JsonObject } from '../apimachinery/json.ts';
import type { ClusterName } from '../logicalcluster/name.ts';

/** Where a webhook is: the `clientConfig` of admission webhooks and of a CustomResourceDefinition's conversion. One of `url` and `service`. */
export type WebhookClientConfig = {
  readonly url?: string;
  readonly service?: {
    readonly namespace: string;
    readonly name: string;
    readonly path?: string;
    readonly port?: number;
  };
  /** PEM in base64; absent: the certificates that this machine trusts. */
  readonly caBundle?: string;
};

/** One POST to a webhook. */
export type WebhookCall = {
  /** Whose webhook it is: services are looked up there, and calls under way are counted there. */
  readonly cluster: ClusterName;
  readonly clientConfig: WebhookClientConfig;
  /** JSON. */
  readonly body: string;
  /** From now to the last byte of the answer, waiting for others of the same logical cluster included. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Default: 3 MiB. */
  readonly maxResponseBytes?: number;
};

/**
 * A webhook could not be asked, or gave no answer that can be read. The message is what a stock server's client says:
 * `Post "https://…?timeout=10s": dial tcp 10.0.0.1:443: connect: connection refused`.
 */
export class WebhookCallError extends Error {
  override readonly name: string = 'WebhookCallError';
  /** What the webhook's HTTP status says, when that is why. */
  readonly status: ApiError | undefined;

  constructor(message: string, status?: ApiError) {
    super(message);
    this.status = status;
  }
}

/** Calls webhooks. `src/client/webhook` makes one. */
export interface WebhookCaller {
  /** The object that the webhook answers with. @throws WebhookCallError */
  call(call: WebhookCall): Promise<JsonObject>;
}
