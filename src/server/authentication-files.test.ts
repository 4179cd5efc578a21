import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openAuthenticationFiles } from './authentication-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'atoll-authentication-'));
const head = 'apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n';
const issuer = (url: string) =>
  `jwt:\n- issuer: {url: ${url}, audiences: [atoll]}\n  claimMappings: {username: {claim: sub, prefix: ''}}\n`;

function open(name: string, text: string, anonymous?: boolean) {
  const configFile = join(folder, name);
  writeFileSync(configFile, text);
  let told: (what: string) => void = () => undefined;
  const files = openAuthenticationFiles({
    config: { configFile, ...(anonymous === undefined ? {} : { anonymous }) },
    ownIssuers: ['https://atoll.example.com'],
    log: { info: (what) => told(what), warn: (fields) => told(String(Object.values(fields)[0])) },
    everyMs: 5,
  });
  const replaceBy = (next: string): Promise<string> => {
    writeFileSync(`${configFile}.new`, next);
    const heard = new Promise<string>((resolve) => {
      told = resolve;
    });
    renameSync(`${configFile}.new`, configFile);
    return heard;
  };
  return { files, replaceBy };
}

test('the file is read again when it changes; one that cannot be used changes nothing', async () => {
  const { files, replaceBy } = open('reload.yaml', head + issuer('https://a.example.com'));
  const stop = files.follow();
  try {
    const urls = () => files.jwt?.().map(({ source }) => source.issuer.url);
    assert.deepEqual(urls(), ['https://a.example.com']);
    assert.equal(await replaceBy(head + issuer('https://b.example.com')), 'reloaded authentication config');
    assert.deepEqual(urls(), ['https://b.example.com']);
    assert.match(await replaceBy(head + issuer('http://c.example.com')), /URL scheme must be https/);
    assert.match(await replaceBy(`${head}anonymous: {enabled: false}\n`), /changed from initial configuration file/);
    assert.deepEqual(urls(), ['https://b.example.com']);
  } finally {
    stop();
  }
});

test('anonymous users are let in where the conditions say', () => {
  const { files } = open('anonymous.yaml', `${head}anonymous: {enabled: true, conditions: [{path: /livez}]}\n`);
  assert.deepEqual(
    [files.anonymous('/livez'), files.anonymous('/livez/ping'), files.anonymous('/api')],
    [true, false, false],
  );
  assert.equal(open('off.yaml', `${head}anonymous: {enabled: false}\n`).files.anonymous('/livez'), false);
  assert.equal(open('silent.yaml', head, false).files.anonymous('/livez'), false);
  assert.equal(open('silent.yaml', head).files.anonymous('/livez'), true);
});

test('file and flag do not both decide on anonymous users, and the own issuer is nobody else', () => {
  assert.throws(() => open('both.yaml', `${head}anonymous: {enabled: true}\n`, true), /flag cannot be set when/);
  assert.throws(() => open('own.yaml', head + issuer('https://atoll.example.com')), /must not overlap/);
});
