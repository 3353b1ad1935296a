/**
 * Through a proxy where the environment names one, and not where it says so; failures name the proxy, never its
 * password.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { loadImage } from '../../images/node/load.ts';
import { makeFile } from '../../test/helpers/downloads.ts';
import { serve, startFileServer } from '../../test/helpers/file-server.ts';
import { startProxy } from '../../test/helpers/proxy.ts';
import { makePng } from '../../test/helpers/workplace.ts';
import { downloadFile } from '../../weights-convert/node/download-file.ts';
import { fetchAddress } from './fetch-address.ts';
import { packageRoot } from './package-files.ts';

const run = promisify(execFile);
const server = await startFileServer();
const proxy = await startProxy(server.origin);
const cache = mkdtempSync(join(tmpdir(), 'dalle-gl-proxy-'));
const bytes = makeFile(300_000, 1);
const names = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'] as const;

/** What the environment says from now on. */
function setProxies(values: Partial<Record<(typeof names)[number], string>>): void {
  for (const name of names) vi.stubEnv(name, values[name]);
}

beforeEach(() => {
  setProxies({});
  server.answer = serve({ bytes, etag: '"1"' });
  server.requests.length = 0;
  proxy.requests.length = 0;
  proxy.login = undefined;
});
afterEach(() => vi.unstubAllEnvs());
afterAll(async () => {
  await proxy.close();
  await server.close();
  rmSync(cache, { recursive: true });
});

const get = async (address: string): Promise<number> => {
  const response = await fetchAddress(new URL(address), { signal: AbortSignal.timeout(20_000) });
  let length = 0;
  const reader = response.body!.getReader();
  for (let block; (block = (await reader.read()).value);) length += block.length;
  return length;
};

describe('a file behind a proxy', () => {
  test.each([
    ['HTTP_PROXY', () => ({ HTTP_PROXY: `http://${proxy.host}` })],
    ['http_proxy', () => ({ http_proxy: `http://${proxy.host}/` })],
    ['one without http://', () => ({ HTTP_PROXY: proxy.host })],
    ['lower case before upper', () => ({ http_proxy: proxy.host, HTTP_PROXY: 'http://127.0.0.1:1' })],
    ['one beside NO_PROXY for others', () => ({ HTTP_PROXY: proxy.host, NO_PROXY: 'localhost,127.0.0.1,.other.test' })],
  ])('of %s', async (_, values) => {
    setProxies(values());
    expect(await get('http://files.example.test/encoder.pkl?x=1')).toBe(bytes.length);
    expect(proxy.requests).toEqual(['GET http://files.example.test/encoder.pkl?x=1']);
  });

  test('by https goes through a tunnel', async () => {
    setProxies({ HTTPS_PROXY: `http://${proxy.host}` });
    // What answers there speaks no TLS.
    await expect(get('https://files.example.test/encoder.pkl')).rejects.toMatchObject({ code: 'E_DOWNLOAD' });
    expect(proxy.requests).toEqual(['CONNECT files.example.test:443']);
  });

  test('a checkpoint and a picture both do', async () => {
    setProxies({ HTTP_PROXY: proxy.host });
    const { path } = await downloadFile('http://files.example.test/encoder.pkl', { cache });
    expect(readFileSync(path).equals(bytes)).toBe(true);
    await downloadFile('http://files.example.test/encoder.pkl', { cache });
    expect(server.requests.at(-1)!['if-none-match']).toBe('"1"');
    server.answer = serve({ bytes: makePng(16, 8) });
    expect(await loadImage('http://pictures.example.test/cat.png')).toMatchObject({ width: 16, height: 8 });
    expect(proxy.requests).toEqual([
      'GET http://files.example.test/encoder.pkl',
      'GET http://files.example.test/encoder.pkl',
      'GET http://pictures.example.test/cat.png',
    ]);
  });

  test('and a log-in', async () => {
    proxy.login = `Basic ${Buffer.from('me:s3cr#t').toString('base64')}`;
    setProxies({ HTTP_PROXY: `http://me:s3cr%23t@${proxy.host}` });
    expect(await get('http://files.example.test/encoder.pkl')).toBe(bytes.length);
  });
});

describe('no proxy', () => {
  test.each([
    ['is used where none is named', () => ({})],
    ['is used where the lower case is empty', () => ({ http_proxy: '', HTTP_PROXY: proxy.host })],
    ['is used by http if HTTPS_PROXY alone is set', () => ({ HTTPS_PROXY: proxy.host })],
    ['is used for a host of NO_PROXY', () => ({ HTTP_PROXY: proxy.host, NO_PROXY: 'example.org, 127.0.0.1' })],
    ['is used for a host of no_proxy', () => ({ HTTP_PROXY: proxy.host, no_proxy: '127.0.0.1', NO_PROXY: 'x' })],
    ['is used for any host with *', () => ({ HTTP_PROXY: proxy.host, NO_PROXY: '*' })],
    ['is used for any host with * and spaces', () => ({ HTTP_PROXY: proxy.host, NO_PROXY: ' * ' })],
  ])('%s', async (_, values) => {
    setProxies(values());
    expect(await get(`${server.origin}/encoder.pkl`)).toBe(bytes.length);
    expect(proxy.requests).toEqual([]);
  });
});

describe('refused', () => {
  const address = 'http://files.example.test/encoder.pkl';

  test('nobody at the address of the proxy', async () => {
    setProxies({ HTTP_PROXY: 'http://me:secret@127.0.0.1:1', NO_PROXY: 'x.test' });
    const error = await downloadFile(address, { cache: `${cache}/1` }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'E_DOWNLOAD' });
    const { message } = error as Error;
    expect(message).toMatch(/through the proxy http:\/\/127\.0\.0\.1:1 .+unless NO_PROXY.+refuses connections/);
    expect(message).not.toMatch(/secret|me:/);
  });

  test.each([
    ['HTTP_PROXY', address],
    ['HTTPS_PROXY', 'https://files.example.test/encoder.pkl'],
  ])('a proxy that wants a log-in, for %s', async (name, url) => {
    proxy.login = 'Basic x';
    setProxies({ [name]: `http://me:secret@${proxy.host}` });
    await expect(downloadFile(url, { cache: `${cache}/2` })).rejects.toMatchObject({
      code: 'E_DOWNLOAD',
      message: expect.stringMatching(/the proxy answered 407.+It wants a log-in/),
    });
    await expect(loadImage(url)).rejects.toMatchObject({ message: expect.not.stringContaining('secret') });
  });

  test.each(['socks5://127.0.0.1:1080', 'http://', 'ftp://x', 'http://a b'])('a proxy called %s', async (value) => {
    setProxies({ HTTP_PROXY: value });
    await expect(downloadFile(address, { cache })).rejects.toMatchObject({ code: 'E_PROXY', name: 'UsageError' });
    await expect(loadImage(address)).rejects.toMatchObject({ code: 'E_PROXY' });
  });

  test('by the caller', async () => {
    setProxies({ HTTP_PROXY: proxy.host });
    server.answer = () => {};
    const controller = new AbortController();
    const loading = loadImage('http://files.example.test/x.png', { signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    await expect(loading).rejects.toMatchObject({ code: 'E_ABORTED' });
    await expect(loadImage('http://files.example.test/x.png', { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'E_DOWNLOAD_TIMEOUT',
    });
  });
});

test('undici is loaded only where a proxy is named, and keeps no process from ending', async () => {
  const program = `
    import { createRequire } from 'node:module';
    import { fetchAddress } from ${JSON.stringify(pathToFileURL(join(packageRoot, 'dist/base/node/fetch-address.js')).href)};
    const signal = AbortSignal.timeout(20_000);
    const { status, body } = await fetchAddress(new URL(${JSON.stringify(server.origin)}), { signal });
    for (const reader = body.getReader(); (await reader.read()).value;);
    const isLoaded = Object.keys(createRequire(import.meta.url).cache).some((name) => name.includes('undici'));
    process.stdout.write(status + ' ' + isLoaded);
  `;
  for (const [value, wanted] of [
    ['', '200 false'],
    [proxy.host, '200 true'],
  ] as const) {
    const env = { ...process.env, ...Object.fromEntries(names.map((name) => [name, ''])), http_proxy: value };
    const started = performance.now();
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], { env });
    expect(stdout).toBe(wanted);
    expect(performance.now() - started).toBeLessThan(15_000);
  }
});
