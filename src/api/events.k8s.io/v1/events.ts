import { goTime } from '../../../apimachinery/go-syntax.ts';
import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { deepEqual } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { builtinSchema } from '../../builtin-types.ts';
import { type CoreEvent, eventCells, eventColumns, eventFields, isSet, validateEvent } from '../../core/v1/events.ts';
import { goObjectReference } from '../../core/v1/object-reference.ts';
import { immutableMessage, requireUnchanged } from '../../field-path.ts';
import { allVerbs, type ResourceDefinition } from '../../resource-definition.ts';

const apiVersion = 'events.k8s.io/v1';

/** How this API names what the core API, and with it the stored form, calls otherwise. */
const renamed: Readonly<Record<string, string>> = {
  regarding: 'involvedObject',
  note: 'message',
  reportingController: 'reportingComponent',
  deprecatedSource: 'source',
  deprecatedFirstTimestamp: 'firstTimestamp',
  deprecatedLastTimestamp: 'lastTimestamp',
  deprecatedCount: 'count',
};
const renamedBack = Object.fromEntries(Object.entries(renamed).map(([ours, core]) => [core, ours]));

function rename(object: KubeObject, names: Readonly<Record<string, string>>, version: string): KubeObject {
  const { kind, metadata, ...fields } = object;
  const result: KubeObject = { kind, apiVersion: version, metadata };
  for (const key of Object.keys(fields)) {
    if (key !== 'apiVersion') result[Object.hasOwn(names, key) ? (names[key] ?? key) : key] = fields[key];
  }
  return result;
}

/** An events.k8s.io/v1 Event as the core/v1 Event that is stored. */
export function toCoreEvent(object: KubeObject): KubeObject {
  return rename(object, renamed, 'v1');
}

export function fromCoreEvent(object: KubeObject): KubeObject {
  const event = rename(object, renamedBack, apiVersion);
  // The core API always writes these, this one only when they say something.
  for (const field of ['reportingController', 'reportingInstance']) if (event[field] === '') delete event[field];
  return event;
}

function validateSeries(event: CoreEvent, errors: FieldError[]): void {
  if (event.series === undefined) return;
  if ((event.series.count ?? 0) < 2) errors.push(fieldError.invalid('series.count', '', 'should be at least 2'));
  if (!isSet(event.series.lastObservedTime)) errors.push(fieldError.required('series.lastObservedTime'));
}

/** This API is stricter on create than the core one: deprecated fields must be unset, time and type are checked. */
function validateNew(event: CoreEvent, errors: FieldError[]): void {
  const unset = (path: string, is: boolean): void => {
    if (!is) errors.push(fieldError.invalid(path, '', 'needs to be unset'));
  };
  validateSeries(event, errors);
  if (!isSet(event.eventTime)) errors.push(fieldError.required('eventTime'));
  const { type = '', source = {} } = event;
  if (type !== 'Normal' && type !== 'Warning') {
    errors.push(fieldError.invalid('type', '', `has invalid value: ${type}`));
  }
  unset('firstTimestamp', !isSet(event.firstTimestamp));
  unset('lastTimestamp', !isSet(event.lastTimestamp));
  unset('count', (event.count ?? 0) === 0);
  unset('source', (source.component ?? '') === '' && (source.host ?? '') === '');
}

/** Only the series of an event may change. */
function validateUpdate(object: KubeObject, before: KubeObject): FieldError[] {
  const event = object as CoreEvent;
  const old = before as CoreEvent;
  const errors: FieldError[] = [];
  if (!deepEqual(event.series, old.series)) validateSeries(event, errors);
  const { involvedObject = {}, source = {} } = event;
  requireUnchanged(
    'involvedObject',
    involvedObject,
    old.involvedObject ?? {},
    errors,
    goObjectReference(involvedObject),
  );
  requireUnchanged('reason', event.reason ?? '', old.reason ?? '', errors);
  requireUnchanged('message', event.message ?? '', old.message ?? '', errors);
  const shownSource = `core.EventSource{Component:${JSON.stringify(source.component ?? '')}, Host:${JSON.stringify(source.host ?? '')}}`;
  requireUnchanged('source', source, old.source ?? {}, errors, shownSource);
  for (const field of ['firstTimestamp', 'lastTimestamp'] as const)
    requireUnchanged(field, event[field] ?? null, old[field] ?? null, errors, goTime(event[field]));
  requireUnchanged('count', event.count ?? 0, old.count ?? 0, errors);
  requireUnchanged('reason', event.reason ?? '', old.reason ?? '', errors);
  requireUnchanged('type', event.type ?? '', old.type ?? '', errors);
  requireUnchanged('eventTime', event.eventTime ?? null, old.eventTime ?? null, errors, goTime(event.eventTime));
  requireUnchanged('action', event.action ?? '', old.action ?? '', errors);
  if (!deepEqual(event.related, old.related)) {
    const shown = event.related === undefined ? null : goSyntax(goObjectReference(event.related));
    errors.push(fieldError.invalid('related', shown, immutableMessage));
  }
  requireUnchanged('reportingController', event.reportingComponent ?? '', old.reportingComponent ?? '', errors);
  requireUnchanged('reportingInstance', event.reportingInstance ?? '', old.reportingInstance ?? '', errors);
  return errors;
}

/** The newer API over the same events: stored as core/v1, converted both ways. */
export const newEvents: ResourceDefinition = {
  group: 'events.k8s.io',
  resource: 'events',
  singular: 'event',
  kind: 'Event',
  listKind: 'EventList',
  shortNames: ['ev'],
  categories: [],
  scope: 'Namespaced',
  verbs: allVerbs,
  versions: [
    {
      version: 'v1',
      served: true,
      get schema() {
        return builtinSchema('io.k8s.api.events.v1.Event');
      },
      table: { columns: eventColumns, cells: (object, now) => eventCells(toCoreEvent(object), now) },
      toStorage: toCoreEvent,
      fromStorage: fromCoreEvent,
    },
  ],
  storageVersion: 'v1',
  storageGroup: '',
  strategy: {
    generation: 'none',
    allowCreateOnUpdate: true,
    allowUnconditionalUpdate: true,
    defaultPropagation: 'Unsupported',
    validate: (object) => validateEvent(object as CoreEvent, 'reportingController'),
    validateCreate: (object) => {
      const errors: FieldError[] = [];
      validateNew(object as CoreEvent, errors);
      return errors;
    },
    validateUpdate,
  },
  fieldSelectors: {
    'regarding.kind': eventFields.kind,
    'regarding.namespace': eventFields.namespace,
    'regarding.name': eventFields.name,
    'regarding.uid': eventFields.uid,
    'regarding.apiVersion': eventFields.apiVersion,
    'regarding.resourceVersion': eventFields.resourceVersion,
    'regarding.fieldPath': eventFields.fieldPath,
    reason: eventFields.reason,
    reportingController: eventFields.reporter,
    type: eventFields.type,
  },
  builtIn: true,
};
