import { deepCopy, type Json, type JsonObject } from '../apimachinery/json.ts';
import { type AuditEvent, type AuditUser, microTime, type ObjectReference, recordable } from './event.ts';
import type { Attributes, Decision, Policy, Stage } from './policy.ts';

/** Where events go. `write` never waits and never throws; what cannot be kept is dropped and counted by the sink. */
export interface AuditSink {
  write(event: AuditEvent, cluster: string): void;
  /** Resolves when everything written before is where it belongs, or has been given up. */
  close(): Promise<void>;
}

export type UserInfo = {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
};

/** What is known of a request when it has been authenticated. */
export type Opening = {
  readonly auditId: string;
  /** Logical cluster; '' when the path names none that exists. */
  readonly cluster: string;
  readonly requestURI: string;
  readonly userAgent: string;
  readonly sourceIPs: readonly string[];
  readonly version: string;
  readonly received: Date;
  /** Undefined: authentication failed. */
  readonly user: UserInfo | undefined;
} & Omit<Attributes, 'user'>;

const maxAnnotations = 64;
const maxAnnotationBytes = 4096;
const longestUri = 4096;

/** Decides what is recorded of each request, and passes the events on. */
export class AuditTrail {
  readonly #policy: Policy;
  readonly #sinks: readonly AuditSink[];

  constructor(policy: Policy, sinks: readonly AuditSink[]) {
    this.#policy = policy;
    this.#sinks = sinks;
  }

  /** Begins the record of a request; undefined when the policy wants nothing of it. */
  open(opening: Opening): AuditRecord | undefined {
    const user = opening.user ?? { name: '', groups: [] };
    const decision = this.#policy({ ...opening, user });
    if (decision.level === 'None') return undefined;
    const record = new AuditRecord(opening, decision, (event) => {
      for (const sink of this.#sinks) sink.write(event, opening.cluster);
    });
    record.emit('RequestReceived');
    return record;
  }

  async close(): Promise<void> {
    await Promise.all(this.#sinks.map((sink) => sink.close()));
  }
}

/** What is recorded of one request, while it goes on. */
export class AuditRecord {
  readonly #opening: Opening;
  readonly #decision: Decision;
  readonly #write: (event: AuditEvent) => void;
  readonly #objectRef: ObjectReference | undefined;
  readonly #annotations = new Map<string, string>();
  #impersonated: AuditUser | undefined;
  #requestObject: Json | undefined;
  #responseObject: Json | undefined;
  #failure: JsonObject | undefined;

  constructor(opening: Opening, decision: Decision, write: (event: AuditEvent) => void) {
    this.#opening = opening;
    this.#decision = decision;
    this.#write = write;
    this.#objectRef = opening.isResourceRequest ? referenceOf(opening) : undefined;
  }

  /** Whether `responded` makes a difference: building what it takes may cost. */
  get wantsResponse(): boolean {
    return this.#decision.level === 'RequestResponse';
  }

  /** Says something more about the request. The first value of a key stays, as upstream has it. */
  annotate(key: string, value: string): void {
    if (this.#annotations.size >= maxAnnotations || this.#annotations.has(key)) return;
    this.#annotations.set(key, value.length > maxAnnotationBytes ? value.slice(0, maxAnnotationBytes) : value);
  }

  impersonates(user: UserInfo): void {
    this.#impersonated = auditUser(user);
  }

  /** The object, patch or options that the client sent: JSON, never changed here. */
  requested(sent: unknown): void {
    const value = sent as Json;
    if (this.#objectRef !== undefined) completeReference(this.#objectRef, value);
    if (this.#decision.level === 'Metadata') return;
    // The registry fills in and changes what it is given.
    this.#requestObject = deepCopy(this.#recordable(value));
  }

  /** The object that was answered: JSON, never changed. */
  responded(value: unknown): void {
    if (this.wantsResponse) this.#responseObject = this.#recordable(value as Json);
  }

  /** The Status of an error that was answered. */
  failed(status: JsonObject): void {
    this.#failure = status;
    if (this.wantsResponse) this.#responseObject = status;
  }

  /** Passes on an event, unless the policy leaves the stage out. `code` is the HTTP status answered, once there is one. */
  emit(stage: Stage, code?: number): void {
    if (this.#decision.omitStages.has(stage)) return;
    const opening = this.#opening;
    const ended = stage === 'ResponseComplete' || stage === 'Panic';
    this.#write({
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: this.#decision.level,
      auditID: opening.auditId,
      stage,
      requestURI: truncated(opening.requestURI, longestUri),
      verb: opening.verb,
      user: opening.user === undefined ? {} : auditUser(opening.user),
      ...(this.#impersonated === undefined ? {} : { impersonatedUser: this.#impersonated }),
      ...(opening.sourceIPs.length === 0 ? {} : { sourceIPs: opening.sourceIPs }),
      ...(opening.userAgent === '' ? {} : { userAgent: truncated(opening.userAgent, 1024) }),
      ...(this.#objectRef === undefined ? {} : { objectRef: { ...this.#objectRef } }),
      ...(code === undefined ? {} : { responseStatus: this.#statusOf(code) }),
      ...(this.#requestObject === undefined ? {} : { requestObject: this.#requestObject }),
      ...(this.#responseObject === undefined || !ended ? {} : { responseObject: this.#responseObject }),
      requestReceivedTimestamp: microTime(opening.received),
      stageTimestamp: microTime(new Date()),
      annotations: Object.fromEntries(this.#annotations),
    });
  }

  #statusOf(code: number): JsonObject {
    if (this.#failure === undefined) return { metadata: {}, code };
    const { status, message, reason, details } = this.#failure;
    return {
      metadata: {},
      ...(status === undefined ? {} : { status }),
      ...(message === undefined ? {} : { message }),
      ...(reason === undefined ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      code,
    };
  }

  #recordable(value: Json): Json {
    const { group, resource, subresource } = this.#opening;
    return recordable(value, {
      resource: group === '' ? resource : `${resource}.${group}`,
      subresource,
      omitManagedFields: this.#decision.omitManagedFields,
    });
  }
}

function auditUser({ name, uid, groups, extra }: UserInfo): AuditUser {
  return {
    username: name,
    ...(uid === '' ? {} : { uid }),
    ...(groups.length === 0 ? {} : { groups }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

function referenceOf({ resource, namespace, name, group, version, subresource }: Opening): ObjectReference {
  return {
    ...(resource === '' ? {} : { resource }),
    ...(namespace === '' ? {} : { namespace }),
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { apiGroup: group }),
    ...(version === '' ? {} : { apiVersion: version }),
    ...(subresource === '' ? {} : { subresource }),
  };
}

/** What the path does not say, the object may: a new one's name, the uid and revision it is meant for. */
function completeReference(reference: ObjectReference, value: Json): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  const metadata = value['metadata'];
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) return;
  for (const field of ['namespace', 'name', 'uid', 'resourceVersion'] as const) {
    const text = metadata[field];
    if (reference[field] === undefined && typeof text === 'string' && text !== '') reference[field] = text;
  }
}

function truncated(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}…`;
}
