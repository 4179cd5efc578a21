import { deepCopy, type Json } from '../../../apimachinery/json.ts';
import { formatTime, type KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, humanDuration, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { builtinResource } from '../../builtin-resource.ts';
import type { StrategyContext } from '../../resource-definition.ts';
import { type CertificateSigningRequest, conditionsOf } from './request.ts';
import { validateRequest, validateRequestUpdate } from './validate-request.ts';

const group = 'certificates.k8s.io';
const version = 'v1';
const kind = 'CertificateSigningRequest';

/** Who asks is what the server knows, not what the client says. */
function prepareForCreate(object: KubeObject, { user }: StrategyContext): void {
  const request = object as CertificateSigningRequest;
  const { username: _name, uid: _uid, groups: _groups, extra: _extra, ...spec } = request.spec ?? {};
  const extra = Object.entries(user.extra).map(([key, values]): [string, string[]] => [key, [...values]]);
  request.spec = {
    ...spec,
    ...(user.name === '' ? {} : { username: user.name }),
    ...(user.uid === '' ? {} : { uid: user.uid }),
    ...(user.groups.length === 0 ? {} : { groups: [...user.groups] }),
    ...(extra.length === 0 ? {} : { extra: Object.fromEntries(extra) }),
  };
  request.status = {};
}

function keepSpec(object: KubeObject, old: KubeObject): void {
  const { spec } = old as CertificateSigningRequest;
  if (spec !== undefined) (object as CertificateSigningRequest).spec = deepCopy(spec as Json) as typeof spec;
}

/** Conditions get the times that they were not given. */
function completeTimes(object: KubeObject, old: KubeObject, now: string): void {
  for (const condition of (object as CertificateSigningRequest).status?.conditions ?? []) {
    condition.lastUpdateTime ??= now;
    if (condition.lastTransitionTime !== undefined && condition.lastTransitionTime !== null) continue;
    const before = (old as CertificateSigningRequest).status?.conditions?.find(
      ({ type, status, lastTransitionTime: time }) =>
        type === condition.type && status === condition.status && time !== undefined && time !== null,
    );
    condition.lastTransitionTime = before?.lastTransitionTime ?? now;
  }
}

/** As long as their number stays, decisions are those that have been made. */
function keepDecisions({ status }: CertificateSigningRequest, old: CertificateSigningRequest): void {
  if (status?.conditions === undefined) return;
  for (const type of ['Approved', 'Denied']) {
    const before = conditionsOf(old, type);
    if (before.length !== status.conditions.filter((condition) => condition.type === type).length) continue;
    status.conditions = status.conditions.map((condition) =>
      condition.type === type ? (before.shift() ?? condition) : condition,
    );
  }
}

function prepareApproval(object: KubeObject, before: KubeObject, { now }: StrategyContext): void {
  const request = object as CertificateSigningRequest;
  completeTimes(request, before, formatTime(now));
  keepSpec(request, before);
  const { conditions: _old, ...rest } = (before as CertificateSigningRequest).status ?? {};
  const conditions = request.status?.conditions;
  request.status = { ...rest, ...(conditions === undefined ? {} : { conditions }) };
}

function conditionCell(request: CertificateSigningRequest): string {
  const has = (type: string): boolean => conditionsOf(request, type).length > 0;
  const decision = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  const issued = (request.status?.certificate ?? '') === '' ? '' : ',Issued';
  return `${decision}${has('Failed') ? ',Failed' : ''}${issued}`;
}

export const certificateSigningRequests = builtinResource({
  group,
  version,
  kind,
  resource: 'certificatesigningrequests',
  shortNames: ['csr'],
  scope: 'Cluster',
  table: {
    columns: [
      nameColumn,
      ageColumn,
      stringColumn('SignerName', 'Who is asked to sign.'),
      stringColumn('Requestor', 'Who asks.'),
      stringColumn('RequestedDuration', 'How long the certificate is to last.'),
      stringColumn('Condition', 'What has been decided.'),
    ],
    cells: (object, now) => {
      const { spec = {} } = object as CertificateSigningRequest;
      const { expirationSeconds: seconds } = spec;
      return [
        object.metadata.name ?? '',
        ageCell(object, now),
        spec.signerName || '<none>',
        spec.username ?? '',
        seconds === undefined ? '<none>' : humanDuration(0, seconds * 1000),
        conditionCell(object as CertificateSigningRequest),
      ];
    },
  },
  strategy: {
    generation: 'none',
    allowUnconditionalUpdate: true,
    resetFields: ['spec', 'status'],
    validateName: () => [],
    prepareForCreate,
    prepareForUpdate: keepSpec,
    validateCreate: (object) => validateRequest(object as CertificateSigningRequest),
    validateUpdate: (object, old) =>
      validateRequestUpdate(object as CertificateSigningRequest, old as CertificateSigningRequest),
  },
  status: {
    resetFields: ['spec', 'status.conditions'],
    prepareForUpdate(object, old, { now }) {
      keepDecisions(object as CertificateSigningRequest, old as CertificateSigningRequest);
      completeTimes(object, old, formatTime(now));
    },
    validateUpdate: (object, old) =>
      validateRequestUpdate(object as CertificateSigningRequest, old as CertificateSigningRequest, { issue: true }),
  },
  subresources: {
    approval: {
      kind: { group, version, kind },
      verbs: ['get', 'patch', 'update'],
      part: {
        resetFields: ['spec', 'status.certificate'],
        prepareForUpdate: prepareApproval,
        validateUpdate: (object, old) =>
          validateRequestUpdate(object as CertificateSigningRequest, old as CertificateSigningRequest, {
            decide: true,
          }),
      },
    },
  },
  fieldSelectors: { 'spec.signerName': (object) => (object as CertificateSigningRequest).spec?.signerName ?? '' },
});
