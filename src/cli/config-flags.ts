import { type Command, Option } from 'commander';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { environmentName, optionSpecs } from '../config/options.ts';

/** Adds every setting as a flag. */
export function addConfigFlags(command: Command): void {
  command.addOption(new Option('--config <FILE>', 'YAML file with any of these settings (also ATOLL_CONFIG)'));
  for (const spec of optionSpecs) {
    const also = [environmentName(spec.name), ...(spec.alsoEnv ?? [])].join(', ');
    const fallback = spec.fallback === undefined || spec.fallback === '' ? '' : `; default ${spec.fallback}`;
    command.addOption(
      new Option(`--${spec.name} <${spec.placeholder}>`, `${spec.description} (env ${also}${fallback})`),
    );
  }
  command.configureHelp({ helpWidth: 140 });
}

/** The configuration from a command's parsed flags, the environment and the file that either names. Throws ConfigError. */
export function configFromCommand(command: Command, overrides: Readonly<Record<string, string>> = {}): Config {
  const flags: Record<string, string | undefined> = { ...overrides };
  for (const option of command.options) {
    const value: unknown = command.getOptionValue(option.attributeName());
    if (typeof value === 'string') flags[option.name()] ??= value;
  }
  return loadConfig({ flags, env: process.env, file: flags['config'] ?? process.env['ATOLL_CONFIG'] });
}
