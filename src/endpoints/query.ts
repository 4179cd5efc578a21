/**
 * A query as Go reads it (net/url ParseQuery): what is not well encoded, or has a semicolon, is left out, and the rest counts.
 */
export function parseQuery(query: string): URLSearchParams {
  if (!/[%;]/.test(query)) return new URLSearchParams(query);
  const kept = query.split('&').filter((pair) => !pair.includes(';') && !/%(?![0-9a-fA-F]{2})/.test(pair));
  return new URLSearchParams(kept.join('&'));
}
