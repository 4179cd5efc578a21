import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { OutgoingHttpHeaders } from 'node:http';
import type { Catalog } from '../../registry/registry.ts';
import type { Exchange } from '../exchange.ts';
import { gzipBody } from '../writers/gzip.ts';
import { acceptsGzip, gzipThreshold, respond, respondBody } from '../writers/respond.ts';

/** A document computed from a catalog, with the entity tag of its content. */
export type CatalogDocument = { readonly bytes: Buffer; readonly etag: string; packed?: Promise<Buffer> };

const maxBytes = 64 * 1024 * 1024;
const documents = new LRUCache<string, CatalogDocument>({
  maxSize: maxBytes,
  sizeCalculation: (document) => document.bytes.length + 1024,
});

/** The document `name` of a catalog, made when first asked for and shared by all logical clusters that serve the same. */
export function cachedDocument(catalog: Catalog, name: string, make: () => string | Uint8Array): CatalogDocument {
  return rememberedDocument(`${catalog.hash} ${name}`, make);
}

/** The document `name` of a catalog when it has been made and is still at hand. */
export function knownDocument(catalog: Catalog, name: string): CatalogDocument | undefined {
  return documents.get(`${catalog.hash} ${name}`);
}

/** The document of a key that names its whole content. */
export function rememberedDocument(key: string, make: () => string | Uint8Array): CatalogDocument {
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

/** Answers with a document and its entity tag, compressed when large; 304 when the client has it. */
export async function respondCachedDocument(
  x: Exchange,
  contentType: string,
  document: CatalogDocument,
  extra: OutgoingHttpHeaders,
): Promise<void> {
  const headers: OutgoingHttpHeaders = { etag: `"${document.etag}"`, vary: 'Accept', ...extra };
  if (matchesEtag(x.header('if-none-match'), document.etag)) {
    return respond(x, 304, contentType, '', { ...headers, 'content-length': undefined });
  }
  if (document.bytes.length <= gzipThreshold || !acceptsGzip(x)) {
    return respondBody(x, 200, contentType, document.bytes, headers);
  }
  document.packed ??= gzipBody(document.bytes);
  const packed = await document.packed;
  return respondBody(x, 200, contentType, packed, {
    ...headers,
    'content-encoding': 'gzip',
    vary: 'Accept, Accept-Encoding',
  });
}

/** Whether an If-None-Match header names the tag. */
export function matchesEtag(header: string, etag: string): boolean {
  if (header === '') return false;
  return header.split(',').some((part) => part.trim().replace(/^W\//, '') === `"${etag}"` || part.trim() === '*');
}
