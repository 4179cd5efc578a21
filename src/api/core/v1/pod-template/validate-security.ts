import { type FieldError, fieldError, goSyntax } from '../../../../apimachinery/errors.ts';
import { goPointer, goString } from '../../../../apimachinery/go-syntax.ts';
import { dns1123Subdomain, inclusiveRangeMessage, longerThan } from '../../../../apimachinery/validation/names.ts';
import { validateRelativePath } from './validate-paths.ts';
import type {
  AppArmorProfile,
  PodSecurityContext,
  PodSpec,
  SeccompProfile,
  SecurityContext,
  WindowsOptions,
} from './types.ts';

const maxId = 2147483647;
const profileTypes = ['Localhost', 'RuntimeDefault', 'Unconfined'];

function validateId(id: number | undefined, path: string, errors: FieldError[]): void {
  if (id === undefined || (id >= 0 && id <= maxId)) return;
  errors.push(fieldError.invalid(path, id, inclusiveRangeMessage(0, maxId)));
}

function validateSeccomp(profile: SeccompProfile | undefined, path: string, errors: FieldError[]): void {
  if (profile === undefined) return;
  const { type = '', localhostProfile } = profile;
  if (type === '') errors.push(fieldError.required(`${path}.type`, 'type is required when seccompProfile is set'));
  else if (!profileTypes.includes(type)) errors.push(fieldError.notSupported(`${path}.type`, type, profileTypes));
  const at = `${path}.localhostProfile`;
  if (type === 'Localhost') {
    if (localhostProfile === undefined) {
      errors.push(fieldError.required(at, 'must be set when seccomp type is Localhost'));
    } else validateRelativePath(localhostProfile, at, errors);
  } else if (localhostProfile !== undefined) {
    const shown = `core.SeccompProfile{Type:${goString(type)}, LocalhostProfile:${goPointer('string', localhostProfile)}}`;
    errors.push(fieldError.invalid(at, goSyntax(shown), 'can only be set when seccomp type is Localhost'));
  }
}

const maxProfilePath = 4095;

function validateAppArmor(profile: AppArmorProfile | undefined, path: string, errors: FieldError[]): void {
  if (profile === undefined) return;
  const { type = '', localhostProfile } = profile;
  const at = `${path}.localhostProfile`;
  const needed = 'must be set when AppArmor type is Localhost';
  if (type === 'Localhost') {
    if (localhostProfile === undefined) errors.push(fieldError.required(at, needed));
    else {
      const trimmed = localhostProfile.trim();
      if (trimmed !== localhostProfile) {
        errors.push(fieldError.invalid(at, localhostProfile, 'must not be padded with whitespace'));
      } else if (trimmed === '') errors.push(fieldError.required(at, needed));
      if (longerThan(localhostProfile, maxProfilePath)) errors.push(fieldError.tooLong(at, maxProfilePath));
    }
  } else if (type === 'RuntimeDefault' || type === 'Unconfined') {
    if (localhostProfile !== undefined) {
      errors.push(fieldError.invalid(at, localhostProfile, 'can only be set when AppArmor type is Localhost'));
    }
  } else if (type === '') {
    errors.push(fieldError.required(`${path}.type`, 'type is required when appArmorProfile is set'));
  } else errors.push(fieldError.notSupported(`${path}.type`, type, profileTypes));
}

const maxCredentialSpec = 64 * 1024;
const dnsLabel = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
const dnsDomain = new RegExp(`^${dnsLabel}(?:\\.${dnsLabel})*$`);
const netBiosDomain = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;

function validateWindows(options: WindowsOptions | undefined, path: string, errors: FieldError[]): void {
  if (options === undefined) return;
  const { gmsaCredentialSpecName: specName, gmsaCredentialSpec: spec, runAsUserName: user } = options;
  if (specName !== undefined) {
    for (const message of dns1123Subdomain(specName)) {
      errors.push(fieldError.invalid(`${path}.gmsaCredentialSpecName`, specName, message));
    }
  }
  if (spec === '') {
    const message = 'gmsaCredentialSpec cannot be an empty string';
    errors.push(fieldError.invalid(`${path}.gmsaCredentialSpec`, spec, message));
  } else if (spec !== undefined && longerThan(spec, maxCredentialSpec)) {
    const message = 'gmsaCredentialSpec size must be under 64 KiB';
    errors.push(fieldError.invalid(`${path}.gmsaCredentialSpec`, spec, message));
  }
  if (user !== undefined) {
    for (const message of windowsUserProblems(user)) {
      errors.push(fieldError.invalid(`${path}.runAsUserName`, user, message));
    }
  }
}

/** What is wrong with a Windows account name, `DOMAIN\\USER` or `USER`. */
function windowsUserProblems(name: string): string[] {
  if (name === '') return ['runAsUserName cannot be an empty string'];
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\x00-\x1f\x7f]/.test(name)) return ['runAsUserName cannot contain control characters'];
  const parts = name.split('\\');
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash'];
  const domain = parts.length === 2 ? (parts[0] ?? '') : undefined;
  const user = parts.at(-1) ?? '';
  const problems: string[] = [];
  if (domain !== undefined) {
    if (domain.length >= 256) problems.push("runAsUserName's Domain length must be under 256 characters");
    if (!netBiosDomain.test(domain) && !dnsDomain.test(domain)) {
      problems.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
    }
  }
  if (user === '') problems.push("runAsUserName's User cannot be empty");
  else if (user.length > 104) problems.push("runAsUserName's User length must not be longer than 104 characters");
  if (/^[. ]+$/.test(user)) problems.push("runAsUserName's User cannot contain only periods or spaces");
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) {
    problems.push('runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]');
  }
  return problems;
}

/** Errors of a container's security context. `hostUsers` is false when the pod has a user namespace of its own. */
export function validateSecurityContext(
  context: SecurityContext | undefined,
  hostUsers: boolean,
  path: string,
  errors: FieldError[],
): void {
  if (context === undefined) return;
  const { privileged, procMount, allowPrivilegeEscalation, capabilities } = context;
  validateId(context.runAsUser, `${path}.runAsUser`, errors);
  validateId(context.runAsGroup, `${path}.runAsGroup`, errors);
  if (procMount !== undefined) {
    if (procMount !== 'Default' && procMount !== 'Unmasked') {
      errors.push(fieldError.notSupported(`${path}.procMount`, procMount, ['Default', 'Unmasked']));
    }
    if (hostUsers && procMount === 'Unmasked') {
      const message = '`hostUsers` must be false to use `Unmasked`';
      errors.push(fieldError.invalid(`${path}.procMount`, procMount, message));
    }
  }
  validateSeccomp(context.seccompProfile, `${path}.seccompProfile`, errors);
  if (allowPrivilegeEscalation === false) {
    if (privileged === true) {
      const message = 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true';
      errors.push(fieldError.invalid(path, goSyntax(goSecurityContext(context)), message));
    }
    if (capabilities?.add?.includes('CAP_SYS_ADMIN') === true) {
      const message = 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN';
      errors.push(fieldError.invalid(path, goSyntax(goSecurityContext(context)), message));
    }
  }
  validateWindows(context.windowsOptions, `${path}.windowsOptions`, errors);
  validateAppArmor(context.appArmorProfile, `${path}.appArmorProfile`, errors);
}

/** The fields of core.SecurityContext in Go's order: all are pointers. */
const contextFields: readonly (readonly [name: string, type: string, field: keyof SecurityContext])[] = [
  ['Capabilities', 'core.Capabilities', 'capabilities'],
  ['Privileged', 'bool', 'privileged'],
  ['SELinuxOptions', 'core.SELinuxOptions', 'seLinuxOptions'],
  ['WindowsOptions', 'core.WindowsSecurityContextOptions', 'windowsOptions'],
  ['RunAsUser', 'int64', 'runAsUser'],
  ['RunAsGroup', 'int64', 'runAsGroup'],
  ['RunAsNonRoot', 'bool', 'runAsNonRoot'],
  ['ReadOnlyRootFilesystem', 'bool', 'readOnlyRootFilesystem'],
  ['AllowPrivilegeEscalation', 'bool', 'allowPrivilegeEscalation'],
  ['ProcMount', 'core.ProcMountType', 'procMount'],
  ['SeccompProfile', 'core.SeccompProfile', 'seccompProfile'],
  ['AppArmorProfile', 'core.AppArmorProfile', 'appArmorProfile'],
];

function goSecurityContext(context: SecurityContext): string {
  const shown = contextFields.map(([name, type, field]) => `${name}:${goPointer(type, context[field])}`);
  return `core.SecurityContext{${shown.join(', ')}}`;
}

const sysctlSegment = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const sysctlFormat = `^(${sysctlSegment}[\\./])*${sysctlSegment}$`;
const sysctlPattern = /^[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?(?:[./][a-z0-9](?:[-_a-z0-9]*[a-z0-9])?)*$/;
const maxSysctlName = 253;

function validateSysctls(spec: PodSpec, context: PodSecurityContext, path: string, errors: FieldError[]): void {
  const seen = new Set<string>();
  context.sysctls?.forEach(({ name = '' }, index) => {
    const at = `${path}[${index}].name`;
    if (name === '') errors.push(fieldError.required(at));
    else if (name.length > maxSysctlName || !sysctlPattern.test(name)) {
      const message = `must have at most ${maxSysctlName} characters and match regex ${sysctlFormat}`;
      errors.push(fieldError.invalid(at, name, message));
    } else if (seen.has(name)) errors.push(fieldError.duplicate(at, name));
    const dotted = name.replaceAll('/', '.');
    if (spec.hostNetwork === true && dotted.startsWith('net.')) {
      errors.push(fieldError.invalid(at, name, "may not be specified when 'hostNetwork' is true"));
    } else if (spec.hostIPC === true && /^(kernel\.(shm|msg)|kernel\.sem$|fs\.mqueue\.)/.test(dotted)) {
      errors.push(fieldError.invalid(at, name, "may not be specified when 'hostIPC' is true"));
    }
    seen.add(name);
  });
}

function oneOf(value: string | undefined, supported: readonly string[], path: string, errors: FieldError[]): void {
  if (value === undefined || supported.includes(value)) return;
  errors.push(fieldError.notSupported(path, value, supported));
}

/** Errors of a pod's security context. */
export function validatePodSecurityContext(spec: PodSpec, path: string, errors: FieldError[]): void {
  const { securityContext: context } = spec;
  if (context === undefined) return;
  const at = `${path}.securityContext`;
  validateId(context.fsGroup, `${at}.fsGroup`, errors);
  validateId(context.runAsUser, `${at}.runAsUser`, errors);
  validateId(context.runAsGroup, `${at}.runAsGroup`, errors);
  context.supplementalGroups?.forEach((id, index) => validateId(id, `${at}.supplementalGroups[${index}]`, errors));
  if (spec.shareProcessNamespace === true && spec.hostPID === true) {
    const message = 'ShareProcessNamespace and HostPID cannot both be enabled';
    errors.push(fieldError.invalid(`${at}.shareProcessNamespace`, true, message));
  }
  validateSysctls(spec, context, `${at}.sysctls`, errors);
  oneOf(context.fsGroupChangePolicy, ['Always', 'OnRootMismatch'], `${at}.fsGroupChangePolicy`, errors);
  validateSeccomp(context.seccompProfile, `${at}.seccompProfile`, errors);
  validateWindows(context.windowsOptions, `${at}.windowsOptions`, errors);
  validateAppArmor(context.appArmorProfile, `${at}.appArmorProfile`, errors);
  oneOf(context.supplementalGroupsPolicy, ['Merge', 'Strict'], `${at}.supplementalGroupsPolicy`, errors);
  oneOf(context.seLinuxChangePolicy, ['Recursive'], `${at}.seLinuxChangePolicy`, errors);
}
