const domainPart = '(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)';
const domain = `(?:${domainPart}(?:\\.${domainPart})*|\\[(?:[a-fA-F0-9:]+)\\])(?::[0-9]+)?`;
const pathPart = '[a-z0-9]+(?:(?:\\.|_{1,2}|-+)[a-z0-9]+)*';
const tag = ':([\\w][\\w.-]{0,127})';
const digest = '@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';
const reference = new RegExp(`^${domain}/${pathPart}(?:/${pathPart})*(?:${tag})?(${digest})?$`);
const longestName = 4096;

/**
 * The tag that an image reference means: `latest` when it has neither tag nor digest, '' when it has only a digest or is no reference
 * (github.com/distribution/reference).
 */
export function imageTag(image: string): string {
  if (image.length > longestName || /^[a-f0-9]{64}$/.test(image)) return '';
  const slash = image.indexOf('/');
  const first = slash < 0 ? '' : image.slice(0, slash);
  const hasDomain = slash >= 0 && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase());
  const path = hasDomain ? image.slice(slash + 1) : image;
  const full = hasDomain ? image : `docker.io/${path.includes('/') ? path : `library/${path}`}`;
  const match = reference.exec(full);
  if (match === null) return '';
  return match[1] ?? (match[2] === undefined ? 'latest' : '');
}
