import type { FieldSchema, StructSchema } from '../schema/schema.ts';

/** A struct as a protobuf message: its fields by number. Fields of embedded Go structs are a message inside, and none in JSON. */
export type Message = {
  readonly goName: string;
  readonly fields: ReadonlyMap<number, MessageField>;
  /** The same from the highest number to the lowest: the order in which they are written. */
  readonly descending: readonly (readonly [number, MessageField])[];
};

export type MessageField =
  | { readonly kind: 'field'; readonly field: FieldSchema; readonly goName: string }
  | { readonly kind: 'embedded'; readonly message: Message; readonly goName: string };

const messages = new WeakMap<StructSchema, Message>();

/** The message form of a struct, made when it is first asked for. */
export function messageOf(schema: StructSchema): Message {
  let message = messages.get(schema);
  if (message === undefined) {
    const goName = schema.name.slice(schema.name.lastIndexOf('.') + 1);
    message = buildMessage(goName, [...schema.fields.values()], 0);
    messages.set(schema, message);
  }
  return message;
}

function buildMessage(goName: string, fields: readonly FieldSchema[], depth: number): Message {
  const byNumber = new Map<number, MessageField>();
  const embedded = new Map<number, FieldSchema[]>();
  for (const field of fields) {
    const number = field.protoInline?.[depth] ?? field.proto;
    if (number === 0) continue;
    if (field.protoInline?.[depth] === undefined)
      byNumber.set(number, { kind: 'field', field, goName: goFieldName(field) });
    else {
      const siblings = embedded.get(number);
      if (siblings === undefined) embedded.set(number, [field]);
      else siblings.push(field);
    }
  }
  for (const [number, inner] of embedded)
    byNumber.set(number, { kind: 'embedded', goName, message: buildMessage(goName, inner, depth + 1) });
  return { goName, fields: byNumber, descending: [...byNumber].toSorted(([a], [b]) => b - a) };
}

/** The Go name of a field, which errors show: the JSON name in upper camel case, or the type where it is embedded. */
function goFieldName(field: FieldSchema): string {
  if (field.name === 'metadata' && field.schema.kind === 'struct')
    return field.schema.name.slice(field.schema.name.lastIndexOf('.') + 1);
  return field.name.charAt(0).toUpperCase() + field.name.slice(1);
}

/** Go names of list types that are messages of their own, `{ repeated items = 1 }`, where they are fields. As values of maps all lists are. */
export const listMessages: ReadonlySet<string> = new Set(['v1.Verbs']);
