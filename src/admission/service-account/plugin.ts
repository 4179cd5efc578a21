import { setTimeout } from 'node:timers/promises';
import type { Pod } from '../../api/core/v1/pod-status.ts';
import { mirrorAnnotation } from '../../api/core/v1/pod-template/validate-pod-annotations.ts';
import { badRequest } from '../../apimachinery/errors.ts';
import { factsOf } from '../../registry/generic/resource-facts.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.ts';
import { findInCluster } from '../cluster-objects.ts';
import { podOf } from '../concern.ts';
import { refusal } from '../refusal.ts';
import { ephemeralSecretProblem, isSecretNamed, podSecretProblem, type ServiceAccount } from './secret-references.ts';
import { mountToken } from './token-volume.ts';

const defaultAccount = 'default';
/** The account of a new namespace may not be there yet: its controller follows. */
const defaultAccountTries = 10;
const retryMs = 150;
const enforceMountableSecrets = 'kubernetes.io/enforce-mountable-secrets';
const trueTexts: ReadonlySet<string> = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);

/**
 * Pods run as a ServiceAccount that exists, `default` unless they name one, with its token and its pull secrets; an account may say that its pods use no
 * Secrets but its own (upstream's ServiceAccount).
 */
export function serviceAccount({ store }: { readonly store: ObjectStore }): AdmissionPlugin {
  return {
    name: 'ServiceAccount',
    handles: (operation, { definition, subresource }) =>
      factsOf(definition).storage === 'pods' &&
      ((operation === 'CREATE' && (subresource === '' || subresource === 'ephemeralcontainers')) ||
        (operation === 'UPDATE' && subresource === 'ephemeralcontainers')),
    admit(attributes) {
      if (attributes.operation !== 'CREATE') return undefined;
      const pod = podOf(attributes);
      return isMirror(pod) ? checkMirror(attributes, pod) : equip(store, attributes, pod);
    },
    validate(attributes) {
      const pod = podOf(attributes);
      if (attributes.operation === 'UPDATE') return check(store, attributes, pod, ephemeralSecretProblem);
      return isMirror(pod) ? checkMirror(attributes, pod) : check(store, attributes, pod, podSecretProblem);
    },
  };
}

/** The copy of a pod that a kubelet runs by itself: it is left as it is, and may use nothing of an account. */
function isMirror({ metadata }: Pod): boolean {
  return Object.hasOwn(metadata.annotations ?? {}, mirrorAnnotation);
}

function checkMirror(attributes: AdmissionAttributes, { spec = {} }: Pod): undefined {
  if ((spec.serviceAccountName ?? '') !== '')
    throw refusal(attributes, 'a mirror pod may not reference service accounts');
  if (isSecretNamed(spec)) throw refusal(attributes, 'a mirror pod may not reference secrets');
  const hasToken = spec.volumes?.some(({ projected }) =>
    projected?.sources?.some(({ serviceAccountToken }) => serviceAccountToken !== undefined),
  );
  if (hasToken === true) throw refusal(attributes, 'a mirror pod may not use ServiceAccountToken volume projections');
}

async function equip(store: ObjectStore, attributes: AdmissionAttributes, pod: Pod): Promise<void> {
  const spec = (pod.spec ??= {});
  if ((spec.serviceAccountName ?? '') === '') spec.serviceAccountName = defaultAccount;
  spec.serviceAccount = spec.serviceAccountName ?? defaultAccount;
  const account = await accountOf(store, attributes, pod);
  if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) mountToken(spec);
  if ((spec.imagePullSecrets?.length ?? 0) === 0 && (account.imagePullSecrets?.length ?? 0) > 0)
    spec.imagePullSecrets = account.imagePullSecrets?.map(({ name = '' }) => (name === '' ? {} : { name })) ?? [];
  limitSecrets(attributes, account, pod, podSecretProblem);
}

async function check(
  store: ObjectStore,
  attributes: AdmissionAttributes,
  pod: Pod,
  findProblem: typeof podSecretProblem,
): Promise<void> {
  limitSecrets(attributes, await accountOf(store, attributes, pod), pod, findProblem);
}

/** @throws 403 when the account minds which Secrets its pods use, and there is a problem. */
function limitSecrets(
  attributes: AdmissionAttributes,
  account: ServiceAccount,
  pod: Pod,
  findProblem: typeof podSecretProblem,
): void {
  const asked = account.metadata.annotations?.[enforceMountableSecrets];
  if (asked === undefined || !trueTexts.has(asked)) return;
  const problem = findProblem(pod, account);
  if (problem === undefined) return;
  // Upstream answers 500 here, with this text.
  throw attributes.operation === 'UPDATE' ? badRequest(problem) : refusal(attributes, problem);
}

/** @throws 403 when the pod names no account, or one that is not there. */
async function accountOf(
  store: ObjectStore,
  attributes: AdmissionAttributes,
  { metadata, spec }: Pod,
): Promise<ServiceAccount> {
  const { namespace } = attributes.target;
  const name = spec?.serviceAccountName ?? '';
  if (name === '')
    throw refusal(attributes, `no service account specified for pod ${namespace}/${metadata.name ?? ''}`);
  const tries = name === defaultAccount ? defaultAccountTries : 1;
  for (let i = 0; i < tries && !attributes.ctx.signal.aborted; i++) {
    if (i > 0) await setTimeout(retryMs);
    const found = await findInCluster(store, attributes, 'serviceaccounts', name, namespace);
    if (found !== undefined) return found.object;
  }
  throw refusal(
    attributes,
    `error looking up service account ${namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`,
  );
}
