import { X509Certificate } from 'node:crypto';
import {
  type IssuedCertificate,
  issuedCertificatesResource,
} from '../../../api/access.atoll.dev/v1alpha1/issuedcertificates.ts';
import type { CertificateSigningRequest } from '../../../api/certificates.k8s.io/v1/request.ts';
import type { LoopbackClient } from '../../../client/client.ts';
import { ApiError } from '../../../apimachinery/errors.ts';
import type { CachedObject, ObjectStore } from '../../../storage/object-store.ts';
import { forEachConcurrently } from '../../framework/concurrency.ts';
import { type Controller, visitEverywhere } from '../../framework/controller.ts';
import { signingRequests } from './controller.ts';

const hourMs = 60 * 60_000;
/** How long requests stay after they were approved and signed, denied, or failed. */
const decidedMs = hourMs;
const pendingMs = 24 * hourMs;
/** The one key: all logical clusters in one go. */
const key = 'root/certificatesigningrequests';
const concurrency = 8;

export type CleanerOptions = {
  readonly store: Pick<ObjectStore, 'listEverywhere'>;
  readonly client: Pick<LoopbackClient, 'delete'>;
  readonly now?: () => number;
};

/** Removes old signing requests, hourly, by stock's deadlines (pkg/controller/certificates/cleaner), and the records of certificates that have expired. */
export function createCertificateCleaner({ store, client, now = Date.now }: CleanerOptions): Controller {
  return {
    name: 'certificate-cleaner',
    concurrency: 1,
    sweepAtStart: true,
    notice: () => undefined,
    sweep: (context) => Promise.resolve(context.enqueue(key)),
    async reconcile(_key, { signal, enqueue }) {
      const time = now();
      const rules: readonly [string, (object: CachedObject) => boolean][] = [
        [signingRequests, ({ object }) => isOver(object as CertificateSigningRequest, time)],
        [issuedCertificatesResource, ({ object }) => Date.parse((object as IssuedCertificate).spec.notAfter) < time],
      ];
      for (const [resource, isOld] of rules) {
        const page: CachedObject[] = [];
        const ready = () => forEachConcurrently(page.splice(0), concurrency, (object) => remove(client, object));
        await visitEverywhere(store, resource, { reason: 'time', signal, enqueue, ready }, (object) => {
          if (isOld(object)) page.push(object);
        });
      }
      enqueue(key, { delayMs: hourMs });
    },
  };
}

async function remove(client: CleanerOptions['client'], { key: at, object }: CachedObject): Promise<void> {
  const { cluster, resource, name } = at;
  const { uid } = object.metadata;
  try {
    await client.delete({ cluster, resource, name }, uid === undefined ? {} : { preconditions: { uid } });
  } catch (error) {
    if (!(error instanceof ApiError && (error.code === 404 || error.code === 409))) throw error;
  }
}

/** Whether a request is past its deadline. */
export function isOver({ metadata, status }: CertificateSigningRequest, now: number): boolean {
  const conditions = status?.conditions ?? [];
  const isOlder = (time: string | null | undefined, ms: number): boolean =>
    typeof time === 'string' && Date.parse(time) + ms < now;
  if (conditions.length === 0) return isOlder(metadata.creationTimestamp, pendingMs);
  const certificate = status?.certificate ?? '';
  return conditions.some(({ type, lastUpdateTime }) => {
    if (type === 'Denied' || type === 'Failed') return isOlder(lastUpdateTime, decidedMs);
    if (type !== 'Approved' || certificate === '') return false;
    return isOlder(lastUpdateTime, decidedMs) || isExpired(certificate, now);
  });
}

function isExpired(base64: string, now: number): boolean {
  try {
    return new X509Certificate(Buffer.from(base64, 'base64')).validToDate.getTime() < now;
  } catch {
    return false;
  }
}
