import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';

const directory = mkdtempSync(join(tmpdir(), 'atoll-metrics-'));
after(() => rmSync(directory, { recursive: true }));

it('any worker gives the metrics of all workers together', async () => {
  const here = (name: string) => JSON.stringify(new URL(name, import.meta.url).href);
  const program = join(directory, 'program.mjs');
  writeFileSync(
    program,
    `import cluster from 'node:cluster';
     const { relayMetrics } = await import(${here('./cluster-metrics.ts')});
     const { createMetrics } = await import(${here('./metrics.ts')});
     if (cluster.isPrimary) {
       relayMetrics();
       let ready = 0;
       const workers = [cluster.fork(), cluster.fork(), cluster.fork()];
       for (const worker of workers) worker.on('message', (message) => {
         if (message.type === 'ready' && ++ready === 3) workers[1].send('ask');
         if (message.type === 'text') {
           process.send(message.text);
           for (const each of workers) each.kill();
         }
       });
     } else {
       const metrics = createMetrics({ process: false });
       metrics.requestDone({ status: 200, longRunning: false, info: undefined }, 0.01);
       process.on('message', async (message) => {
         if (message === 'ask') process.send({ type: 'text', text: (await metrics.text()).body });
       });
       process.send({ type: 'ready' });
     }`,
  );
  const text = await new Promise<string>((resolve, reject) => {
    const child = fork(program, { stdio: 'inherit' });
    child.on('message', (message) => resolve(typeof message === 'string' ? message : JSON.stringify(message)));
    child.on('exit', (code) => reject(new Error(`ended with ${code}`)));
  });
  assert.match(text, /apiserver_request_total\{[^}]*code="200"[^}]*\} 3/);
});
