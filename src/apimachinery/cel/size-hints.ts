import type { Range } from './cost.ts';
import { type CelType, ObjectType } from './type.ts';

/** Says how big the value at a path may be; the path begins with a variable. */
export type SizeEstimator = (path: readonly string[]) => Range | undefined;

/** The sizes that the hints of a type give. As in stock, the type stands for whatever variable a path begins with. */
export function sizesOf(root: CelType): SizeEstimator {
  return (path) => {
    if (path.length === 0) return undefined;
    let type = root;
    for (const name of path.slice(1)) {
      const next = memberType(type, name);
      if (next === undefined) return undefined;
      type = next;
    }
    return { min: 0, max: type.hints.maxElements ?? 0 };
  };
}

function memberType(type: CelType, name: string): CelType | undefined {
  if (name === '@items' || name === '@values') {
    return type.kind === 'list' ? type.parameters[0] : type.kind === 'map' ? type.parameters[1] : undefined;
  }
  if (name === '@keys') return type.kind === 'map' ? type.parameters[0] : undefined;
  return type instanceof ObjectType ? type.fields.get(name)?.type : undefined;
}
