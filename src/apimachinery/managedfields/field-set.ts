import { isObject, type JsonObject } from '../json.ts';
import { compareElements, formatElement, normalizeElement } from './path-element.ts';

/**
 * A set of field paths, held as the tree that FieldsV1 is: what is stored needs no parsing, and unchanged parts are shared. Below the root a node
 * without members is a path of the set; `.` says that a node with children is one too. Sets are never changed once made.
 */
export type FieldSet = { readonly [element: string]: FieldSet };
type Building = { [element: string]: FieldSet };

/** A path without children. */
export const leaf: FieldSet = Object.freeze({});
export const emptySet: FieldSet = leaf;

export function isEmpty(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

/** Whether the path that leads to this node belongs to the set. */
export function isMember(node: FieldSet): boolean {
  return node['.'] !== undefined || isEmpty(node);
}

/** A node from its parts; undefined when neither it nor anything below belongs to the set. */
function nodeOf(member: boolean, children: Building | undefined): FieldSet | undefined {
  if (children === undefined) return member ? leaf : undefined;
  return member ? { '.': leaf, ...children } : children;
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmpty(b)) return a;
  if (isEmpty(a)) return b;
  return unionChildren(a, b, {});
}

function unionChildren(a: FieldSet, b: FieldSet, out: Building): FieldSet {
  for (const key in a) {
    if (key === '.') continue;
    const left = a[key] as FieldSet;
    const right = b[key];
    out[key] = right === undefined ? left : unionNodes(left, right);
  }
  for (const key in b) if (key !== '.' && a[key] === undefined) out[key] = b[key] as FieldSet;
  return out;
}

function unionNodes(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  if (isEmpty(a) && isEmpty(b)) return leaf;
  return unionChildren(a, b, isMember(a) || isMember(b) ? { '.': leaf } : {});
}

/** Paths of `a` that are not in `b`. Gives `a` itself when that is all of them. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return isEmpty(a) || isEmpty(b) ? a : (differenceChildren(a, b, false) ?? a);
}

/** The children that remain, {} when none; undefined when all remain. */
function differenceChildren(a: FieldSet, b: FieldSet, recursive: boolean): FieldSet | undefined {
  let changed = false;
  const out: Building = {};
  for (const key in a) {
    if (key === '.') continue;
    const left = a[key] as FieldSet;
    const right = b[key];
    const rest = right === undefined ? left : differenceNodes(left, right, recursive);
    if (rest !== left) changed = true;
    if (rest !== undefined) out[key] = rest;
  }
  return changed ? out : undefined;
}

function differenceNodes(a: FieldSet, b: FieldSet, recursive: boolean): FieldSet | undefined {
  const cut = isMember(b);
  if (cut && recursive) return undefined;
  if (isEmpty(a)) return cut ? undefined : a;
  const member = a['.'] !== undefined;
  const children = differenceChildren(a, b, recursive);
  if (children === undefined) {
    if (!member || !cut) return a;
    const { '.': _, ...rest } = a;
    return nodeOf(false, isEmpty(rest) ? undefined : rest);
  }
  return nodeOf(member && !cut, isEmpty(children) ? undefined : children);
}

/** As difference, but a path of `b` takes everything below it away too. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  return isEmpty(a) || isEmpty(b) ? a : (differenceChildren(a, b, true) ?? a);
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return intersectChildren(a, b) ?? emptySet;
}

function intersectChildren(a: FieldSet, b: FieldSet): Building | undefined {
  let out: Building | undefined;
  for (const key in a) {
    const right = b[key];
    if (right === undefined || key === '.') continue;
    const left = a[key] as FieldSet;
    const common = nodeOf(isMember(left) && isMember(right), intersectChildren(left, right));
    if (common !== undefined) (out ??= {})[key] = common;
  }
  return out;
}

/** Whether two sets hold the same paths. */
export function equalSets(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  let count = 0;
  for (const key in a) {
    if (key === '.') continue;
    const left = a[key] as FieldSet;
    const right = b[key];
    if (right === undefined || isMember(left) !== isMember(right) || !equalSets(left, right)) return false;
    count++;
  }
  for (const key in b) if (key !== '.') count--;
  return count === 0;
}

/** The same set with every level in the order in which FieldsV1 is written. */
export function sortSet(set: FieldSet): FieldSet {
  const keys = Object.keys(set);
  let changed = false;
  for (let i = 1; i < keys.length && !changed; i++) {
    changed = compareElements(keys[i - 1] as string, keys[i] as string) > 0;
  }
  if (changed) keys.sort(compareElements);
  const out: Building = {};
  for (const key of keys) {
    const child = set[key] as FieldSet;
    const sorted = isEmpty(child) ? child : sortSet(child);
    if (sorted !== child) changed = true;
    out[key] = sorted;
  }
  return changed ? out : set;
}

const maxDepth = 200;

/** A set that a client wrote, made canonical. Throws a SyntaxError when it is none. */
export function normalizeSet(fields: JsonObject, depth = 0): FieldSet {
  if (depth > maxDepth) throw new SyntaxError('too deep');
  const out: Building = {};
  for (const key of Object.keys(fields)) {
    const value = fields[key];
    if (key === '.' && depth === 0) continue;
    const element = key === '.' ? key : normalizeElement(key);
    if (element === undefined || value === undefined) continue;
    if (!isObject(value)) throw new SyntaxError(`no object at ${key}`);
    out[element] = key === '.' ? leaf : normalizeSet(value, depth + 1);
  }
  return depth > 0 && out['.'] !== undefined && Object.keys(out).length === 1 ? leaf : out;
}

/** The set of dotted field names such as `metadata.labels`. */
export function setOfFields(paths: readonly string[]): FieldSet {
  let set: FieldSet = emptySet;
  for (const path of paths) {
    let node: FieldSet = leaf;
    for (const name of path.split('.').reverse()) node = { [`f:${name}`]: node };
    set = union(set, node);
  }
  return set;
}

/** Calls with every path, elements joined as error messages show them: members of a level first, then what is below. */
export function forEachPath(set: FieldSet, visit: (path: string, elements: readonly string[]) => void): void {
  walk(set, '', [], visit);
}

function walk(
  set: FieldSet,
  prefix: string,
  elements: readonly string[],
  visit: (path: string, elements: readonly string[]) => void,
): void {
  const keys = Object.keys(set).filter((key) => key !== '.');
  for (const key of keys) {
    if (isMember(set[key] as FieldSet)) visit(prefix + formatElement(key), [...elements, key]);
  }
  for (const key of keys) {
    const child = set[key] as FieldSet;
    if (!isEmpty(child)) walk(child, prefix + formatElement(key), [...elements, key], visit);
  }
}

/** Whether the set holds this path. */
export function hasPath(set: FieldSet, elements: readonly string[]): boolean {
  let node: FieldSet | undefined = set;
  for (const element of elements) {
    node = node[element];
    if (node === undefined) return false;
  }
  return elements.length > 0 && isMember(node);
}
