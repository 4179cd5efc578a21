/** What /version says (k8s.io/apimachinery/pkg/version.Info). */
export type VersionInfo = {
  readonly major: string;
  readonly minor: string;
  readonly emulationMajor: string;
  readonly emulationMinor: string;
  readonly minCompatibilityMajor: string;
  readonly minCompatibilityMinor: string;
  readonly gitVersion: string;
  readonly gitCommit: string;
  readonly gitTreeState: string;
  readonly buildDate: string;
  readonly goVersion: string;
  readonly compiler: string;
  readonly platform: string;
};

/** The Kubernetes version whose behaviour this server has. */
const kubernetes = { major: '1', minor: '33', patch: '13' };

/**
 * The version of this server. The part after `+` names Atoll: build metadata, because Helm charts that ask for `>=1.25` refuse pre-releases.
 */
export function versionInfo(atollVersion: string, build: { commit?: string; date?: string } = {}): VersionInfo {
  return {
    major: kubernetes.major,
    minor: kubernetes.minor,
    emulationMajor: kubernetes.major,
    emulationMinor: kubernetes.minor,
    minCompatibilityMajor: kubernetes.major,
    minCompatibilityMinor: String(Number(kubernetes.minor) - 1),
    gitVersion: `v${kubernetes.major}.${kubernetes.minor}.${kubernetes.patch}+atoll-${atollVersion}`,
    gitCommit: build.commit ?? '',
    gitTreeState: '',
    buildDate: build.date ?? '1970-01-01T00:00:00Z',
    goVersion: `node-${process.version}`,
    compiler: 'v8',
    platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  };
}
