/** The entry for Node: devices by name, models from folders, pickles and addresses, eager use. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { add, tensor } from '../ops/index.ts';
import { packageRoot } from '../base/node/package-files.ts';
import { createContext, loadDVAE, open, openFileSource, run, type Dvae, type OpenOptions } from '../node.ts';
import { WebGLDevice } from '../engine/index.ts';
import { serve, startFileServer } from './helpers/file-server.ts';
import { loadNetGolden } from './helpers/golden.ts';
import { smallCheckpoints } from './helpers/workplace.ts';
import { sourceFromBytes } from '../weights-convert/byte-source.ts';

const { encoder, decoder } = smallCheckpoints();
const device = await open({ device: 'egl' });
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

/**
 * A process in which nobody names a device, and this one is chosen at first. It computes, `end`s the shared device, and
 * computes again when the other kind would be chosen.
 */
function shareDevice(chosen: 'webgl' | 'cpu', end: string): { kinds: string[]; sum: number[]; devices: number } {
  const cache = mkdtempSync(join(tmpdir(), 'dalle-gl-shared-'));
  const script = `
    import { readFileSync, writeFileSync } from 'node:fs';
    import { loadDVAE, run } from ${JSON.stringify(join(packageRoot, 'dist/node.js'))};
    import { CpuDevice } from ${JSON.stringify(join(packageRoot, 'dist/engine/cpu/device.js'))};
    import { WebGLDevice } from ${JSON.stringify(join(packageRoot, 'dist/engine/index.js'))};
    import { add, tensor } from ${JSON.stringify(join(packageRoot, 'dist/ops/index.js'))};
    import { chooseDevice } from ${JSON.stringify(join(packageRoot, 'dist/load/node/choose-device.js'))};
    const { choice, cpu, source } = await chooseDevice({});
    (cpu ?? source).dispose();
    const file = ${JSON.stringify(join(cache, 'devices.json'))};
    const [machine] = Object.keys(JSON.parse(readFileSync(file)));
    const choose = (device) => writeFileSync(file, JSON.stringify({ [machine]: { ...choice, device } }));
    const loaded = [];
    for (const { prototype } of [CpuDevice, WebGLDevice]) {
      const { load } = prototype;
      prototype.load = function (plan) {
        loaded.push(this);
        return load.call(this, plan);
      };
    }
    const compute = async () => (await run(add(tensor([1], [1]), tensor([1], [1]))))[0];
    choose('${chosen}');
    await compute();
    const device = loaded.pop();
    ${end}
    choose('${chosen === 'cpu' ? 'webgl' : 'cpu'}');
    const sum = await Promise.all([compute(), compute(), compute()]);
    const dvae = await loadDVAE();
    await dvae.encode({ data: new Float32Array(192), shape: [1, 3, 8, 8] });
    await dvae.dispose();
    const devices = new Set(loaded);
    console.log(JSON.stringify({ kinds: [device, ...devices].map(({ kind }) => kind), sum, devices: devices.size }));`;
  const env = { ...process.env, DALLE_GL_CACHE: cache };
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    env,
    encoding: 'utf8',
  });
  rmSync(cache, { recursive: true });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as ReturnType<typeof shareDevice>;
}

test.each([
  ['of WebGL that was disposed', 'webgl', 'device.dispose();'],
  ['of WebGL that lost its context', 'webgl', 'device.gl.isContextLost = () => true;'],
  ['of the CPU that was disposed', 'cpu', 'device.dispose();'],
] as const)('a shared device %s is opened anew, once for all who ask, and of the same kind', (_what, kind, end) => {
  expect(shareDevice(kind, end)).toEqual({ kinds: [kind, kind], sum: [2, 2, 2], devices: 1 });
});

test('a name, a context, or an option of one device alone says which is meant', async () => {
  const kindOf = async (options: OpenOptions): Promise<string> => {
    const opened = await open(options);
    opened.dispose();
    return opened.kind;
  };
  expect(await kindOf({ device: 'webgl' })).toBe('webgl');
  expect(await kindOf({ device: 'egl', without: ['pack_conv2d'] })).toBe('webgl');
  expect(await kindOf({ targets: 2 })).toBe('webgl');
  expect(await kindOf({ device: 'cpu', threads: 1, multiplyAdd: 'plain', without: ['relu_on_read'] })).toBe('cpu');
  const wrong = { code: 'E_ARGUMENT' };
  await expect(kindOf({ device: 'cpu', targets: 2 })).rejects.toMatchObject(wrong);
  await expect(kindOf({ device: 'egl', threads: 2 })).rejects.toMatchObject(wrong);
  for (const threads of [0, 1.5, -1, NaN, 257, '2' as never]) {
    await expect(kindOf({ device: 'cpu', threads })).rejects.toMatchObject(wrong);
  }
  await expect(kindOf({ device: 'cpu', multiplyAdd: 'fast' as never })).rejects.toMatchObject(wrong);
  await expect(kindOf({ device: 'cpu', without: 'all' as never })).rejects.toMatchObject(wrong);
});

test('an unknown device is refused by name', async () => {
  await expect(open({ device: 'egl:nowhere' })).rejects.toMatchObject({ code: 'E_GL_SOURCE' });
});
