import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The Kubernetes release whose tests are run. */
export const release = '1.33.13';
const [, minor = ''] = release.split(/^1\./);

/** Modules that k8s.io/kubernetes requires at v0.0.0 and replaces by folders of its own: whoever depends on it names their releases. */
const stagingModules =
  `api apiextensions-apiserver apimachinery apiserver cli-runtime client-go cloud-provider cluster-bootstrap code-generator
  component-base component-helpers controller-manager cri-api cri-client csi-translation-lib dynamic-resource-allocation endpointslice externaljwt
  kms kube-aggregator kube-controller-manager kube-proxy kube-scheduler kubectl kubelet metrics mount-utils pod-security-admission
  sample-cli-plugin sample-controller`
    .trim()
    .split(/\s+/);
/** Releases that the module proxy lacks, and the ones to take instead. */
const otherReleases: Readonly<Record<string, string>> = { 'sample-apiserver': 'v0.33.4' };

/** Where programs and copies are kept between runs. */
export const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'atoll-conformance', release);

/** Runs Go, its output on this process's standard error. @throws Error when it fails or is not installed */
export function go(directory: string, ...args: readonly string[]): void {
  execFileSync('go', args, { cwd: directory, stdio: ['ignore', 2, 2] });
}

/** A throw-away Go module below the user's cache directory that requires Kubernetes. */
function moduleDirectory(): string {
  const directory = join(cache, 'module');
  if (existsSync(join(directory, 'go.sum'))) return directory;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const replaced = [
    ...stagingModules.map((name) => [name, `v0.${minor}`] as const),
    ...Object.entries(otherReleases),
  ].map(([name, version]) => `-replace=k8s.io/${name}=k8s.io/${name}@${version}`);
  go(directory, 'mod', 'init', 'example.com/conformance');
  go(directory, 'mod', 'edit', ...replaced, `-require=k8s.io/kubernetes@v${release}`);
  const packages = ['k8s.io/kubernetes/cmd/kube-controller-manager', 'k8s.io/kubernetes/test/e2e'];
  const imports = packages.map((name) => `import _ "${name}"`).join('\n');
  writeFileSync(join(directory, 'needed.go'), `//go:build needed\n\npackage needed\n\n${imports}\n`);
  go(directory, 'mod', 'tidy', '-e');
  return directory;
}

function linkerFlags(): string {
  const base = 'k8s.io/component-base/version';
  const values = { gitVersion: `v${release}`, gitMajor: '1', gitMinor: minor.split('.')[0] };
  return ['-s -w', ...Object.entries(values).map(([name, value]) => `-X ${base}.${name}=${value}`)].join(' ');
}

/** A program built once; what the environment variable names instead, if it is set. */
function program(name: string, variable: string, arguments_: readonly string[]): string {
  const given = process.env[variable];
  if (given !== undefined) return given;
  const file = join(cache, name);
  if (existsSync(file)) return file;
  console.error(`building ${name} of Kubernetes ${release} (once, into ${cache})`);
  const directory = moduleDirectory();
  const unfinished = `${file}.${process.pid}`;
  go(directory, ...arguments_, '-ldflags', linkerFlags(), '-o', unfinished, ...packageOf(name));
  renameSync(unfinished, file);
  return file;
}

function packageOf(name: string): string[] {
  return [name === 'e2e.test' ? 'k8s.io/kubernetes/test/e2e' : `k8s.io/kubernetes/cmd/${name}`];
}

/** Kubernetes' end-to-end tests (E2E_TEST names a built one). @throws Error when Go is missing or the build fails */
export function endToEndTests(): string {
  return program('e2e.test', 'E2E_TEST', ['test', '-c']);
}

/** Kubernetes' controllers (KUBE_CONTROLLER_MANAGER names a built one). @throws Error when Go is missing or the build fails */
export function controllerManager(): string {
  return program('kube-controller-manager', 'KUBE_CONTROLLER_MANAGER', ['build']);
}

/** A program of another module, built once from a throw-away module of its own; what the environment variable names instead, if it is set. */
function otherProgram(name: string, variable: string, package_: string, version: string): string {
  const given = process.env[variable];
  if (given !== undefined) return given;
  const file = join(cache, `${name}-${version}`);
  if (existsSync(file)) return file;
  console.error(`building ${name} ${version} (once, into ${cache})`);
  const directory = join(cache, `module-${name}`);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  go(directory, 'mod', 'init', `example.com/${name}`);
  writeFileSync(join(directory, 'needed.go'), `//go:build needed\n\npackage needed\n\nimport _ "${package_}"\n`);
  go(directory, 'get', `${package_}@${version}`);
  go(directory, 'mod', 'tidy');
  const unfinished = `${file}.${process.pid}`;
  go(directory, 'build', '-ldflags', '-s -w', '-o', unfinished, package_);
  renameSync(unfinished, file);
  return file;
}

/** Kubernetes' example of an aggregated API server (SAMPLE_APISERVER names a built one). @throws Error when Go is missing or the build fails */
export function sampleApiServer(): string {
  const version = otherReleases['sample-apiserver'] ?? '';
  return otherProgram('sample-apiserver', 'SAMPLE_APISERVER', 'k8s.io/sample-apiserver', version);
}

/** Where the example keeps its objects (ETCD names a built one). @throws Error when Go is missing or the build fails */
export function etcd(): string {
  return otherProgram('etcd', 'ETCD', 'go.etcd.io/etcd/server/v3', 'v3.6.8');
}
