import { ApiError, notAcceptable } from '../apimachinery/errors.ts';

/** What a client wants back. */
export type MediaType = {
  readonly format: 'json' | 'yaml' | 'protobuf';
  /** `as=Kind;g=group;v=version`. */
  readonly as: { readonly kind: string; readonly group: string; readonly version: string } | undefined;
  /** `pretty=1` in the media type. */
  readonly pretty: boolean;
};

/** Which `as=` kinds an endpoint converts to. */
export type Conversions = 'object' | 'list' | 'watch' | 'none' | 'discovery';

type Clause = {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly quality: number;
};

const protobuf = 'application/vnd.kubernetes.protobuf';
const formats: ReadonlyMap<string, MediaType['format']> = new Map([
  ['application/json', 'json'],
  ['application/yaml', 'yaml'],
]);
/** What the router lets through, also for kinds that have no protobuf form. */
const routable: ReadonlySet<string> = new Set([...formats.keys(), protobuf]);
const streamTypes = ['application/json;stream=watch', `${protobuf};stream=watch`];

const json: MediaType = { format: 'json', as: undefined, pretty: false };
const maxAcceptLength = 4096;
const maxRemembered = 512;
const remembered = new Map<string, MediaType>();

/**
 * Chooses the form of an answer from an Accept header. Throws 406 as the stock server words it: one text when no media type is known, another
 * when only the conversion asked for is not offered. Answers are remembered per header, of which there are few.
 *
 * Protobuf (`withProtobuf`: the kind has such a form) is for clients that take nothing else: objects are kept as JSON, so that JSON costs nothing, and
 * Go clients, which name protobuf first, take it just as well.
 */
export function negotiate(accept: string, conversions: Conversions, withProtobuf = false): MediaType {
  if (accept === '' || accept === '*/*' || accept === 'application/json') return json;
  const key = `${conversions} ${withProtobuf} ${accept}`;
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const chosen = choose(accept, conversions, withProtobuf);
  if (remembered.size >= maxRemembered) remembered.clear();
  remembered.set(key, chosen);
  return chosen;
}

function choose(accept: string, conversions: Conversions, withProtobuf: boolean): MediaType {
  const mediaTypes = withProtobuf ? [...formats.keys(), protobuf] : [...formats.keys()];
  if (accept.length > maxAcceptLength) throw notAcceptable(mediaTypes);
  const streams = withProtobuf ? streamTypes : streamTypes.slice(0, 1);
  const clauses = parseAccept(accept);
  if (conversions !== 'discovery' && !clauses.some((clause) => clause.type === '*/*' || routable.has(clause.type))) {
    throw unknownMediaTypes(
      conversions === 'list' || conversions === 'watch' ? [...mediaTypes, ...streams] : mediaTypes,
    );
  }
  for (const clause of clauses) {
    const format = clause.type === '*/*' || clause.type === 'application/*' ? 'json' : formats.get(clause.type);
    if (format === undefined) continue;
    const mediaType = mediaTypeOf(clause, format, conversions);
    if (mediaType !== undefined) return mediaType;
  }
  for (const clause of clauses) {
    if (!withProtobuf || clause.type !== protobuf || clause.parameters['as'] === 'Table') continue;
    const mediaType = mediaTypeOf(clause, 'protobuf', conversions);
    if (mediaType !== undefined) return mediaType;
  }
  throw notAcceptable(mediaTypes);
}

/** 406 for a watch in a form that has no streams, which a stock server says last of all. */
export function noStream(withProtobuf: boolean): ApiError {
  return notAcceptable(withProtobuf ? streamTypes : streamTypes.slice(0, 1));
}

function mediaTypeOf(clause: Clause, format: MediaType['format'], conversions: Conversions): MediaType | undefined {
  const { as: kind, g: group = '', v: version = '', pretty, stream = '', sv = '' } = clause.parameters;
  if (stream !== '' && (stream !== 'watch' || format === 'yaml')) return undefined;
  if (sv !== '' && sv !== 'v1') return undefined;
  const as = kind === undefined && group === '' && version === '' ? undefined : { kind: kind ?? '', group, version };
  return as !== undefined && !offers(conversions, as) ? undefined : { format, as, pretty: pretty === '1' };
}

function offers(conversions: Conversions, as: NonNullable<MediaType['as']>): boolean {
  if (conversions === 'none') return false;
  if (conversions === 'discovery') {
    return (
      as.kind === 'APIGroupDiscoveryList' &&
      as.group === 'apidiscovery.k8s.io' &&
      (as.version === 'v2' || as.version === 'v2beta1')
    );
  }
  if (as.group !== 'meta.k8s.io' || (as.version !== 'v1' && as.version !== 'v1beta1')) return false;
  return as.kind === 'Table' || as.kind === 'PartialObjectMetadata' || as.kind === 'PartialObjectMetadataList';
}

const knownParameters: ReadonlySet<string> = new Set(['as', 'g', 'v', 'pretty', 'stream', 'sv']);

/** The clauses of an Accept header, best first. */
function parseAccept(accept: string): Clause[] {
  const clauses: Clause[] = [];
  for (const part of accept.split(',')) {
    const [type = '', ...rest] = part.split(';').map((text) => text.trim());
    const parameters: Record<string, string> = {};
    let quality = 1;
    for (const parameter of rest) {
      const equals = parameter.indexOf('=');
      const name = equals < 0 ? parameter : parameter.slice(0, equals).trim();
      const value = equals < 0 ? '' : parameter.slice(equals + 1).trim();
      if (name === 'q') quality = Number.isFinite(Number(value)) ? Number(value) : 0;
      else if (knownParameters.has(name)) parameters[name] = value;
    }
    clauses.push({ type, parameters, quality });
  }
  return clauses.length > maxSorted ? clauses : insertionSort(clauses);
}

/** Longer lists have no order of their own: nobody sends them. */
const maxSorted = 64;

/**
 * Go's order of clauses (goautoneg): by quality, specific before wildcard. As its comparison contradicts itself where the two disagree, the result
 * is that of its sort, which for lists of this size inserts one after the other.
 */
function insertionSort(clauses: Clause[]): Clause[] {
  for (let i = 1; i < clauses.length; i++) {
    for (let j = i; j > 0; j--) {
      const [before, after] = [clauses[j - 1], clauses[j]];
      if (before === undefined || after === undefined || !goesBefore(after, before)) break;
      clauses[j - 1] = after;
      clauses[j] = before;
    }
  }
  return clauses;
}

function goesBefore(a: Clause, b: Clause): boolean {
  if (a.quality > b.quality) return true;
  if (!a.type.startsWith('*/') && b.type.startsWith('*/')) return true;
  return !a.type.endsWith('/*') && b.type.endsWith('/*');
}

function unknownMediaTypes(available: readonly string[]): ApiError {
  return new ApiError(
    406,
    'NotAcceptable',
    `406: Not Acceptable\n\nAvailable representations: ${available.join(', ')}`,
    { details: {} },
  );
}

/** Whether JSON is to be indented: asked for, or a person with curl, wget or a browser looks at it. */
export function wantsPretty(parameter: string | undefined, userAgent: string, mediaType: MediaType): boolean {
  if (mediaType.pretty) return true;
  if (parameter !== undefined && parameter !== '') return /^(1|t|T|true|TRUE|True)$/.test(parameter);
  return userAgent.startsWith('curl') || userAgent.startsWith('Wget') || userAgent.startsWith('Mozilla/5.0');
}
