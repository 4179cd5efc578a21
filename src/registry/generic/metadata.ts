import { randomInt } from 'node:crypto';
import type { Strategy } from '../../api/resource-definition.ts';
import { badRequest } from '../../apimachinery/errors.ts';
import { deepEqual, type Json } from '../../apimachinery/json.ts';
import type { ObjectMeta, OwnerReference } from '../../apimachinery/object.ts';
import type { RequestContext } from '../registry.ts';

/** Letters of generated names: no vowels and no digits that look like letters (apimachinery util/rand). */
const suffixAlphabet = 'bcdfghjklmnpqrstvwxz2456789';
const suffixLength = 5;
const maxGeneratedBase = 63 - suffixLength;

/** A name from metadata.generateName: at most 58 characters of it and five random ones. */
export function generateName(base: string): string {
  let name = base.length > maxGeneratedBase ? base.slice(0, maxGeneratedBase) : base;
  for (let i = 0; i < suffixLength; i++) name += suffixAlphabet[randomInt(suffixAlphabet.length)];
  return name;
}

/**
 * Puts the request's namespace on the object. Cluster-scoped objects lose theirs.
 * @throws 400 when the object names another namespace than the request.
 */
export function claimNamespace(meta: ObjectMeta, namespaced: boolean, namespace: string): void {
  if (!namespaced) {
    if (meta.namespace !== undefined) delete meta.namespace;
    return;
  }
  if (meta.namespace === undefined || meta.namespace === '') meta.namespace = namespace;
  else if (meta.namespace !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

/** @throws 400 when an update's object is not the one that the URL names. */
export function checkName(meta: ObjectMeta, name: string): void {
  if (meta.name === name) return;
  if (meta.name === undefined || meta.name === '')
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  throw badRequest(`the name of the object (${meta.name}) does not match the name on the URL (${name})`);
}

/** Fields that no client sets on create: wiped or set anew (rest.FillObjectMetaSystemFields, rest.WipeObjectMetaSystemFields). */
export function initializeMetadata(
  meta: ObjectMeta,
  uid: string,
  now: string,
  generation: Strategy['generation'],
): void {
  meta.uid = uid;
  meta.creationTimestamp = now;
  if (meta.resourceVersion !== undefined) delete meta.resourceVersion;
  if (meta.deletionTimestamp !== undefined) delete meta.deletionTimestamp;
  if (meta.deletionGracePeriodSeconds !== undefined) delete meta.deletionGracePeriodSeconds;
  dropSelfLink(meta);
  // Kinds that do not count it keep what they were given, as in stock.
  if (generation === 'spec') meta.generation = 1;
}

/** What an update keeps of the old metadata whatever the client sends (rest.BeforeUpdate). */
export function carryMetadata(meta: ObjectMeta, old: ObjectMeta): void {
  if (meta.uid === undefined || meta.uid === '') meta.uid = old.uid;
  if (old.creationTimestamp !== undefined) meta.creationTimestamp = old.creationTimestamp;
  else if (meta.creationTimestamp !== undefined) delete meta.creationTimestamp;
  if (old.deletionTimestamp !== undefined) meta.deletionTimestamp = old.deletionTimestamp;
  if (old.deletionGracePeriodSeconds !== undefined && meta.deletionGracePeriodSeconds === undefined)
    meta.deletionGracePeriodSeconds = old.deletionGracePeriodSeconds;
  if (old.generation !== undefined) meta.generation = old.generation;
  else if (meta.generation !== undefined) delete meta.generation;
  dropSelfLink(meta);
}

function dropSelfLink(meta: ObjectMeta & { selfLink?: string }): void {
  if (meta.selfLink !== undefined) delete meta.selfLink;
}

/** Drops repeated owner references and warns as stock does. */
export function deduplicateOwners(meta: ObjectMeta, ctx: RequestContext, afterAdmission: boolean): void {
  const references = meta.ownerReferences;
  if (references === undefined || references.length < 2) return;
  const kept: OwnerReference[] = [];
  const duplicates: string[] = [];
  for (const reference of references) {
    if (kept.some((other) => other.uid === reference.uid && deepEqual(other as Json, reference as Json)))
      duplicates.push(reference.uid);
    else kept.push(reference);
  }
  if (duplicates.length === 0) return;
  meta.ownerReferences = kept;
  const when = afterAdmission ? ' after mutating admission happens' : '';
  ctx.warn(
    `.metadata.ownerReferences contains duplicate entries${when}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${duplicates.join(', ')}`,
  );
}

/** UIDs of the owners, for storage's index of dependents. */
export function ownerUids(meta: ObjectMeta): readonly string[] | undefined {
  const references = meta.ownerReferences;
  if (references === undefined || references.length === 0) return undefined;
  return references.map((reference) => reference.uid);
}
