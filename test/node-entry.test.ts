/** The entry for Node: devices by name, models from folders, pickles and addresses, eager use. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { add, tensor } from '../ops/index.ts';
import { createContext, loadDVAE, open, openFileSource, run, type Dvae } from '../node.ts';
import { WebGLDevice } from '../engine/index.ts';
import { serve, startFileServer } from './helpers/file-server.ts';
import { loadNetGolden } from './helpers/golden.ts';
import { smallCheckpoints } from './helpers/workplace.ts';
import { sourceFromBytes } from '../weights-convert/byte-source.ts';

const { encoder, decoder } = smallCheckpoints();
const device = await open();
afterAll(() => device.dispose());

async function expectGoldenTokens(dvae: Dvae): Promise<void> {
  const golden = loadNetGolden('hidden-8');
  const { name, shape } = golden.record.cases[0]!;
  const pixels = { data: Float32Array.from(golden.array(`${name}.pixels`).data), shape };
  expect([...(await dvae.encode(pixels)).data]).toEqual([...golden.array(`${name}.tokens.f64`).data]);
  await dvae.dispose();
}

test('a pickle is loaded directly, from a path or from bytes', async () => {
  await expectGoldenTokens(await loadDVAE({ encoder, decoder }, { device }));
  const bytes = sourceFromBytes(readFileSync(encoder), 'bytes');
  await expectGoldenTokens(await loadDVAE({ encoder: bytes }, { device: await open({ device: 'reference' }) }));
  await expectGoldenTokens(await loadDVAE({ encoder: new Blob([readFileSync(encoder)]) }, { device }));
});

test('a pickle is loaded from an address, once', async () => {
  const server = await startFileServer();
  const cache = mkdtempSync(join(tmpdir(), 'dalle-gl-load-'));
  const files: Readonly<Record<string, string>> = { '/encoder.pkl': encoder, '/decoder.pkl': decoder };
  server.answer = (request, response) => {
    serve({ bytes: readFileSync(files[request.url!]!), etag: '"1"' })(request, response);
  };
  const pair = { encoder: `${server.origin}/encoder.pkl`, decoder: new URL('/decoder.pkl', server.origin) };
  const progress: string[] = [];
  const onProgress = ({ url }: { url: string }): void => void progress.push(url);
  await expectGoldenTokens(await loadDVAE(pair, { device, cache, onProgress }));
  expect(new Set(progress)).toEqual(new Set([pair.encoder, pair.decoder.href]));
  progress.length = 0;
  await expectGoldenTokens(await loadDVAE(pair, { device, cache, onProgress }));
  expect(progress).toEqual([]);
  await server.close();
  rmSync(cache, { recursive: true });
});

test('checkpoints the wrong way round are refused, and their files closed', async () => {
  const source = await openFileSource(decoder);
  await expect(loadDVAE({ encoder: source }, { device })).rejects.toMatchObject({ code: 'E_ARCHITECTURE' });
  await expect(source.read(0, 1)).rejects.toThrow();
});

test('the bundled model is the default', async () => {
  const dvae = await loadDVAE(undefined, { device });
  expect(dvae.parts.encoder?.architecture.vocab_size).toBe(1024);
  expect(dvae.parts.decoder?.architecture.kind).toBe('dvae-decoder');
  await dvae.dispose();
});

test("a caller's context serves, and stays the caller's", async () => {
  const gl = createContext();
  const borrowed = await open({ gl, targets: 2 });
  expect(borrowed).toBeInstanceOf(WebGLDevice);
  expect(borrowed.targets).toBe(2);
  expect([...(await run(add(tensor([1], [1]), tensor([2], [1])), { device: borrowed }))]).toEqual([3]);
  borrowed.dispose();
  expect(gl.isContextLost()).toBe(false);
  gl.dispose();
});

test('run opens a device by itself', async () => {
  expect([...(await run(add(tensor([1], [1]), tensor([1], [1]))))]).toEqual([2]);
});

test.each([
  ['disposed', (shared: WebGLDevice) => shared.dispose()],
  ['lost', (shared: WebGLDevice) => vi.spyOn(shared.gl, 'isContextLost').mockReturnValue(true)],
])('a shared device that was %s is opened anew, once for all who ask', async (_what, end) => {
  const load = vi.spyOn(WebGLDevice.prototype, 'load');
  const sum = add(tensor([1], [1]), tensor([1], [1]));
  await run(sum);
  const before = load.mock.contexts.at(-1) as WebGLDevice;
  end(before);
  expect(before.isUsable).toBe(false);
  load.mockClear();
  const sums = await Promise.all([run(sum), run(sum), run(sum)]);
  expect(sums.map(([first]) => first)).toEqual([2, 2, 2]);
  const dvae = await loadDVAE();
  await dvae.encode({ data: new Float32Array(192), shape: [1, 3, 8, 8] });
  await dvae.dispose();
  expect(new Set(load.mock.contexts).size).toBe(1);
  expect(load.mock.contexts[0]).not.toBe(before);
  load.mockRestore();
});

test('an unknown device is refused by name', async () => {
  await expect(open({ device: 'egl:nowhere' })).rejects.toMatchObject({ code: 'E_GL_SOURCE' });
});
