import { respondText } from './writers/respond.ts';
import { respondPageNotFound } from './writers/status.ts';
import type { Exchange } from './exchange.ts';

/** One thing that must work. Throws or rejects when it does not; the reason goes to the log only. */
export type HealthCheck = { readonly name: string; check(): void | Promise<void> };

/** Per endpoint, in the order they are shown. */
export type HealthChecks = {
  readonly healthz: readonly HealthCheck[];
  readonly livez: readonly HealthCheck[];
  readonly readyz: readonly HealthCheck[];
};

export type HealthEndpoint = keyof HealthChecks;

const checkTimeoutMs = 5000;

/**
 * `/healthz`, `/livez`, `/readyz` with `?verbose` and `?exclude=`, and `/readyz/<check>` (k8s.io/apiserver/pkg/server/healthz). `onFailure` hears why
 * a check failed; the client does not.
 */
export async function respondHealth(
  x: Exchange,
  checks: HealthChecks,
  endpoint: HealthEndpoint,
  only: string,
  onFailure: (name: string, error: unknown) => void,
): Promise<void> {
  const all = checks[endpoint];
  if (only !== '') {
    const check = all.find((candidate) => candidate.name === only);
    if (check === undefined) {
      respondPageNotFound(x);
      return;
    }
    const error = await run(check);
    if (error === undefined) respondText(x, 200, 'ok', { 'x-content-type-options': undefined });
    else {
      onFailure(check.name, error);
      respondText(x, 500, `internal server error: ${check.name} failed: reason withheld\n`);
    }
    return;
  }
  const excluded = new Set(x.parameters.getAll('exclude'));
  const results = await Promise.all(
    all.map(async (check) => ({
      name: check.name,
      excluded: excluded.delete(check.name),
      error: excluded.has(check.name) ? undefined : await run(check),
    })),
  );
  let lines = '';
  let failed = false;
  for (const result of results) {
    if (result.excluded) lines += `[+]${result.name} excluded: ok\n`;
    else if (result.error === undefined) lines += `[+]${result.name} ok\n`;
    else {
      failed = true;
      onFailure(result.name, result.error);
      lines += `[-]${result.name} failed: reason withheld\n`;
    }
  }
  if (excluded.size > 0) {
    const names = [...excluded].map((name) => JSON.stringify(name)).join(', ');
    lines += `warn: some health checks cannot be excluded: no matches for ${names}\n`;
  }
  if (failed) respondText(x, 500, `${lines}${endpoint} check failed\n`);
  else if (x.parameter('verbose') !== undefined) respondText(x, 200, `${lines}${endpoint} check passed\n`);
  else respondText(x, 200, 'ok');
}

async function run(check: HealthCheck): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${checkTimeoutMs} ms`)), checkTimeoutMs);
    });
    await Promise.race([check.check(), late]);
    return undefined;
  } catch (error) {
    return error ?? new Error('failed');
  } finally {
    clearTimeout(timer);
  }
}
