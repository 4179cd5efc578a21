import { parseArgs } from 'node:util';
import { writeGeneratedSection } from '../support/generated-section.ts';
import { runAggregation } from './aggregation.ts';
import { runApiExtensions } from './apiextensions.ts';
import { release } from './build.ts';
import { runConformance } from './kubernetes.ts';
import { summaryOf, tableOf } from './results.ts';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    parallel: { type: 'string', default: '4' },
    report: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});
const suites = {
  kubernetes: { run: runConformance, title: `Kubernetes ${release}, conformance tests that need no node` },
  apiextensions: {
    run: runApiExtensions,
    title: `k8s.io/apiextensions-apiserver v0${release.slice(1)}, integration tests`,
  },
  aggregation: { run: runAggregation, title: 'k8s.io/sample-apiserver behind an APIService' },
};
const wanted = positionals[0] ?? 'kubernetes';
if (wanted !== 'kubernetes' && wanted !== 'apiextensions' && wanted !== 'aggregation')
  throw new Error(`there is no suite ${wanted}`);
const suite = suites[wanted];
const parallel = Number(flags.parallel);
if (!Number.isInteger(parallel) || parallel < 1) throw new Error('--parallel needs a number of processes');
const { results, seconds } = await suite.run({
  parallel,
  keep: flags.keep,
  ...(flags.only === undefined ? {} : { only: flags.only }),
});
const failed = results.filter(({ state }) => state !== 'passed');
if (failed.length > 0) console.log(`\nnot passed:\n${failed.map(({ name }) => `  ${name}`).join('\n')}`);
console.log(`\n${summaryOf(results)} in ${Math.round(seconds)} s`);
if (flags.report) {
  const file = new URL('../../docs/conformance.md', import.meta.url).pathname;
  writeGeneratedSection(file, wanted, tableOf(suite.title, results, seconds));
}
process.exitCode = results.some(({ state }) => state === 'failed') ? 1 : 0;
