/** A setting is wrong; the message names it and says what it should be. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export function parseList(text: string): readonly string[] {
  const items = text.split(',').map((item) => item.trim());
  return items.filter((item) => item !== '');
}

export function parseChoice<const T extends string>(name: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw new ConfigError(`--${name}: "${text}" is not one of ${choices.join(', ')}`);
  return found;
}

export function parseChoices<const T extends string>(name: string, text: string, choices: readonly T[]): readonly T[] {
  const chosen = parseList(text).map((item) => parseChoice(name, item, choices));
  if (chosen.length === 0) throw new ConfigError(`--${name}: name at least one of ${choices.join(', ')}`);
  return [...new Set(chosen)];
}

export function parseCount(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max)
    throw new ConfigError(`--${name}: "${text}" is not a whole number from ${min} to ${max}`);
  return value;
}

export function parseBoolean(name: string, text: string): boolean {
  if (text !== 'true' && text !== 'false') throw new ConfigError(`--${name}: "${text}" is not true or false`);
  return text === 'true';
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `1h30m`, `60s`, `500ms`: milliseconds. */
export function parseDuration(name: string, text: string): number {
  if (!/^(\d+(ms|s|m|h|d))+$/.test(text))
    throw new ConfigError(`--${name}: "${text}" is not a duration such as 60s, 15m or 1h30m`);
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|s|m|h|d)/g)) total += Number(count) * (unitMs[unit ?? ''] ?? 0);
  if (total <= 0 || total > 3650 * 86_400_000) throw new ConfigError(`--${name}: "${text}" is out of range`);
  return total;
}
