import { declare, type Implementation, type Library, method, overload } from '../declarations.ts';
import { compareVersions, formatVersion, parseLooseVersion, parseVersion, type Version } from '../semantic-version.ts';
import { BOOL, CelType, INT, STRING } from '../type.ts';
import { CelError, type CelResult, type CelValue, noSuchOverload, OpaqueValue, shortInt } from '../values.ts';

const SEMVER = new CelType('struct', 'kubernetes.Semver');

class SemverValue extends OpaqueValue {
  override readonly celType = SEMVER;
  readonly version: Version;

  constructor(version: Version) {
    super();
    this.version = version;
  }

  override equals(other: CelValue): CelResult {
    return other instanceof SemverValue ? compareVersions(this.version, other.version) === 0 : noSuchOverload;
  }

  override toJson(): unknown {
    return formatVersion(this.version);
  }
}

function read(text: CelValue, loose: CelValue): Version | string | undefined {
  if (typeof text !== 'string') return undefined;
  return loose === true ? parseLooseVersion(text) : parseVersion(text);
}

const parse: Implementation = (text, loose) => {
  const version = read(text, loose);
  if (version === undefined) return noSuchOverload;
  return typeof version === 'string' ? new CelError(version) : new SemverValue(version);
};

const isVersion: Implementation = (text, loose) => {
  const version = read(text, loose);
  return version === undefined ? noSuchOverload : typeof version !== 'string';
};

function part(index: 0 | 1 | 2): Implementation {
  return (value) => (value instanceof SemverValue ? shortInt(value.version.numbers[index]) : noSuchOverload);
}

function onTwo(work: (order: number) => CelResult): Implementation {
  return (a, b) =>
    a instanceof SemverValue && b instanceof SemverValue ? work(compareVersions(a.version, b.version)) : noSuchOverload;
}

/** Semantic versions. */
export const semverLibrary: Library = {
  functions: [
    declare(
      'semver',
      overload('string_to_semver', [STRING], SEMVER, parse),
      overload('string_bool_to_semver', [STRING, BOOL], SEMVER, parse),
    ),
    declare(
      'isSemver',
      overload('is_semver_string', [STRING], BOOL, isVersion),
      overload('is_semver_string_bool', [STRING, BOOL], BOOL, isVersion),
    ),
    declare(
      'isGreaterThan',
      method(
        'semver_is_greater_than',
        [SEMVER, SEMVER],
        BOOL,
        onTwo((order) => order > 0),
      ),
    ),
    declare(
      'isLessThan',
      method(
        'semver_is_less_than',
        [SEMVER, SEMVER],
        BOOL,
        onTwo((order) => order < 0),
      ),
    ),
    declare(
      'compareTo',
      method(
        'semver_compare_to',
        [SEMVER, SEMVER],
        INT,
        onTwo((order) => order),
      ),
    ),
    declare('major', method('semver_major', [SEMVER], INT, part(0))),
    declare('minor', method('semver_minor', [SEMVER], INT, part(1))),
    declare('patch', method('semver_patch', [SEMVER], INT, part(2))),
  ],
};
