import { get } from 'node:https';
import type { LookupFunction } from 'node:net';

/**
 * GETs a JSON document over HTTPS. Follows no redirects, reads at most `maxBytes`, gives up after `timeoutMs` in all. Throws an Error that names the URL
 * on any failure.
 */
export function fetchJson(
  url: URL,
  options: {
    readonly ca: string | undefined;
    readonly timeoutMs: number;
    readonly maxBytes: number;
    readonly lookup?: LookupFunction;
  },
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const fail = (why: string, cause?: unknown) => reject(new Error(`${url.href}: ${why}`, { cause }));
    if (url.protocol !== 'https:') {
      fail('not an https URL');
      return;
    }
    const signal = AbortSignal.timeout(options.timeoutMs);
    const request = get(
      url,
      { ca: options.ca, signal, agent: false, lookup: options.lookup, headers: { accept: 'application/json' } },
      (response) => {
        if (response.statusCode !== 200) {
          response.destroy();
          fail(`answered ${response.statusCode}`);
          return;
        }
        const chunks: Buffer[] = [];
        let length = 0;
        response.on('data', (chunk: Buffer) => {
          length += chunk.length;
          if (length <= options.maxBytes) chunks.push(chunk);
          else {
            response.destroy();
            fail(`answer exceeds ${options.maxBytes} bytes`);
          }
        });
        response.on('error', (error) => fail(signal.aborted ? 'timed out' : error.message, error));
        response.on('end', () => {
          try {
            resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')));
          } catch (error) {
            fail('answer is not JSON', error);
          }
        });
      },
    );
    request.on('error', (error) => fail(signal.aborted ? 'timed out' : error.message, error));
  });
}
