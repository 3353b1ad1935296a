/**
 * The CPU device in a page that is cross-origin isolated: there threads share memory, and give the bits that one gives.
 * The page is served from what was built, with the two headers that isolate it.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { chromium, type Browser } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageRoot } from '../base/node/package-files.ts';
import { findChromium, ROOT_FLAGS } from './browser/chromium.ts';

const executablePath = findChromium();
const types: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.wasm': 'application/wasm' };

let server: Server;
let browser: Browser;

beforeAll(async () => {
  if (executablePath === undefined) return;
  server = createServer(async (request, response) => {
    response.setHeader('cross-origin-opener-policy', 'same-origin');
    response.setHeader('cross-origin-embedder-policy', 'require-corp');
    const path = normalize(new URL(request.url!, 'http://localhost').pathname);
    response.setHeader('content-type', types[extname(path)] ?? 'text/html');
    if (path === '/') return void response.end(`<!doctype html><script type="module">${program}</script>`);
    const bytes = await readFile(join(packageRoot, 'dist', path)).catch(() => undefined);
    response.writeHead(bytes ? 200 : 404).end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  browser = await chromium.launch({ executablePath, args: [...ROOT_FLAGS] });
});

afterAll(async () => {
  await browser?.close();
  server?.close();
});

/** What the page does. */
const program = `
  import { openCpuDevice } from '/load/cpu.js';
  import { compile, conv2d, relu, softmax, tensor } from '/ops/index.js';
  let state = 1;
  const numbers = (length) =>
    Float32Array.from({ length }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32 - 0.5;
    });
  const weight = tensor(numbers(24 * 16 * 9), [24, 16, 3, 3]);
  const x = numbers(16 * 64 * 64);
  const [threads, results] = [[], []];
  let code;
  for (const wanted of [1, 2, 3]) {
    const device = await openCpuDevice({ threads: wanted });
    threads.push(device.threads);
    const plan = compile(device, (inputs) => softmax(conv2d(relu(inputs.x), weight), 1), { x: [1, 16, 64, 64] });
    for (let round = 0; round < 2; round++) results.push((await plan.run({ x })).join());
    code = await plan.run({ x }, { signal: AbortSignal.abort() }).catch((error) => error.code);
    device.dispose();
  }
  globalThis.found = { isolated: crossOriginIsolated, threads, results, code };`;

interface Found {
  readonly isolated: boolean;
  readonly threads: readonly number[];
  readonly results: readonly string[];
  readonly code: unknown;
}

test.skipIf(executablePath === undefined)('threads share memory, and give the bits that one gives', async () => {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const found = await page.waitForFunction(() => (globalThis as { found?: unknown }).found);
  const { isolated, threads, results, code } = (await found.jsonValue()) as Found;
  expect(isolated).toBe(true);
  expect(threads).toEqual([1, 2, 3]);
  expect(new Set(results).size).toBe(1);
  expect(code).toBe('E_ABORTED');
});
