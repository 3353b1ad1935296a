/** The commands on a VQGAN: out of a Lightning checkpoint into a folder, pictures to tokens and back, and out again. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectedVqganTensors } from '../nets/vqgan/tensors.ts';
import type { VqganArchitecture } from '../nets/vqgan/architecture.ts';
import { decodePng } from '../images/node/png.ts';
import { runCaptured } from '../test/helpers/captured-terminal.ts';
import { loadVqganGolden } from '../test/helpers/golden.ts';
import { makePng, makeWorkplace, type Workplace } from '../test/helpers/workplace.ts';
import { readNpy } from '../weights-convert/numpy/npy.ts';
import { writeSafetensors } from '../weights-convert/safetensors/write-safetensors.ts';

const golden = loadVqganGolden();
const checkpoint = golden.path('three-levels.ckpt');
const onCpu = ['--device', 'cpu', '--quiet'];

let place: Workplace;
let model: string;
let picture: string;

beforeAll(async () => {
  place = makeWorkplace();
  model = place.path('model');
  picture = place.write('picture.png', makePng(43, 37));
  expect(await runCaptured(['convert', checkpoint, '-o', model, '--verify'])).toMatchObject({ exitCode: 0 });
});
afterAll(() => place.remove());

test('convert names what it took and left out, and model.json its family', async () => {
  const { stderr } = await runCaptured(['convert', checkpoint, '-o', place.path('dry'), '--dry-run']);
  expect(stderr).toMatch(
    /encoder: a vqgan-encoder \(ch 32, ch_mult 1,2,2, num_res_blocks 2, attention at level 1 and 2/,
  );
  expect(stderr).toContain('33 of the perceptual loss of its training');
  expect(stderr).toContain('22 of the discriminator of its training');
  const manifest = JSON.parse(readFileSync(place.path('model', 'model.json'), 'utf8'));
  expect(manifest).toMatchObject({ family: 'taming', parts: { encoder: {}, decoder: {} } });
  expect(manifest).not.toHaveProperty('licence');
});

test('inspect says what it is', async () => {
  const { stdout, exitCode } = await runCaptured(['inspect', checkpoint]);
  expect(exitCode).toBe(0);
  expect(stdout.toString()).toContain("looks like a VQGAN of taming-transformers'");
  expect(stdout.toString()).toMatch(/convert would write a vqgan-decoder/);
});

test('encode, decode and reconstruct', async () => {
  const tokens = place.path('tokens.npy');
  const encoded = await runCaptured(['encode', picture, '--size', 'keep', '-m', model, '-o', tokens, ...onCpu]);
  expect(encoded).toMatchObject({ exitCode: 0 });
  expect(readNpy(readFileSync(tokens)).shape).toEqual([8, 10]); // 40 × 32 pixels of the 43 × 37, 4 × 4 a token
  const out = place.path('decoded.png');
  expect(await runCaptured(['decode', tokens, '-m', model, '-o', out, ...onCpu])).toMatchObject({ exitCode: 0 });
  const again = place.path('again.png');
  const words = ['reconstruct', picture, '--size', 'keep', '-m', model, '-o', again, '--json', ...onCpu];
  const { stdout } = await runCaptured(words);
  expect(JSON.parse(stdout.toString()).results[0]).toMatchObject({ width: 40, height: 32, tokens: { count: 80 } });
  const [first, second] = [out, again].map((path) => decodePng(readFileSync(path)));
  expect(first).toMatchObject({ width: 40, height: 32 });
  expect(second!.data).toEqual(first!.data);
});

test('export writes what convert takes, and the same tokens come of it', async () => {
  const out = place.path('exported');
  expect(await runCaptured(['export', model, '-o', out])).toMatchObject({ exitCode: 0 });
  const sources = ['encoder.pt', 'decoder.pt'].map((name) => place.path('exported', name));
  const second = place.path('second');
  expect(await runCaptured(['convert', ...sources, '-o', second])).toMatchObject({ exitCode: 0 });
  const read = async (folder: string): Promise<string> => {
    const words = ['encode', picture, '--size', '32', '-m', folder, '-o', place.path('t.json'), ...onCpu];
    expect(await runCaptured(words)).toMatchObject({ exitCode: 0 });
    return readFileSync(place.path('t.json'), 'utf8');
  };
  expect(await read(second)).toBe(await read(model));
});

test("min-dalle's detokeniser decodes, and says that it cannot encode", async () => {
  const folder = place.path('detokeniser');
  const { stderr } = await runCaptured(['convert', golden.path('two-levels.detoker.pt'), '-o', folder]);
  expect(stderr).toMatch(/epsilon 0\.00001, pixels 0…1/);
  const tokens = place.write('some.json', Buffer.from('[[1, 2], [3, 15]]'));
  const out = place.path('drawn.png');
  expect(await runCaptured(['decode', tokens, '-m', folder, '-o', out, ...onCpu])).toMatchObject({ exitCode: 0 });
  expect(decodePng(readFileSync(out))).toMatchObject({ width: 4, height: 4 });
  const encoded = await runCaptured([
    'encode',
    picture,
    '--size',
    'keep',
    '-m',
    folder,
    '-o',
    place.path('x.npy'),
    ...onCpu,
  ]);
  expect(encoded).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('(E_PART_MISSING)') });
});

test('a size of half a token is refused where a token has 16 × 16 pixels', async () => {
  const file = place.write('deep.safetensors', await makeDeep());
  const folder = place.path('deep');
  expect(await runCaptured(['convert', file, '-o', folder])).toMatchObject({ exitCode: 0 });
  const words = ['encode', picture, '-m', folder, '-o', place.path('deep.npy'), ...onCpu];
  const { exitCode, stderr } = await runCaptured([...words, '--size', '24']);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('(E_IMAGE_SIZE)') });
  expect(stderr).toContain('multiples of 16');
  expect(await runCaptured([...words, '--size', '32'])).toMatchObject({ exitCode: 0 });
  expect(readNpy(readFileSync(place.path('deep.npy'))).shape).toEqual([2, 2]);
});

/** An encoder of five levels, whose weights are all nothing. */
async function makeDeep(): Promise<Buffer> {
  const sizes = { ch: 32, ch_mult: [1, 1, 1, 1, 1], num_res_blocks: 1, attn_levels: [], z_channels: 4, embed_dim: 4 };
  const rest = { n_embed: 8, quantiser: 'vector', epsilon: 1e-6, pixel_range: [-1, 1], in_channels: 3 } as const;
  const architecture: VqganArchitecture = { kind: 'vqgan-encoder', ...sizes, ...rest };
  const tensors = new Map(
    [...expectedVqganTensors(architecture)].map(([name, shape]) => {
      const length = shape.reduce((product, size) => product * size, 1);
      return [name, { shape, read: async () => new Float32Array(length) }] as const;
    }),
  );
  const blocks: Uint8Array[] = [];
  for await (const block of writeSafetensors(tensors, 'f32')) blocks.push(block);
  return Buffer.concat(blocks);
}
