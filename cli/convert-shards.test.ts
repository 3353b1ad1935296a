/** The words of `convert`: sizes of shards. What is written is tested beside the converter. */
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCaptured } from '../test/helpers/captured-terminal.ts';
import { makeWorkplace, smallCheckpoints, type Workplace } from '../test/helpers/workplace.ts';
import { parseByteCount } from './convert.ts';

let place: Workplace;
beforeAll(() => {
  place = makeWorkplace();
});
afterAll(() => place.remove());

test.each([
  ['64MB', 64_000_000],
  ['16MiB', 16_777_216],
  ['1GB', 1_000_000_000],
  ['2GiB', 2_147_483_648],
  ['500kB', 500_000],
  ['8KiB', 8192],
  ['1B', 1],
])('--shard %s', (text, bytes) => {
  expect(parseByteCount(text)).toBe(bytes);
});

test.each(['64', '0MB', '-1MB', '1.5MB', '64mb', 'KB', '1e3MB', '64 MB', '1KB', '9999999999MB'])(
  '--shard %s is exit 2',
  async (size) => {
    expect(() => parseByteCount(size)).toThrow('64MB');
    const words = ['convert', smallCheckpoints().encoder, '-o', place.path('none'), `--shard=${size}`];
    expect(await runCaptured(words)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('E_FLAG_VALUE') });
  },
);

test('--shard writes shards, which convert and reconstruct’s models can be read from', async () => {
  const out = place.path('model');
  const words = ['convert', smallCheckpoints().encoder, '-o', out, '--shard', '20kB', '--verify'];
  expect((await runCaptured(words)).exitCode).toBe(0);
  expect(readdirSync(out).filter((name) => /^encoder-\d{5}-of-\d{5}\.safetensors$/.test(name)).length).toBeGreaterThan(
    1,
  );
  const again = ['convert', `${out}/encoder.safetensors.index.json`, '-o', place.path('again'), '--json'];
  const { exitCode, stdout } = await runCaptured(again);
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout.toString()).parts[0]).toMatchObject({ container: 'safetensors-index' });
});
