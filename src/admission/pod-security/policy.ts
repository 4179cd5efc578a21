import { type FieldError, fieldError } from '../../apimachinery/errors.ts';
import { atKey } from '../../api/field-path.ts';

export type Level = 'privileged' | 'baseline' | 'restricted';

/** A level of the Pod Security Standards as of a minor version of Kubernetes; Infinity: the latest. */
export type LevelVersion = { readonly level: Level; readonly minor: number };

/** What a namespace asks of its pods: what is refused, and what only draws a warning. (What is audited goes nowhere here.) */
export type Policy = { readonly enforce: LevelVersion; readonly audit: LevelVersion; readonly warn: LevelVersion };

const prefix = 'pod-security.kubernetes.io/';
const levels: readonly Level[] = ['privileged', 'baseline', 'restricted'];
const latest = Number.POSITIVE_INFINITY;
const anything: LevelVersion = { level: 'privileged', minor: latest };
const unlabelled: Policy = { enforce: anything, audit: anything, warn: anything };
const none: { readonly policy: Policy; readonly errors: readonly FieldError[] } = { policy: unlabelled, errors: [] };

/** `baseline:v1.30`, as messages have it. */
export function formatLevelVersion({ level, minor }: LevelVersion): string {
  return `${level}:${minor === latest ? 'latest' : `v1.${minor}`}`;
}

export function isSameLevelVersion(a: LevelVersion, b: LevelVersion): boolean {
  return a.level === b.level && a.minor === b.minor;
}

/** Positive: `a` is stricter. */
export function compareLevels(a: Level, b: Level): number {
  return levels.indexOf(a) - levels.indexOf(b);
}

/**
 * The policy in a namespace's labels, and what is wrong with them. Of wrong labels the strictest is taken to enforce, and the laxest to audit and to warn
 * (upstream's PolicyToEvaluate).
 */
export function policyOf(labels: Readonly<Record<string, string>>): typeof none {
  for (const key in labels) if (key.startsWith(prefix)) return new LabelReader(labels).read();
  return none;
}

class LabelReader {
  readonly #labels: Readonly<Record<string, string>>;
  readonly #errors: FieldError[] = [];

  constructor(labels: Readonly<Record<string, string>>) {
    this.#labels = labels;
  }

  read(): typeof none {
    const enforceLevel = this.#level('enforce', 'restricted');
    const enforce = { level: enforceLevel.level, minor: this.#minor('enforce') };
    const audit = { level: this.#level('audit', 'privileged').level, minor: this.#minor('audit') };
    const warnLevel = this.#level('warn', 'privileged');
    let warn: LevelVersion = { level: warnLevel.level, minor: this.#minor('warn') };
    // Who enforces is warned of workloads, too.
    if (!warnLevel.isSet && enforceLevel.isValid && compareLevels(enforce.level, warn.level) > 0)
      warn = { level: enforce.level, minor: this.#get('warn-version') === undefined ? enforce.minor : warn.minor };
    return { policy: { enforce, audit, warn }, errors: this.#errors };
  }

  #get(label: string): string | undefined {
    const key = `${prefix}${label}`;
    return Object.hasOwn(this.#labels, key) ? this.#labels[key] : undefined;
  }

  #level(mode: string, otherwise: Level): { level: Level; isSet: boolean; isValid: boolean } {
    const text = this.#get(mode);
    if (text === undefined) return { level: 'privileged', isSet: false, isValid: false };
    const level = levels.find((each) => each === text);
    if (level !== undefined) return { level, isSet: true, isValid: true };
    this.#refuse(mode, text, `must be one of ${levels.join(', ')}`);
    return { level: otherwise, isSet: true, isValid: false };
  }

  #minor(mode: string): number {
    const label = `${mode}-version`;
    const text = this.#get(label) ?? 'latest';
    if (text === 'latest') return latest;
    const digits = /^v1\.(0|[1-9][0-9]*)$/.exec(text)?.[1];
    const minor = digits === undefined ? latest : Number(digits);
    if (Number.isSafeInteger(minor)) return minor;
    this.#refuse(label, text, 'must be "latest" or "v1.x"');
    return latest;
  }

  #refuse(label: string, value: string, detail: string): void {
    this.#errors.push(fieldError.invalid(atKey('metadata.labels', `${prefix}${label}`), value, detail));
  }
}
