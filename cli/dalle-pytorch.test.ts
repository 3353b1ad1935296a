/** One file of DALLE-pytorch's training and a tokenizer make a model that every command takes. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodePng } from '../images/node/png.ts';
import { formatTokenizer } from '../nets/tokenizer/tokenizer-json.ts';
import { trainBpe } from '../nets/tokenizer/train-bpe.ts';
import { runCaptured } from '../test/helpers/captured-terminal.ts';
import { makePng, makeWorkplace, type Workplace } from '../test/helpers/workplace.ts';
import { readNpy } from '../weights-convert/numpy/npy.ts';

const file = (name: string): string =>
  fileURLToPath(new URL(`../test/golden/dalle-pytorch/${name}.dalle.pt`, import.meta.url));
const onCpu = ['--device', 'cpu', '--quiet'];

/** How many pixels a side of a token has in each. */
describe.each([
  ['old-vqgan', 2, 'vqgan'],
  ['new-vqgan', 2, 'vqgan'],
  ['new-own', 4, 'discrete-vae'],
] as const)('%s', (name, patch, coder) => {
  let place: Workplace;
  let model: string;

  beforeAll(async () => {
    place = makeWorkplace();
    model = place.path('model');
    const words = trainBpe(['a red heart', 'a blue car'], { vocabularySize: 24 });
    const tokenizer = place.write('tokenizer.json', formatTokenizer(words));
    const { exitCode, stderr } = await runCaptured(['convert', file(name), tokenizer, '-o', model, '--verify']);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(stderr).toContain(`encoder: a ${coder}-encoder`);
    expect(stderr).toContain(`decoder: a ${coder}-decoder`);
  });
  afterAll(() => place.remove());

  const run = async (...words: string[]): Promise<void> => {
    const { exitCode, stderr } = await runCaptured([...words, '-m', model, ...onCpu]);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  };

  test('its model.json is of the transformer’s family', () => {
    const manifest = JSON.parse(readFileSync(place.path('model', 'model.json'), 'utf8'));
    expect(manifest).toMatchObject({ family: 'dalle-pytorch', parts: { encoder: {}, decoder: {}, transformer: {} } });
    // max(int((1 - 0.9) * to_logits.1.weight.shape[0]), 1) in its generate.py, of 64 or 66 logits.
    expect(manifest.sampling).toEqual({ temperature: 1, topK: 6 });
  });

  test('generate, encode, decode and complete', async () => {
    const side = 4 * patch;
    const drawn = place.path('drawn.png');
    await run('generate', 'red', '-n', '2', '--seed', '7', '-o', drawn);
    expect(decodePng(readFileSync(drawn))).toMatchObject({ width: 2 * side, height: side });
    const picture = place.write('picture.png', makePng(side, side));
    const tokens = place.path('tokens.npy');
    await run('encode', picture, '--size', 'keep', '-o', tokens);
    expect(readNpy(readFileSync(tokens)).shape).toEqual([4, 4]);
    const decoded = place.path('decoded.png');
    await run('decode', tokens, '-o', decoded);
    expect(decodePng(readFileSync(decoded))).toMatchObject({ width: side, height: side });
    const completed = place.path('completed.png');
    await run('complete', picture, 'car', '--keep', '0,0,1,0.5', '-n', '1', '--seed', '7', '-o', completed);
    expect(decodePng(readFileSync(completed))).toMatchObject({ width: side, height: side });
  });

  test('comes back from export, part by part', async () => {
    expect(await runCaptured(['export', model, '-o', place.path('out')])).toMatchObject({ exitCode: 0 });
    const parts = ['encoder.pt', 'decoder.pt', 'transformer.pt'].map((part) => place.path('out', part));
    const again = place.path('again');
    const words = ['convert', ...parts, place.path('tokenizer.json'), '-o', again];
    expect(await runCaptured(words)).toMatchObject({ exitCode: 0 });
    const read = (folder: string): object => JSON.parse(readFileSync(place.path(folder, 'model.json'), 'utf8')).parts;
    const architectures = (folder: string): unknown[] =>
      Object.values(read(folder) as Record<string, { architecture?: unknown }>).map(({ architecture }) => architecture);
    expect(architectures('again')).toEqual(architectures('model'));
  });
});
