import type { UserInfo } from '../registry/registry.ts';

/** A static token file cannot be used; the message says why, to whoever starts the server. */
export class TokenFileError extends Error {
  override readonly name = 'StartError';
}

const minColumns = 3;

/**
 * Reads a static token file, as k8s.io/apiserver/pkg/authentication/token/tokenfile does: a CSV line for each token, with the user's name, uid and,
 * optionally, a quoted list of groups. Lines without a token are left out; of equal tokens the last one counts. `warn` is told of both, with the number of
 * the record.
 * @throws TokenFileError
 */
export function parseTokenFile(
  text: string,
  path: string,
  warn: (what: string) => void,
): { readonly token: string; readonly user: UserInfo }[] {
  const users = new Map<string, UserInfo>();
  for (const [index, record] of parseCsv(text, path).entries()) {
    if (record.length < minColumns) {
      const found = `must have at least 3 columns (token, user name, user uid), found ${record.length}`;
      throw new TokenFileError(`token file '${path}' ${found}`);
    }
    const [token = '', name = '', uid = '', groups = ''] = record;
    if (token === '') {
      warn(`empty token has been found in token file '${path}', record number '${index + 1}'`);
      continue;
    }
    if (users.has(token)) warn(`duplicate token has been found in token file '${path}', record number '${index + 1}'`);
    users.set(token, { name, uid, groups: groups === '' ? [] : groups.split(','), extra: {} });
  }
  return [...users].map(([token, user]) => ({ token, user }));
}

/** Records of RFC 4180, empty lines left out. */
function parseCsv(text: string, path: string): string[][] {
  const records: string[][] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  let record: string[] = [];
  while (field.lastIndex < text.length) {
    const at = field.lastIndex;
    const match = field.exec(text);
    if (match === null) {
      const line = text.slice(0, at).split('\n').length;
      throw new TokenFileError(`token file '${path}': line ${line}: a quote is where none may be`);
    }
    record.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    const isLast = match[3] === '' || field.lastIndex >= text.length;
    if (match[3] === ',' && !isLast) continue;
    if (match[3] === ',') record.push('');
    if (record.length > 1 || record[0] !== '') records.push(record);
    record = [];
  }
  return records;
}
