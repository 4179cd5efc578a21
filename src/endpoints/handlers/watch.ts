import { badRequest } from '../../apimachinery/errors.ts';
import { hasProtobufForm } from '../../apimachinery/protobuf/encode.ts';
import type { Target } from '../../registry/registry.ts';
import type { Endpoints } from '../endpoints.ts';
import type { Exchange } from '../exchange.ts';
import { noStream } from '../negotiation.ts';
import { parseWatchRequest } from '../options.ts';
import { nameInFieldSelector } from '../requestinfo.ts';
import { openEventStream } from '../writers/event-stream.ts';
import { watchForm } from '../writers/watch-encoding.ts';
import { WatchWriter } from '../writers/watch.ts';
import { answerForm } from './answer-form.ts';

const minTimeoutSeconds = 1800;

/**
 * GET with watch: events until the client leaves, the time is over, or the registry ends it. Errors before the first event are answers with a
 * status code; later ones are ERROR events.
 */
export async function watchObjects(endpoints: Endpoints, x: Exchange, target: Target): Promise<void> {
  const mediaType = answerForm(x, target, 'watch');
  const hasStreams = mediaType.format !== 'yaml';
  const { request, timeoutSeconds } = parseWatchRequest(x);
  const form = watchForm(
    target,
    hasStreams ? mediaType : { ...mediaType, format: 'json' },
    x.parameter('includeObject'),
  );
  const named =
    target.name === '' ? request : { ...request, fieldSelector: byName(request.fieldSelector, target.name) };
  const seconds = timeoutSeconds ?? minTimeoutSeconds * (1 + Math.random());
  const writer = new WatchWriter(form, {
    bookmarks: request.allowWatchBookmarks === true,
    seconds,
  });
  // Asked for first, so that a client that leaves while the watch begins is noticed.
  const { signal } = x;
  const stop = await endpoints.registry.watch(x, { ...target, name: '' }, named, writer);
  if (!hasStreams) {
    stop();
    throw noStream(hasProtobufForm(target.version.schema));
  }
  try {
    writer.open(await openEventStream(x, form), signal);
    endpoints.watches.add(writer);
    await writer.ended;
  } finally {
    stop();
    endpoints.watches.delete(writer);
    x.sent = writer.sent;
  }
}

/** The object's own selector beside the client's, which must not name another. Throws 400. */
function byName(selector: string | undefined, name: string): string {
  const own = `metadata.name=${name.replace(/[\\,=]/g, (character) => `\\${character}`)}`;
  const named = nameInFieldSelector(selector ?? '');
  if (named !== '' && named !== name) throw badRequest("fieldSelector metadata.name doesn't match requested name");
  return selector === undefined ? own : `${selector},${own}`;
}
