import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import type { Json } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { nameColumn, sinceCell, stringColumn } from '../../../apimachinery/table.ts';
import { dns1123Subdomain, longerThan, qualifiedName } from '../../../apimachinery/validation/names.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { invalidEach } from '../../field-path.ts';
import type { ResourceDefinition, TableColumn } from '../../resource-definition.ts';
import type { ObjectReference } from './object-reference.ts';

/** A core/v1 Event, which is also the stored form of events.k8s.io events. */
export type CoreEvent = KubeObject & {
  involvedObject?: ObjectReference;
  related?: ObjectReference;
  reason?: string;
  message?: string;
  source?: { component?: string; host?: string };
  firstTimestamp?: string | null;
  lastTimestamp?: string | null;
  eventTime?: string | null;
  count?: number;
  type?: string;
  series?: { count?: number; lastObservedTime?: string | null };
  action?: string;
  reportingComponent?: string;
  reportingInstance?: string;
};

const shortTextLimit = 128;
const messageLimit = 1024;

/**
 * The rules that every event obeys, whichever API it comes through: events with an eventTime are complete, all belong to the namespace of their object
 * (cluster-scoped objects: `default`). `reporter` is the JSON name of the reporting controller in the request's API.
 */
export function validateEvent(event: CoreEvent, reporter: 'reportingComponent' | 'reportingController'): FieldError[] {
  const errors: FieldError[] = [];
  const { namespace = '' } = event.metadata;
  const involved = event.involvedObject?.namespace ?? '';
  const mismatch = (): void => {
    errors.push(fieldError.invalid('involvedObject.namespace', involved, 'does not match event.namespace'));
  };
  if (!isSet(event.eventTime)) {
    if (involved === '' ? namespace !== '' && namespace !== 'default' : namespace !== involved) mismatch();
  } else {
    if (involved === '' && namespace !== 'default' && namespace !== 'kube-system') mismatch();
    const { reportingComponent = '', reportingInstance = '', action = '', reason = '', message = '' } = event;
    if (reportingComponent === '') errors.push(fieldError.required(reporter));
    invalidEach(reporter, reportingComponent, qualifiedName(reportingComponent), errors);
    requireShort('reportingInstance', reportingInstance, errors);
    requireShort('action', action, errors);
    requireShort('reason', reason, errors);
    if (longerThan(message, messageLimit)) errors.push(tooLong('message', messageLimit));
  }
  invalidEach('namespace', namespace, dns1123Subdomain(namespace), errors);
  return errors;
}

function requireShort(path: string, value: string, errors: FieldError[]): void {
  if (value === '') errors.push(fieldError.required(path));
  if (longerThan(value, shortTextLimit)) errors.push(tooLong(path, shortTextLimit));
}

function tooLong(path: string, limit: number): FieldError {
  return fieldError.invalid(path, '', `can have at most ${limit} characters`);
}

export function isSet(time: string | null | undefined): boolean {
  return time !== undefined && time !== null && time !== '';
}

/** Fields of an event by which lists and watches may select, in terms of its stored form. */
export const eventFields = {
  kind: (object: KubeObject) => (object as CoreEvent).involvedObject?.kind ?? '',
  namespace: (object: KubeObject) => (object as CoreEvent).involvedObject?.namespace ?? '',
  name: (object: KubeObject) => (object as CoreEvent).involvedObject?.name ?? '',
  uid: (object: KubeObject) => (object as CoreEvent).involvedObject?.uid ?? '',
  apiVersion: (object: KubeObject) => (object as CoreEvent).involvedObject?.apiVersion ?? '',
  resourceVersion: (object: KubeObject) => (object as CoreEvent).involvedObject?.resourceVersion ?? '',
  fieldPath: (object: KubeObject) => (object as CoreEvent).involvedObject?.fieldPath ?? '',
  reason: (object: KubeObject) => (object as CoreEvent).reason ?? '',
  type: (object: KubeObject) => (object as CoreEvent).type ?? '',
  reporter: (object: KubeObject) => (object as CoreEvent).reportingComponent ?? '',
  source: (object: KubeObject) => {
    const { source = {}, reportingComponent = '' } = object as CoreEvent;
    return nonEmpty(source.component, reportingComponent);
  },
} as const;

function nonEmpty(first: string | undefined, second: string | undefined): string {
  return first === undefined || first === '' ? (second ?? '') : first;
}

export const eventColumns: readonly TableColumn[] = [
  stringColumn('Last Seen', 'When the event was last observed.'),
  stringColumn('Type', 'Normal or Warning.'),
  stringColumn('Reason', 'Why it happened, as one word.'),
  stringColumn('Object', 'The object that the event is about.'),
  stringColumn('Subobject', 'The part of the object that the event is about.', 1),
  stringColumn('Source', 'Who reported the event.', 1),
  stringColumn('Message', 'What happened.'),
  stringColumn('First Seen', 'When the event was first observed.', 1),
  stringColumn('Count', 'How often the event was observed.', 1),
  { ...nameColumn, priority: 1 },
];

/** The row of an event given in its stored form. */
export function eventCells(object: KubeObject, now: Date): Json[] {
  const event = object as CoreEvent;
  const { involvedObject: about = {}, source = {} } = event;
  const first = sinceCell(isSet(event.firstTimestamp) ? event.firstTimestamp : event.eventTime, now);
  const last = isSet(event.lastTimestamp) ? sinceCell(event.lastTimestamp, now) : first;
  const kind = (about.kind ?? '').toLowerCase();
  const instance = nonEmpty(source.host, event.reportingInstance);
  const component = nonEmpty(source.component, event.reportingComponent);
  return [
    event.series === undefined ? last : sinceCell(event.series.lastObservedTime, now),
    event.type ?? '',
    event.reason ?? '',
    (about.name ?? '') === '' ? kind : `${kind}/${about.name}`,
    about.fieldPath ?? '',
    instance === '' ? component : `${component}, ${instance}`,
    (event.message ?? '').trim(),
    first,
    event.series === undefined ? event.count || 1 : (event.series.count ?? 0),
    event.metadata.name ?? '',
  ];
}

export const events: ResourceDefinition = builtinResource({
  group: '',
  version: 'v1',
  kind: 'Event',
  resource: 'events',
  shortNames: ['ev'],
  scope: 'Namespaced',
  table: { columns: eventColumns, cells: eventCells },
  strategy: {
    generation: 'none',
    allowCreateOnUpdate: true,
    allowUnconditionalUpdate: true,
    defaultPropagation: 'Unsupported',
    validate: (object) => validateEvent(object as CoreEvent, 'reportingComponent'),
  },
  fieldSelectors: {
    'involvedObject.kind': eventFields.kind,
    'involvedObject.namespace': eventFields.namespace,
    'involvedObject.name': eventFields.name,
    'involvedObject.uid': eventFields.uid,
    'involvedObject.apiVersion': eventFields.apiVersion,
    'involvedObject.resourceVersion': eventFields.resourceVersion,
    'involvedObject.fieldPath': eventFields.fieldPath,
    reason: eventFields.reason,
    reportingComponent: eventFields.reporter,
    source: eventFields.source,
    type: eventFields.type,
  },
});
