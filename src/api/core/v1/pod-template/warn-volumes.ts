import { parseQuantity } from '../../../../apimachinery/quantity.ts';
import type { StrategyContext } from '../../../resource-definition.ts';
import type { ClaimSpec } from '../claim-spec.ts';
import type { Volume, VolumeProjection } from './types.ts';

/** Storage drivers that are gone, in the order of their warnings; `ephemeral` and what is behind it come after. */
const before: readonly (readonly [source: string, spelled: string, message: string])[] = [
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
];
const after = [
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
] as const;

/** Whether a quantity of bytes has a fraction. */
export function isFractional(value: string): boolean {
  // Whole numbers with a binary unit, which are nearly all.
  if (/^\d+([KMGTPE]i)?$/.test(value)) return false;
  const { nano } = parseQuantity(value);
  const milli = nano / 1_000_000n + (nano % 1_000_000n > 0n ? 1n : 0n);
  return milli % 1000n !== 0n;
}

/** Warns of what a claim asks for. */
export function warnOfClaimSpec(spec: ClaimSpec | undefined, path: string, ctx: StrategyContext): void {
  for (const list of ['requests', 'limits'] as const) {
    const value = spec?.resources?.[list]?.['storage'];
    if (value !== undefined && isFractional(value))
      ctx.warn(`${path}.resources.${list}[storage]: fractional byte value "${value}" is invalid, must be an integer`);
  }
}

/** Warns of volumes whose drivers are gone, and of files that lie in each other's way. */
export function warnOfVolumes(volumes: readonly Volume[], path: string, ctx: StrategyContext): void {
  volumes.forEach((volume, index) => {
    const given = volume as Readonly<Record<string, unknown>>;
    const warn = ([source, spelled, message]: readonly [string, string, string]): void => {
      if (given[source] !== undefined) ctx.warn(`${path}[${index}].${spelled}: ${message}`);
    };
    before.forEach(warn);
    const claim = volume.ephemeral?.volumeClaimTemplate;
    if (claim !== undefined) warnOfClaimSpec(claim.spec, `${path}[${index}].ephemeral.volumeClaimTemplate.spec`, ctx);
    after.forEach(warn);
  });
  for (const volume of volumes) warnOfOverlaps(volume, ctx);
}

type FilePath = { readonly path: string; readonly source: string };

function pathsOf(items: readonly { path?: string }[], source: string): FilePath[] {
  return items.map(({ path = '' }) => ({ path: path.replace(/\/+$/, ''), source }));
}

function shown({ path, source }: FilePath): string {
  return source === '' ? JSON.stringify(path) : `${JSON.stringify(path)} (${source})`;
}

/** The earlier of `known` whose file would be a directory of the new one, the other way round, or the same. */
function collisions(known: readonly FilePath[], file: FilePath): FilePath[] {
  if (file.path === '') return [];
  return known.filter(
    ({ path }) => path !== '' && (`${path}/`.startsWith(`${file.path}/`) || `${file.path}/`.startsWith(`${path}/`)),
  );
}

function warnOfOverlaps({ name = '', configMap, secret, downwardAPI, projected }: Volume, ctx: StrategyContext): void {
  const check = (files: readonly FilePath[], what: string, known: FilePath[]): void => {
    for (const file of files) {
      for (const other of collisions(known, file))
        ctx.warn(`volume "${name}" (${what}): overlapping paths: ${shown(file)} with ${shown(other)}`);
      known.push(file);
    }
  };
  if (configMap?.items !== undefined)
    check(pathsOf(configMap.items, ''), `ConfigMap ${JSON.stringify(configMap.name ?? '')}`, []);
  if (secret?.items !== undefined)
    check(pathsOf(secret.items, ''), `Secret ${JSON.stringify(secret.secretName ?? '')}`, []);
  if (downwardAPI?.items !== undefined) check(pathsOf(downwardAPI.items, ''), 'DownwardAPI', []);
  const known: FilePath[] = [];
  // A source that names no files leaves those of the one before it: so does upstream.
  let files: FilePath[] = [];
  for (const source of projected?.sources ?? []) {
    if (Object.keys(source).length === 0) {
      ctx.warn(`volume "${name}" (Projected) has no sources provided`);
      continue;
    }
    files = projectedPaths(source) ?? files;
    check(files, 'Projected', known);
  }
}

function projectedPaths({
  configMap,
  secret,
  downwardAPI,
  serviceAccountToken,
}: VolumeProjection): FilePath[] | undefined {
  if (configMap?.items !== undefined)
    return pathsOf(configMap.items, `ConfigMap ${JSON.stringify(configMap.name ?? '')}`);
  if (secret?.items !== undefined) return pathsOf(secret.items, `Secret ${JSON.stringify(secret.name ?? '')}`);
  if (downwardAPI?.items !== undefined) return pathsOf(downwardAPI.items, 'DownwardAPI');
  if (serviceAccountToken !== undefined) return pathsOf([serviceAccountToken], 'ServiceAccountToken');
  return undefined;
}
