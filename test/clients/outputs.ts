/** Splits a command as a shell does: at spaces outside of quotes. Quotes around a word, or around what follows its `=`, go; JSON's own stay. */
export function words(command: string): string[] {
  return [...command.matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g)].map(([word]) =>
    word.replace(/^([^'"]*=)?(?:'([^']*)'|"([^"]*)")$/, '$1$2$3'),
  );
}

/** Takes out of an output what differs between two runs on one server. */
export function withoutChance(text: string, namespace: string): string {
  return text
    .replaceAll(namespace, 'NAMESPACE')
    .replace(/-----BEGIN CERTIFICATE-----(?:.|\s)*?-----END CERTIFICATE-----(\\n)?/g, 'CERTIFICATE')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)/g, 'TIME')
    .replace(/[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}/g, 'TIME')
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? [+-]\d{4}/g, 'TIME')
    .replace(/[A-Z][a-z]{2} [A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d \d{4}/g, 'TIME')
    .replace(/(release: )[A-Za-z0-9+/=]{100,}/g, '$1RELEASE')
    .replace(/(modifiedAt: )"\d+"/g, '$1TIME')
    .replace(/(resourceVersion"?: ?)"\d+"/g, '$1RV')
    .replace(/(Resource Version: +)\d+/g, '$1RV')
    .replace(/(?<=^|[\s(])(\d{1,3}s|\d{1,3}m(\d+s)?|\d{1,2}h(\d+m)?)(?=[\s)]|$)/gm, 'AGE')
    .replace(/https:\/\/[\w.]+:\d+(\/clusters\/[\w:.-]+)?/g, 'SERVER')
    .replace(/\/tmp\/[\w./-]+/g, 'FILE')
    .replace(/\b10\.(?!1\.2\.3)\d+\.\d+\.\d+\b/g, 'ADDRESS')
    .replace(/\b3[0-2]\d{3}\b/g, 'PORT')
    .replace(/(gen-|bad-|controller-uid=)[a-z0-9]{5}\b/g, '$1RANDOM')
    .replace(/debugger-[a-z0-9]{5}/g, 'debugger-RANDOM')
    .replace(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-RANDOM')
    .replace(/^W\d{4} .*?\]/gm, 'W]')
    .replace(/\(0x[0-9a-f].*?\)$/gm, '(…)')
    .replace(/\b0x[0-9a-f]+\??/g, '0x')
    .replace(/atoll-admin/g, 'admin')
    .replace(/(---|\+\+\+) FILE.*/g, '$1 FILE')
    .replace(/[ \t]+/g, ' ')
    .replace(/ $/gm, '');
}

/** So many pairs of lines are compared; longer texts are told apart line by line without their order. */
const maxPairs = 4_000_000;

/** Lines of one that the other lacks, and the reverse, in order. */
export function differences(a: readonly string[], b: readonly string[]): string[] {
  let from = 0;
  while (from < a.length && from < b.length && a[from] === b[from]) from++;
  let behind = 0;
  while (behind < Math.min(a.length, b.length) - from && a.at(-1 - behind) === b.at(-1 - behind)) behind++;
  const [ours, stock] = [a.slice(from, a.length - behind), b.slice(from, b.length - behind)];
  if (ours.length * stock.length <= maxPairs) return inOrder(ours, stock);
  const [known, wanted] = [new Set(stock), new Set(ours)];
  return [
    ...ours.filter((line) => !known.has(line)).map((line) => `  ours:  ${line}`),
    ...stock.filter((line) => !wanted.has(line)).map((line) => `  stock: ${line}`),
  ];
}

/** Whether `differences` names the same lines on both sides: only their order differs, as that of a Go map does from run to run. */
export function onlyOrder(lines: readonly string[]): boolean {
  const of = (side: string): string =>
    lines
      .filter((line) => line.startsWith(`  ${side}:`))
      .map((line) => line.slice(9).trim())
      .toSorted()
      .join('\n');
  return of('ours') === of('stock');
}

/** By the longest common subsequence. */
function inOrder(a: readonly string[], b: readonly string[]): string[] {
  const lines: string[] = [];
  const lengths: number[][] = Array.from({ length: a.length + 1 }, () => Array.from({ length: b.length + 1 }, () => 0));
  const at = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      (lengths[i] as number[])[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      i++;
      j++;
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) lines.push(`  ours:  ${a[i++]}`);
    else lines.push(`  stock: ${b[j++]}`);
  }
  return lines;
}
