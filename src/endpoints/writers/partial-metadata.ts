import { type JsonObject, setOwn } from '../../apimachinery/json.ts';
import type { KubeObject, ObjectMeta } from '../../apimachinery/object.ts';

/** A field of its own in upstream's internal form of a DaemonSet; only whole objects come out of it with the annotation. */
const templateGeneration = 'deprecated.daemonset.template.generation';

/** An object's metadata as PartialObjectMetadata and rows of tables have it. */
export function shownMetadata(object: KubeObject): ObjectMeta {
  const { kind, apiVersion, metadata } = object;
  const { annotations } = metadata;
  if (kind !== 'DaemonSet' || apiVersion !== 'apps/v1' || annotations === undefined) return metadata;
  const { annotations: _all, ...rest } = metadata;
  const shown: JsonObject = {};
  for (const key of Object.keys(annotations)) if (key !== templateGeneration) setOwn(shown, key, annotations[key]);
  return Object.keys(shown).length === 0 ? rest : { ...rest, annotations: shown as Record<string, string> };
}
