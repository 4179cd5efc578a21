import type { VersionDefinition } from '../../api/resource-definition.ts';
import type { ApiError } from '../../apimachinery/errors.ts';
import { stringify, type Json, type JsonObject } from '../../apimachinery/json.ts';
import { formatApiVersion } from '../../apimachinery/object.ts';
import { encodeWatchFrame } from '../../apimachinery/protobuf/encode.ts';
import type { Target, WatchEvent } from '../../registry/registry.ts';
import type { MediaType } from '../negotiation.ts';
import { count, touch } from './byte-budget.ts';
import { partialMetadata, protobufObject } from './protobuf.ts';
import { metadataText } from './metadata-text.ts';
import { columnDefinitions, includeObjectOf, tableRow, type IncludeObject } from './table.ts';

/** How the events of a watch are written. One instance per form of a resource version: encodings are remembered by identity. */
export type WatchForm = {
  readonly target: Pick<Target, 'definition' | 'version'>;
  readonly as: 'object' | 'metadata' | 'table';
  readonly format: 'json' | 'protobuf';
  /** meta.k8s.io version of Table and PartialObjectMetadata. */
  readonly metaVersion: string;
  readonly includeObject: IncludeObject;
};

/** Some encoded events: JSON lines, and where each ends (after its newline). */
export type Encoded = { readonly bytes: Buffer; readonly ends: readonly number[] };

/** Encoded events are cut into pieces of about this size, so that a connection holds few of them at a time. */
const pieceBytes = 256 * 1024;

const forms = new WeakMap<VersionDefinition, Map<string, WatchForm>>();

/** The form a client asked for. Throws 400 for an unknown includeObject. */
export function watchForm(target: Target, mediaType: MediaType, includeObject: string | undefined): WatchForm {
  const kind = mediaType.as?.kind;
  const as = kind === 'Table' ? 'table' : kind === undefined ? 'object' : 'metadata';
  const metaVersion = mediaType.as?.version ?? '';
  const include = as === 'table' ? includeObjectOf(includeObject) : 'None';
  let known = forms.get(target.version);
  if (known === undefined) forms.set(target.version, (known = new Map()));
  const format = mediaType.format === 'protobuf' ? 'protobuf' : 'json';
  const key = `${as} ${format} ${metaVersion} ${include}`;
  let form = known.get(key);
  if (form === undefined) {
    const { definition, version } = target;
    form = { target: { definition, version }, as, format, metaVersion, includeObject: include };
    known.set(key, form);
  }
  return form;
}

const encodings = new WeakMap<readonly WatchEvent[], Map<WatchForm, readonly Encoded[]>>();

/**
 * The lines of a batch in a form, encoded once for all watches that share both. `first`: the first events a Table watch gets carry the column
 * definitions; those are not remembered.
 */
export function encodeEvents(batch: readonly WatchEvent[], form: WatchForm, first: boolean): readonly Encoded[] {
  if (first && form.as === 'table') return encodeBatch(batch, form, true);
  let known = encodings.get(batch);
  if (known === undefined) encodings.set(batch, (known = new Map()));
  const remembered = known.get(form);
  if (remembered !== undefined) {
    if (remembered.length > 1) touch(remembered);
    return remembered;
  }
  const encoded = encodeBatch(batch, form, false);
  known.set(form, encoded);
  if (encoded.length > 1) {
    const weak = new WeakRef(known);
    count(encoded, encoded.length * pieceBytes, () => weak.deref()?.delete(form));
  }
  return encoded;
}

const heads: Readonly<Record<WatchEvent['type'], Buffer>> = {
  ADDED: Buffer.from('{"type":"ADDED","object":'),
  MODIFIED: Buffer.from('{"type":"MODIFIED","object":'),
  DELETED: Buffer.from('{"type":"DELETED","object":'),
};
const tail = Buffer.from('}\n');

function encodeBatch(batch: readonly WatchEvent[], form: WatchForm, columns: boolean): readonly Encoded[] {
  const pieces: Encoded[] = [];
  let parts: Uint8Array[] = [];
  let ends: number[] = [];
  let length = 0;
  let withColumns = columns;
  for (const event of batch) {
    if (form.format === 'protobuf') {
      const frame = encodeWatchFrame(event.type, protobufEventObject(event, form));
      parts.push(frame);
      length += frame.length;
    } else {
      const head = heads[event.type];
      const object = encodeObject(event, form, withColumns);
      withColumns = false;
      parts.push(head, object, tail);
      length += head.length + object.length + tail.length;
    }
    ends.push(length);
    if (length >= pieceBytes) {
      pieces.push({ bytes: Buffer.concat(parts, length), ends });
      parts = [];
      ends = [];
      length = 0;
    }
  }
  if (length > 0) pieces.push({ bytes: Buffer.concat(parts, length), ends });
  return pieces;
}

function protobufEventObject(event: WatchEvent, form: WatchForm): Buffer {
  const { object } = event.object;
  return protobufObject(
    form.as === 'metadata' ? partialMetadata(object, `meta.k8s.io/${form.metaVersion}`) : (object as JsonObject),
  );
}

function encodeObject(event: WatchEvent, form: WatchForm, withColumns: boolean): Uint8Array {
  if (form.as === 'object') return event.object.bytes;
  const metaApiVersion = `meta.k8s.io/${form.metaVersion}`;
  if (form.as === 'metadata') {
    const metadata = metadataText(event.object.bytes, event.object);
    return Buffer.from(`{"kind":"PartialObjectMetadata","apiVersion":"${metaApiVersion}","metadata":${metadata}}`);
  }
  const { object, bytes } = event.object;
  const row = tableRow(form.target.version.table, object, form.includeObject, metaApiVersion, new Date(), () =>
    Buffer.from(bytes).toString(),
  );
  return Buffer.from(table(form, String(event.revision), withColumns, row));
}

function table(form: WatchForm, revision: string, withColumns: boolean, row: string): string {
  const columns = withColumns ? columnDefinitions(form.target.version.table) : 'null';
  const head = `{"kind":"Table","apiVersion":"meta.k8s.io/${form.metaVersion}","metadata":{"resourceVersion":"${revision}"}`;
  return `${head},"columnDefinitions":${columns},"rows":[${row}]}`;
}

const initialEventsEndAnnotation = ',"annotations":{"k8s.io/initial-events-end":"true"}';

/** A BOOKMARK: an object of the watched kind with nothing but a resourceVersion. */
export function encodeBookmark(form: WatchForm, revision: number, initialEventsEnd: boolean): Encoded {
  const annotations = initialEventsEnd ? initialEventsEndAnnotation : '';
  const metadata = `{"resourceVersion":"${revision}","creationTimestamp":null${annotations}}`;
  const { definition, version } = form.target;
  if (form.format === 'protobuf') return protobufFrame('BOOKMARK', bookmarkObject(form, revision, initialEventsEnd));
  let object: string;
  if (form.as === 'object') {
    const apiVersion = formatApiVersion(definition.group, version.version);
    object = `{"kind":${JSON.stringify(definition.kind)},"apiVersion":${JSON.stringify(apiVersion)},"metadata":${metadata}}`;
  } else {
    const partial = `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/${form.metaVersion}","metadata":${metadata}}`;
    const cells = JSON.stringify(version.table.columns.map(() => ''));
    const row = `{"cells":${cells},"object":${form.includeObject === 'None' ? 'null' : partial}}`;
    object = form.as === 'metadata' ? partial : table(form, String(revision), false, row);
  }
  return line(`{"type":"BOOKMARK","object":${object}}\n`);
}

function bookmarkObject(form: WatchForm, revision: number, initialEventsEnd: boolean): JsonObject {
  const { definition, version } = form.target;
  const annotations: JsonObject = { 'k8s.io/initial-events-end': 'true' };
  const metadata: JsonObject = { resourceVersion: String(revision), ...(initialEventsEnd ? { annotations } : {}) };
  return form.as === 'metadata'
    ? { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${form.metaVersion}`, metadata }
    : { kind: definition.kind, apiVersion: formatApiVersion(definition.group, version.version), metadata };
}

function protobufFrame(type: string, object: JsonObject): Encoded {
  const bytes = encodeWatchFrame(type, protobufObject(object));
  return { bytes, ends: [bytes.length] };
}

export function encodeError(form: WatchForm, error: ApiError): Encoded {
  if (form.format === 'protobuf') return protobufFrame('ERROR', error.toStatus() as JsonObject);
  return line(`{"type":"ERROR","object":${stringify(error.toStatus() as Json)}}\n`);
}

function line(text: string): Encoded {
  const bytes = Buffer.from(text);
  return { bytes, ends: [bytes.length] };
}
