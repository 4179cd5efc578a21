import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Catalog } from '../../registry/registry.ts';

/** A document computed from a catalog, with the entity tag of its content. */
export type CatalogDocument = { readonly bytes: Buffer; readonly etag: string };

const maxBytes = 32 * 1024 * 1024;
const documents = new LRUCache<string, CatalogDocument>({
  maxSize: maxBytes,
  sizeCalculation: (document) => document.bytes.length + 256,
});

/** The document `name` of a catalog, made when first asked for and shared by all logical clusters that serve the same. */
export function cachedDocument(catalog: Catalog, name: string, make: () => string | Uint8Array): CatalogDocument {
  const key = `${catalog.hash} ${name}`;
  const known = documents.get(key);
  if (known !== undefined) return known;
  const made = make();
  const bytes =
    typeof made === 'string' ? Buffer.from(made) : Buffer.from(made.buffer, made.byteOffset, made.byteLength);
  const etag = createHash('sha512').update(bytes).digest('hex').toUpperCase();
  const document = { bytes, etag };
  documents.set(key, document);
  return document;
}

/** Whether an If-None-Match header names the tag. */
export function matchesEtag(header: string, etag: string): boolean {
  if (header === '') return false;
  return header.split(',').some((part) => part.trim().replace(/^W\//, '') === `"${etag}"` || part.trim() === '*');
}
