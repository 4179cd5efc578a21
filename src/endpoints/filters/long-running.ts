import type { RequestInfo } from '../requestinfo.ts';

/** Requests that may last: watches, and the streams of pods. They have no deadline and are counted apart. */
export function isLongRunning(info: RequestInfo): boolean {
  if (!info.isResourceRequest) return false;
  if (info.verb === 'watch' || info.verb === 'proxy') return true;
  switch (info.subresource) {
    case 'attach':
    case 'exec':
    case 'log':
    case 'portforward':
    case 'proxy':
      return true;
    default:
      return false;
  }
}
