import { stringify } from '../apimachinery/json.ts';
import type { KubeObject } from '../apimachinery/object.ts';

const metadataStart = '"metadata":{';

/**
 * The stored text of an object: kind, apiVersion and metadata first, no resourceVersion. The caller keeps ownership of `object`.
 */
export function storedText(object: KubeObject): string {
  const { kind, apiVersion, metadata, ...rest } = object;
  const { resourceVersion: _dropped, ...meta } = metadata;
  return stringify({ kind, apiVersion, metadata: meta as never, ...(rest as object) });
}

/** The served text: `metadata.resourceVersion` put back as the first member of metadata. */
export function spliceRevision(text: string, revision: number): string {
  const at = text.indexOf(metadataStart) + metadataStart.length;
  const separator = text.charCodeAt(at) === 0x7d /* } */ ? '' : ',';
  return `${text.slice(0, at)}"resourceVersion":"${revision}"${separator}${text.slice(at)}`;
}
