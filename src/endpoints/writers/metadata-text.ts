import { stringify, type Json } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { shownMetadata } from './partial-metadata.ts';

const marker = Buffer.from('"metadata":{');
const markerSearchBytes = 512;
/** How the text of the one kind begins whose metadata is not all shown. */
const daemonSet = Buffer.from('{"kind":"DaemonSet","apiVersion":"apps/v1",');

/**
 * The JSON of an object's metadata as it is shown alone, cut out of its serialized form where metadata stands near the front (it does in every stored object), else
 * serialized from `source.object`.
 */
export function metadataText(bytes: Uint8Array, source: { readonly object: KubeObject }): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const head = buffer.subarray(0, markerSearchBytes);
  const at = head.indexOf(marker);
  const isShownWhole = daemonSet.compare(head, 0, daemonSet.length) !== 0;
  // Only kind and apiVersion may stand before it; a brace would mean that some other member holds the marker.
  if (isShownWhole && at > 0 && head.indexOf(0x7b, 1) === at + marker.length - 1) {
    const start = at + marker.length - 1;
    const end = endOfObject(buffer, start);
    if (end > 0) return buffer.toString('utf8', start, end);
  }
  return stringify(shownMetadata(source.object) as Json);
}

/** The index after the brace that closes the object at `start`; -1 when there is none. */
function endOfObject(buffer: Buffer, start: number): number {
  let depth = 0;
  for (let i = start; i < buffer.length; i++) {
    const code = buffer[i];
    if (code === 0x22) {
      i = endOfString(buffer, i);
      if (i < 0) return -1;
    } else if (code === 0x7b) depth++;
    else if (code === 0x7d && --depth === 0) return i + 1;
  }
  return -1;
}

function endOfString(buffer: Buffer, start: number): number {
  for (let i = start + 1; i < buffer.length; i++) {
    const code = buffer[i];
    if (code === 0x5c) i++;
    else if (code === 0x22) return i;
  }
  return -1;
}
