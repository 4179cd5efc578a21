/** Words that cannot be field names in CEL. */
const reserved: ReadonlySet<string> = new Set(
  (
    'true false null in as break const continue else for function if import let loop package namespace return var ' +
    'void while'
  ).split(' '),
);

const escapes: Readonly<Record<string, string>> = {
  __: '__underscores__',
  '.': '__dot__',
  '-': '__dash__',
  '/': '__slash__',
};
const unescapes: ReadonlyMap<string, string> = new Map([
  ['underscores', '__'],
  ['dot', '.'],
  ['dash', '-'],
  ['slash', '/'],
]);

/** The name by which CEL reaches a property; undefined for properties that it cannot reach. */
export function escapeName(name: string): string | undefined {
  if (name === '' || /^[0-9]/.test(name)) return undefined;
  if (reserved.has(name)) return `__${name}__`;
  if (!/^[a-zA-Z0-9\-./_]*$/.test(name)) return undefined;
  if (!/__|[-./]/.test(name)) return name;
  return name.replaceAll(/__|[-./]/g, (part) => escapes[part] ?? part);
}

/** The property that a name of CEL reaches; undefined for names that no property has. */
export function unescapeName(name: string): string | undefined {
  if (!name.includes('__')) return name;
  let valid = true;
  const plain = name.replaceAll(/_{2}[^_]+_{2}/g, (part) => {
    const inner = part.slice(2, -2);
    const known = unescapes.get(inner);
    if (known !== undefined) return known;
    if (!reserved.has(inner) || part.length !== name.length) valid = false;
    return inner;
  });
  return valid ? plain : undefined;
}
