import type { Exchange } from '../exchange.ts';
import { respond } from '../writers/respond.ts';

/** The first of the client's media types that is offered; wildcards mean the first offer. */
export function accepted(x: Exchange, offers: readonly string[]): string | undefined {
  const header = x.header('accept');
  if (header === '') return offers[0];
  for (const part of header.split(',')) {
    const type = part.split(';', 1)[0]?.trim() ?? '';
    if (type === '*/*' || type === 'application/*') return offers[0];
    if (offers.includes(type)) return type;
  }
  return undefined;
}

export function accepts(x: Exchange, offers: readonly string[]): boolean {
  return accepted(x, offers) !== undefined;
}

/** 406 without a body, as kube-openapi answers. */
export function respondNotAcceptable(x: Exchange): void {
  respond(x, 406, 'text/plain; charset=utf-8', '');
}
