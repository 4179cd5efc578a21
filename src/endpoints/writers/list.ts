import { formatApiVersion } from '../../apimachinery/object.ts';
import type { ListAnswer, Target } from '../../registry/registry.ts';
import type { Exchange } from '../exchange.ts';
import { type MediaType, wantsPretty } from '../negotiation.ts';
import { composeGzip, deflateTail } from './gzip.ts';
import { endWithParts } from './large-body.ts';
import { listTail, type ListTail } from './list-tail.ts';
import { protobufList, protobufType } from './protobuf.ts';
import { acceptsGzip, beginAnswer, commonHeaders, gzipThreshold, respondBody, respondDocument } from './respond.ts';
import { columnDefinitions, includeObjectOf, tableRow } from './table.ts';

/** Longer lists are not in the audit trail: an event must stay of a size that receivers take. */
const maxRecordedItems = 500;

/**
 * Answers with a list. The items are one buffer that is remembered as long as the list does not change (`ListAnswer.version`), compressed or not;
 * only the head, which carries the revision, is written anew.
 */
export async function respondList(
  x: Exchange,
  mediaType: MediaType,
  target: Target,
  answer: ListAnswer,
): Promise<void> {
  const { as } = mediaType;
  if (as?.kind === 'Table') {
    await respondDocument(x, 200, mediaType, tableOf(x, as.version, target, answer));
    return;
  }
  const metaVersion = as === undefined ? undefined : `meta.k8s.io/${as.version}`;
  const kind = metaVersion === undefined ? target.definition.listKind : 'PartialObjectMetadataList';
  const apiVersion = metaVersion ?? formatApiVersion(target.definition.group, target.version.version);
  if (mediaType.format === 'protobuf') {
    return respondBody(x, 200, protobufType, protobufList(answer, apiVersion, kind));
  }
  const head = `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},"metadata":${metadataOf(answer)},`;
  const tail = listTail(target, answer, metaVersion);
  if (x.audit?.wantsResponse === true && answer.items.length <= maxRecordedItems) {
    const items = answer.items.map((item) => item.object());
    x.audit.responded({ kind, apiVersion, metadata: answer.metadata, items });
  }
  if (mediaType.format === 'json' && !wantsPretty(x.parameter('pretty'), x.header('user-agent'), mediaType)) {
    await respondHeadAndTail(x, Buffer.from(head), tail);
  } else {
    await respondDocument(x, 200, mediaType, `${head}${tail.bytes.toString()}`);
  }
}

function metadataOf(answer: ListAnswer): string {
  const { resourceVersion, continue: token, remainingItemCount } = answer.metadata;
  return JSON.stringify({
    resourceVersion: resourceVersion || undefined,
    continue: token || undefined,
    remainingItemCount,
  });
}

async function respondHeadAndTail(x: Exchange, head: Buffer, tail: ListTail): Promise<void> {
  const headers = commonHeaders(x, 'application/json');
  const size = head.length + tail.bytes.length;
  if (size > gzipThreshold && acceptsGzip(x)) {
    tail.packed ??= deflateTail(tail.bytes);
    const body = composeGzip(head, await tail.packed);
    headers['content-encoding'] = 'gzip';
    headers['vary'] = 'Accept-Encoding';
    headers['content-length'] = x.sent = body.reduce((sum, part) => sum + part.length, 0);
    beginAnswer(x, 200, headers);
    return endWithParts(x.response, body, x.sent);
  }
  headers['content-length'] = x.sent = size;
  beginAnswer(x, 200, headers);
  return endWithParts(x.response, [head, tail.bytes], size);
}

function tableOf(x: Exchange, metaVersion: string, target: Target, answer: ListAnswer): string {
  const apiVersion = `meta.k8s.io/${metaVersion}`;
  const include = includeObjectOf(x.parameter('includeObject'));
  const now = new Date();
  let rows = '';
  for (const item of answer.items) {
    if (rows !== '') rows += ',';
    rows += tableRow(target.version.table, item.object(), include, apiVersion, now, () =>
      Buffer.from(item.bytes()).toString(),
    );
  }
  const { table } = target.version;
  const all = rows === '' && table.nullWhenEmpty === true ? 'null' : `[${rows}]`;
  return `{"kind":"Table","apiVersion":"${apiVersion}","metadata":${metadataOf(answer)},"columnDefinitions":${columnDefinitions(table)},"rows":${all}}`;
}
