/** Weights under a licence of their own: it is said as they are converted, and it goes where they go. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageRoot } from '../base/node/package-files.ts';
import { runCaptured } from '../test/helpers/captured-terminal.ts';
import { readNumbers, writeLightning } from '../test/helpers/rewritten-checkpoint.ts';
import { makeWorkplace, type Workplace } from '../test/helpers/workplace.ts';
import { readModelManifest } from '../weights-convert/node/open-model-folder.ts';

const golden = (name: string): string => join(packageRoot, 'test', 'golden', name);
const CONFIG = 'stage1:\n  type: vqgan\nstage2:\n  type: transformer1d\n  hparams:\n    n_layers: 2\n    n_heads: 2\n';
let place: Workplace;

beforeAll(() => void (place = makeWorkplace()));
afterAll(() => place.remove());

test("minDALL-E's, with its config.yaml beside it", async () => {
  const bytes = await writeLightning(await readNumbers(golden('mindalle/stage2.pt')));
  const checkpoint = place.write('stage2_last.ckpt', bytes);
  const config = place.write('config.yaml', CONFIG);
  const { exitCode, stderr } = await runCaptured(['convert', config, checkpoint, '-o', place.path('mindalle')]);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  expect(stderr).toContain('licence CC-BY-NC-SA-4.0');
  expect(stderr).toContain('Weights of minDALL-E, by Kakao Brain, for no commercial use;');
  const { parts, licence, notice, family, sampling } = await readModelManifest(place.path('mindalle'));
  expect(parts.transformer!.architecture).toMatchObject({ names: 'mindalle', heads: 2, head_size: 16 });
  expect({ licence, family, sampling }).toEqual({
    licence: 'CC-BY-NC-SA-4.0',
    family: 'mindalle',
    sampling: { topK: 256 },
  });
  expect(notice).toContain('CC-BY-NC-SA 4.0');
});

test.each<[string, string, RegExp]>([
  [
    'of another model',
    CONFIG.replace('2\n    n_heads', '42\n    n_heads'),
    /n_layers is 42, and the tensors make it 2/,
  ],
  ['that is damaged', CONFIG.replace('n_heads: 2', 'n_heads 2'), /line 7 is no key.*E_ARCHITECTURE/],
])('with a config.yaml %s it is refused', async (_, content, message) => {
  const bytes = await writeLightning(await readNumbers(golden('mindalle/stage2.pt')));
  const words = [place.write('config.yaml', content), place.write('stage2_last.ckpt', bytes)];
  const { exitCode, stderr } = await runCaptured(['convert', ...words, '-o', place.path('refused')]);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(message) });
});

test('a config.yaml alone is told for what it is', async () => {
  const { exitCode, stderr } = await runCaptured([
    'convert',
    place.write('config.yaml', CONFIG),
    '-o',
    place.path('a'),
  ]);
  expect({ exitCode, stderr }).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('config.yaml is the config.yaml of minDALL-E, which has no weights'),
  });
});

test("ruDALL-E's keep their halves, and how their authors draw", async () => {
  const source = golden('rudalle/v2-12.pt');
  const words = ['convert', source, '-o', place.path('rudalle'), '--verify'];
  expect(await runCaptured(words)).toMatchObject({ exitCode: 0 });
  const { parts, family, sampling, licence } = await readModelManifest(place.path('rudalle'));
  expect({ family, sampling, licence }).toEqual({ family: 'rudalle', sampling: { topK: 2048, topP: 0.995 } });
  expect(parts.transformer!.dtype).toBe('f16');
  expect(parts.transformer!.architecture).toMatchObject({ conv_edges: 'wrap', start_row: 2, shifted_masks: true });
  const [file] = parts.transformer!.files;
  expect(file!.bytes).toBeLessThan(readFileSync(source).length);
});
