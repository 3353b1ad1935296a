/** `dalle-gl plan`: the numbers that shapes alone decide, and what it says where it cannot know. */
import { expect, test } from 'vitest';
import { bundledModel } from '../base/node/package-files.ts';
import { runCaptured } from '../test/helpers/captured-terminal.ts';

interface Reported {
  readonly parameters: number;
  readonly bytes: { readonly weights: number; readonly caches: number };
  readonly works: Readonly<Record<string, { readonly draws: number; readonly macs: number }>>;
  readonly seconds: Readonly<Record<string, number>> | null;
  readonly fits: boolean | null;
  readonly layersThatFit: number | null;
  readonly candidates: number;
  readonly guided: boolean;
}

async function planJson(...words: string[]): Promise<Reported> {
  const { exitCode, stdout, stderr } = await runCaptured(['plan', ...words, '--json']);
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
  return JSON.parse(stdout.toString()) as Reported;
}

test("the paper's transformer, whether it fits or not", async () => {
  const { parameters, bytes, works, fits, layersThatFit, seconds } = await planJson(
    'paper-12b',
    '--device',
    'reference',
  );
  const token = works['token']!;
  expect(parameters / 1e9).toBeCloseTo(12.29, 1);
  expect(bytes.weights).toBeGreaterThan(4 * parameters * 0.99);
  // Keys and values of 64 layers, for all but the last of 1,280 positions.
  expect(bytes.caches).toBe(2 * 64 * 1279 * 3968 * 4);
  expect(token.draws).toBeLessThanOrEqual(11 * 64 + 2);
  // Every weight once, tables aside, and attention.
  expect(token.macs / (12 * 3968 ** 2 * 64)).toBeGreaterThan(1);
  expect(token.macs / (12 * 3968 ** 2 * 64)).toBeLessThan(1.05);
  expect(fits === true ? layersThatFit === 64 : layersThatFit! < 64).toBe(true);
  expect(seconds).toBeNull();
});

test('a model folder, with an estimate of time', async () => {
  const { parameters, works, seconds, fits } = await planJson(bundledModel, '--device', 'cpu', '--threads', '1');
  expect(parameters).toBeGreaterThan(3e6);
  expect(Object.keys(works).sort()).toEqual(['decode', 'encode', 'prompt', 'token']);
  expect(fits).not.toBe(false);
  expect(seconds!['token']).toBeGreaterThan(0);
  expect(seconds!['picture']).toBeCloseTo(seconds!['prompt']! + 255 * seconds!['token']! + seconds!['decode']!, 9);
});

test('a known model, of which nothing is fetched, with the guidance that it is drawn with', async () => {
  const { parameters, bytes, works, guided, candidates } = await planJson(
    'min-dalle-mini',
    '-n',
    '9',
    '--device',
    'reference',
  );
  expect([guided, candidates]).toEqual([true, 9]);
  expect(parameters).toBeGreaterThan(437e6);
  // Halves as halves. What of it is a VQGAN has floats, and its kernels transformed; with floats it would be 2.3 GB.
  expect(bytes.weights).toBeLessThan(1.5e9);
  expect(bytes.caches).toBeGreaterThan(18 * 25e6);
  expect(works['token']!.macs / 18 / 0.2e9).toBeCloseTo(1, 1);
});

test('CLIP has no pictures to draw, and is timed for a text and a picture', async () => {
  const { works, layersThatFit } = await planJson('clip-vit-b-32', '--device', 'reference');
  expect(Object.keys(works)).toEqual(['clipText', 'clipPicture']);
  expect(layersThatFit).toBeNull();
});

test('says of halves, and of weights that grow on the device, only where there are such', async () => {
  const weights = async (name: string): Promise<string> => {
    const { stdout } = await runCaptured(['plan', name, '--device', 'cpu', '--threads', '1']);
    return /weights .+/.exec(stdout.toString())![0];
  };
  expect(await weights('vqgan-gumbel-f8')).toMatch(/on the device, convolutions in a larger form that is faster$/);
  expect(await weights('emoji')).toMatch(/on the device$/);
  expect(await weights('rudalle-malevich')).toMatch(/halves as halves, convolutions in a larger form/);
});

test('on the CPU, in its words', async () => {
  const { stdout } = await runCaptured(['plan', bundledModel, '--device', 'cpu', '--threads', '1']);
  expect(stdout.toString().replaceAll('\n', ' ')).toMatch(/Time on CPU \(WebAssembly SIMD[^)]*, 1 thread\)/);
  expect(stdout.toString()).toMatch(/\d+ steps, .+ multiply-adds, .+ reads of four numbers\n/);
  expect(stdout.toString()).not.toMatch(/texture|draw\b/);
});

test('in words', async () => {
  const { stdout, exitCode } = await runCaptured(['plan', 'dalle-pytorch-new', '--device', 'reference']);
  expect(exitCode).toBe(0);
  expect(stdout.toString()).toMatch(
    /^dalle-pytorch-new:\n {2}transformer: a transformer of dalle-pytorch \(dim 512, depth 2/,
  );
  expect(stdout.toString()).toContain('Time: unknown without a device that can be measured');
});

test('refuses what is neither a folder nor a name, and a number that is none', async () => {
  const wrong = await runCaptured(['plan', 'paper-12']);
  expect(wrong.exitCode).toBe(2);
  expect(wrong.stderr).toContain('Did you mean paper-12b?');
  const other = await runCaptured(['plan', 'no-such-thing-at-all']);
  expect(other.stderr).toContain('rudalle-malevich');
  expect(other.stderr).toContain('min-dalle-mini');
  const none = await runCaptured(['plan', 'emoji', '-n', '0']);
  expect([none.exitCode, none.stderr]).toEqual([2, expect.stringContaining('a whole number from 1 to 1024')]);
});
