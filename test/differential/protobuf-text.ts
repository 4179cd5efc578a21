const uid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The frames of a protobuf stream: four bytes of length, then the message. */
export function frames(body: Buffer): Buffer[] {
  const all: Buffer[] = [];
  for (let at = 0; at + 4 <= body.length; ) {
    const length = body.readUInt32BE(at);
    all.push(body.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return all;
}

/**
 * A message as text, without knowing its type: field numbers in the order of the wire. Bytes that read as a message are shown as one. Uids, times and
 * resourceVersions, which no two servers share, are named instead.
 */
export function wireText(bytes: Buffer): string {
  return messageText(bytes) ?? valueText(bytes);
}

function messageText(bytes: Buffer): string | undefined {
  const fields: string[] = [];
  let at = 0;
  const varint = (): bigint | undefined => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) return undefined;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return undefined;
  };
  while (at < bytes.length) {
    const tag = varint();
    if (tag === undefined || tag >> 3n === 0n || tag >> 3n > 1000n) return undefined;
    const type = tag & 7n;
    if (type === 0n) {
      const value = varint();
      if (value === undefined) return undefined;
      fields.push(`${tag >> 3n}: ${value > 1_600_000_000n && value < 2_100_000_000n ? 'TIME' : value}`);
    } else if (type === 2n) {
      const length = varint();
      if (length === undefined || at + Number(length) > bytes.length) return undefined;
      const content = bytes.subarray(at, at + Number(length));
      at += Number(length);
      fields.push(
        `${tag >> 3n}: ${content.subarray(0, 4).toString('latin1') === 'k8s\0' ? wireText(content.subarray(4)) : valueOrMessage(content)}`,
      );
    } else if (type === 1n || type === 5n) {
      const width = type === 1n ? 8 : 4;
      if (at + width > bytes.length) return undefined;
      fields.push(`${tag >> 3n}: 0x${bytes.subarray(at, at + width).toString('hex')}`);
      at += width;
    } else return undefined;
  }
  return `{${fields.join(' ')}}`;
}

function valueOrMessage(content: Buffer): string {
  const text = content.toString();
  if (content.length === 0 || uid.test(text) || /^\d+$/.test(text) || /^[ -~]*$/.test(text)) return valueText(content);
  return messageText(content) ?? valueText(content);
}

function valueText(content: Buffer): string {
  const text = content.toString();
  if (uid.test(text)) return 'UID';
  if (/^\d{2,}$/.test(text)) return 'RV';
  if (text.startsWith('eyJ2')) return 'TOKEN';
  if (/^[[{]/.test(text)) {
    try {
      return sorted(JSON.parse(text));
    } catch {
      return JSON.stringify(text);
    }
  }
  return JSON.stringify(text);
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
