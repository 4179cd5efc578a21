import { ConfigError, parseList } from './values.ts';

/** Features that are off unless they are asked for, by the names that stock gives them. */
export type FeatureGates = { readonly MutatingAdmissionPolicy: boolean };

const byDefault: FeatureGates = { MutatingAdmissionPolicy: false };

/** `Name=true,Other=false`. The texts about mistakes are stock's. */
export function parseFeatureGates(option: string, text: string): FeatureGates {
  const gates: Record<string, boolean> = { ...byDefault };
  for (const item of parseList(text)) {
    const [name = '', value, ...more] = item.split('=').map((part) => part.trim());
    if (value === undefined) throw new ConfigError(`--${option}: missing bool value for ${name}`);
    if (!Object.hasOwn(byDefault, name)) throw new ConfigError(`--${option}: unrecognized feature gate: ${name}`);
    if (more.length > 0 || (value !== 'true' && value !== 'false'))
      throw new ConfigError(`--${option}: invalid value of ${item}: it is not true or false`);
    gates[name] = value === 'true';
  }
  return Object.freeze(gates as FeatureGates);
}
