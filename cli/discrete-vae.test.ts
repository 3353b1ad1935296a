/** The commands on DALLE-pytorch's own VAE: out of what its training saved, pictures to tokens and back, out again. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodePng } from '../images/node/png.ts';
import { runCaptured } from '../test/helpers/captured-terminal.ts';
import { makePng, makeWorkplace, type Workplace } from '../test/helpers/workplace.ts';
import { readNpy } from '../weights-convert/numpy/npy.ts';

const checkpoint = fileURLToPath(new URL('../test/golden/discrete-vae/blocks.vae.pt', import.meta.url));
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

test('convert and inspect say what it is', async () => {
  const { stderr } = await runCaptured(['convert', checkpoint, '-o', place.path('dry'), '--dry-run']);
  expect(stderr).toMatch(
    /decoder: a discrete-vae-decoder \(channels 3, num_layers 2, num_resnet_blocks 2, hidden_dim 8/,
  );
  const manifest = JSON.parse(readFileSync(place.path('model', 'model.json'), 'utf8'));
  expect(manifest).toMatchObject({ family: 'dalle-pytorch', parts: { encoder: {}, decoder: {} } });
  const { stdout } = await runCaptured(['inspect', checkpoint]);
  expect(stdout.toString()).toContain("looks like DALLE-pytorch's own DiscreteVAE, with residual blocks");
});

test('encode, decode, reconstruct and export', async () => {
  const tokens = place.path('tokens.npy');
  const encode = (folder: string, out: string): ReturnType<typeof runCaptured> =>
    runCaptured(['encode', picture, '--size', 'keep', '-m', folder, '-o', out, ...onCpu]);
  expect(await encode(model, tokens)).toMatchObject({ exitCode: 0 });
  expect(readNpy(readFileSync(tokens)).shape).toEqual([8, 10]); // 40 × 32 pixels of the 43 × 37, 4 × 4 a token
  const out = place.path('decoded.png');
  expect(await runCaptured(['decode', tokens, '-m', model, '-o', out, ...onCpu])).toMatchObject({ exitCode: 0 });
  const again = place.path('again.png');
  const words = ['reconstruct', picture, '--size', 'keep', '-m', model, '-o', again, ...onCpu];
  expect(await runCaptured(words)).toMatchObject({ exitCode: 0 });
  expect(decodePng(readFileSync(again)).data).toEqual(decodePng(readFileSync(out)).data);
  expect(await runCaptured(['export', model, '-o', place.path('exported')])).toMatchObject({ exitCode: 0 });
  const sources = ['encoder.pt', 'decoder.pt'].map((name) => place.path('exported', name));
  const second = place.path('second');
  expect(await runCaptured(['convert', ...sources, '-o', second])).toMatchObject({ exitCode: 0 });
  expect(await encode(second, place.path('second.npy'))).toMatchObject({ exitCode: 0 });
  expect(readFileSync(place.path('second.npy'))).toEqual(readFileSync(tokens));
});
