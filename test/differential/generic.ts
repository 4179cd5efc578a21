import { applyRequests } from './generic-applies.ts';
import { bodyRequests } from './generic-bodies.ts';
import { encodingRequests } from './generic-encodings.ts';
import { formatRequests } from './generic-formats.ts';
import { listRequests } from './generic-lists.ts';
import { patchRequests } from './generic-patches.ts';
import { pathRequests } from './generic-paths.ts';
import { reviewRequests } from './generic-reviews.ts';
import { subresourceRequests } from './generic-subresources.ts';
import { watchRequests } from './generic-watches.ts';
import { writeRequests } from './generic-writes.ts';
import type { DifferentialRequest } from './request.ts';

const sets: Readonly<Record<string, readonly DifferentialRequest[]>> = {
  'generic-formats': formatRequests,
  'generic-paths': pathRequests,
  'generic-bodies': bodyRequests,
  'generic-encodings': encodingRequests,
  'generic-lists': listRequests,
  'generic-watches': watchRequests,
  'generic-writes': writeRequests,
  'generic-patches': patchRequests,
  'generic-applies': applyRequests,
  'generic-subresources': subresourceRequests,
  'generic-reviews': reviewRequests,
};

/** The names of the sets of requests about what all kinds have in common. */
export const genericSets: readonly string[] = Object.keys(sets);

/** What differs on purpose, or lies in what the two servers are; by method, path and body. */
const known: readonly (readonly [RegExp, string])[] = [
  [/resourceVersion=0?1(&|$| )/, 'history reaches back to the first revision'],
  [/[?&]watch=.*sendInitialEvents=/, 'the feature WatchList (sendInitialEvents) is on here; stock 1.33 turned it off'],
  [/^FOO /, "Node's HTTP parser knows no such method"],
  [/configmaps\/(%ff|ü)/, 'paths have to be UTF-8'],
  [
    /^\S+ \/(openapi|debug|index\.html|healthz\/log|healthz\?verbose=x)/,
    'documents, checks and pages of the server itself',
  ],
  [/^(GET|get) \/api\/v1\/namespaces(\/|\/\/configmaps)? /, 'default content has no managed fields'],
  [
    /accessreviews .*"user":"(nobody|x|system:anonymous)"/,
    'who has no binding is refused at the door of a logical cluster',
  ],
  [/serviceaccounts\/t\/token/, 'the audience of tokens is the address of the logical cluster'],
  [/^GET \/(api|apis|apis\/apps|api\/v1|apis\/apps\/v1) .*protobuf/, 'discovery has no protobuf form'],
  [/^GET \S+ .*protobuf,application\/json/, 'JSON is preferred by those who take it'],
  [/configmaps\/large .*gzip/, 'compressed for whoever names gzip'],
  [/[[:](-?\d+\.\d+|-?\d+e-?\d+|1E400)[,}\]]/i, 'floats for integers are told by their value'],
];

function marked(request: DifferentialRequest): DifferentialRequest {
  if (request.mayDiffer !== undefined) return request;
  const text = `${request.method} ${request.path} ${JSON.stringify(request.headers ?? {})} ${String(request.body ?? '')}`;
  const why = known.find(([pattern]) => pattern.test(text))?.[1];
  return why === undefined ? request : { ...request, mayDiffer: why };
}

/** The sets among `names`; all of them for `generic`. */
export function genericRequests(names: readonly string[]): readonly DifferentialRequest[] {
  return Object.entries(sets).flatMap(([name, requests]) =>
    names.includes(name) || names.includes('generic') ? requests.map(marked) : [],
  );
}
