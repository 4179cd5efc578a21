import { ArrayList, EntryMap } from '../collections.ts';
import { declare, type Implementation, type Library, method, overload } from '../declarations.ts';
import {
  escapedPath,
  formatUrl,
  type GoUrl,
  hostname,
  parseRequestUrl,
  parseUrl,
  port,
  queryOf,
  UrlProblem,
} from '../go-url.ts';
import { BOOL, CelType, listOf, mapOf, STRING } from '../type.ts';
import { CelError, type CelResult, type CelValue, noSuchOverload, OpaqueValue } from '../values.ts';

const URL_TYPE = new CelType('struct', 'kubernetes.URL');

class UrlValue extends OpaqueValue {
  override readonly celType = URL_TYPE;
  readonly url: GoUrl;

  constructor(url: GoUrl) {
    super();
    this.url = url;
  }

  override equals(other: CelValue): CelResult {
    return other instanceof UrlValue ? formatUrl(this.url) === formatUrl(other.url) : noSuchOverload;
  }

  override toJson(): unknown {
    return formatUrl(this.url);
  }
}

function parse(text: CelValue): CelResult {
  if (typeof text !== 'string') return noSuchOverload;
  const request = parseRequestUrl(text);
  const url = request instanceof UrlProblem ? request : parseUrl(text);
  if (!(url instanceof UrlProblem)) return new UrlValue(url);
  return new CelError(`URL parse error during conversion from string: ${url.message}`);
}

function part(work: (url: GoUrl) => CelResult): Implementation {
  return (value) => (value instanceof UrlValue ? work(value.url) : noSuchOverload);
}

/** Parts of URLs. */
export const urlsLibrary: Library = {
  functions: [
    declare('url', overload('string_to_url', [STRING], URL_TYPE, parse)),
    declare(
      'getScheme',
      method(
        'url_get_scheme',
        [URL_TYPE],
        STRING,
        part(({ scheme }) => scheme),
      ),
    ),
    declare(
      'getHost',
      method(
        'url_get_host',
        [URL_TYPE],
        STRING,
        part(({ host }) => host),
      ),
    ),
    declare('getHostname', method('url_get_hostname', [URL_TYPE], STRING, part(hostname))),
    declare('getPort', method('url_get_port', [URL_TYPE], STRING, part(port))),
    declare('getEscapedPath', method('url_get_escaped_path', [URL_TYPE], STRING, part(escapedPath))),
    declare(
      'getQuery',
      method(
        'url_get_query',
        [URL_TYPE],
        mapOf(STRING, listOf(STRING)),
        part((url) => EntryMap.of([...queryOf(url)].map(([key, values]) => [key, new ArrayList(values)] as const))),
      ),
    ),
    declare(
      'isURL',
      overload('is_url_string', [STRING], BOOL, (text) =>
        typeof text === 'string' ? !(parseRequestUrl(text) instanceof UrlProblem) : noSuchOverload,
      ),
    ),
  ],
};
