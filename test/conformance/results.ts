/** What became of one test. */
export type TestResult = {
  readonly name: string;
  readonly state: 'passed' | 'failed' | 'skipped';
  readonly seconds: number;
  /** Why it failed or was skipped, in a line. */
  readonly why?: string;
};

/** `3 passed, 1 failed, 0 skipped`: the closing line that runners print. */
export function summaryOf(results: readonly TestResult[]): string {
  const count = (state: TestResult['state']): number => results.filter((result) => result.state === state).length;
  return `${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`;
}

/** One line of a report, as printed while tests run. */
export function lineOf({ name, state, seconds, why }: TestResult): string {
  return `${state.padEnd(7)} ${seconds.toFixed(1).padStart(6)} s  ${name}${why === undefined ? '' : `\n                  ${why}`}`;
}

/** Cuts a message to one line of bounded length, fit for a Markdown table. */
export function oneLine(message: string): string {
  const text = message.replace(/\s+/g, ' ').replaceAll('|', '\\|').trim();
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

/** A Markdown table of what did not pass, below the summary. */
export function tableOf(title: string, results: readonly TestResult[], seconds: number): string[] {
  const rest = results.filter(({ state }) => state !== 'passed');
  const rows = rest.map(({ name, state, why }) => `| ${name.replaceAll('|', '\\|')} | ${state} | ${why ?? ''} |`);
  return [
    `${title}: ${summaryOf(results)}, in ${Math.round(seconds)} s.`,
    ...(rows.length === 0 ? [] : ['', '| did not pass | | |', '|---|---|---|', ...rows]),
  ];
}
