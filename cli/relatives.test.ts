/**
 * Whole models of relatives on the command line, tiny ones: their own files into a folder, texts and pictures into
 * pictures. Transformers and VQGANs are those of the goldens, cut or lengthened to the same number of codes.
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../base/node/package-files.ts';
import { readPngText } from '../images/png-text.ts';
import { decodePng } from '../node.ts';
import { runCaptured, type CapturedRun } from '../test/helpers/captured-terminal.ts';
import { readNumbers, writeLightning, writeStateDict, type Numbers } from '../test/helpers/rewritten-checkpoint.ts';
import { makeTar } from '../test/helpers/tar.ts';
import { makePng, makeWorkplace, type Workplace } from '../test/helpers/workplace.ts';
import { dict } from '../weights-convert/pickle/build-records.ts';
import { readNpy } from '../weights-convert/numpy/npy.ts';
import type { ModelManifest } from '../weights-convert/model-folder/manifest.ts';
import { readModelManifest } from '../weights-convert/node/open-model-folder.ts';

const golden = (name: string): string => join(packageRoot, 'test', 'golden', name);
/** YouTokenToMe's: two letters and two merges, `ад` as one word. */
const YTTM = '3 2\n9601 4\n1072 5\n1076 6\n5 6 7\n4 7 8\n1 0 2 3\n';
const VOCABULARY = JSON.stringify({ '[PAD]': 0, '[UNK]': 1, a: 2, b: 3, 'b</w>': 4, 'ab</w>': 5 });
const CONFIG = 'stage2:\n  hparams:\n    n_heads: 2\n';
let place: Workplace;

beforeAll(() => {
  place = makeWorkplace();
  place.write('photo.png', makePng(8, 8));
});
afterAll(() => place.remove());

/** The first rows of a table, and the first again where there are too few. */
function resize({ shape, values }: Numbers, rows: number, from = 0): Numbers {
  const width = values.length / shape[0]!;
  const count = shape[0]! - from;
  const resized = Float32Array.from({ length: rows * width }, (_, at) => {
    return values[(from + (Math.floor(at / width) % count)) * width + (at % width)]!;
  });
  return { shape: [rows, ...shape.slice(1)], values: resized };
}

function stack(...parts: readonly Numbers[]): Numbers {
  const rows = parts.reduce((sum, { shape }) => sum + shape[0]!, 0);
  return {
    shape: [rows, ...parts[0]!.shape.slice(1)],
    values: Float32Array.from(parts.flatMap(({ values }) => [...values])),
  };
}

async function run(...words: readonly string[]): Promise<CapturedRun> {
  const result = await runCaptured(words);
  expect({ words, ...result }).toMatchObject({ exitCode: 0 });
  return result;
}

/** A `rudalle-…` checkpoint with as many codes as the golden Gumbel VQGAN. */
async function writeRudalle(version: 'v2' | 'v3'): Promise<string> {
  const all = await readNumbers(golden(`rudalle/${version}-4.pt`));
  const codes = 24;
  all.set('image_embeddings.weight', resize(all.get('image_embeddings.weight')!, codes));
  for (const part of ['weight', 'bias']) {
    const head = all.get(`to_logits.1.${part}`)!;
    all.set(`to_logits.1.${part}`, stack(resize(head, 26), resize(head, codes, 26)));
  }
  return place.write(`${version}.pt`, await writeStateDict(all, { hf_version: version, num_attention_heads: 2 }));
}

describe.each(['v3', 'v2'] as const)('ruDALL-E, %s', (version) => {
  const model = (): string => place.path(`model-${version}`);

  test('is converted from its three files', async () => {
    const files = [await writeRudalle(version), golden('vqgan/gumbel.ckpt'), place.write('bpe.model', YTTM)];
    await run('convert', ...files, '-o', model(), '--verify');
    const { parts, family, sampling } = await readModelManifest(model());
    expect(Object.keys(parts)).toEqual(['encoder', 'decoder', 'transformer', 'tokenizer']);
    expect({ family, sampling }).toEqual({ family: 'rudalle', sampling: { topK: 2048, topP: 0.995 } });
  });

  test('draws a text, and again from the picture', async () => {
    const output = place.path(`${version}.png`);
    await run('generate', 'Ад да', '-n', '4', '--seed', '3', '-m', model(), '-o', output);
    expect(decodePng(readFileSync(output))).toMatchObject({ width: 16, height: 16 });
    const { settings, licence } = JSON.parse(readPngText(readFileSync(output))['dalle-gl']!) as Record<string, object>;
    expect(settings).toMatchObject({ topK: 24, topP: 0.995, count: 4 });
    expect(licence).toBeUndefined();
    const again = place.path(`${version}-again.png`);
    await run('generate', '--repeat', output, '-m', model(), '-o', again);
    expect(decodePng(readFileSync(again))).toEqual(decodePng(readFileSync(output)));
  });

  test('keeps the borders of a picture', async () => {
    const tokens = place.path(`${version}-photo.npy`);
    await run('encode', place.path('photo.png'), '-m', model(), '--size', '8', '-o', tokens);
    const output = place.path(`${version}-completed.png`);
    const borders = ['--keep', '0,0,1,0.25', '--keep', '0,0,0.25,1'];
    await run(
      'complete',
      place.path('photo.png'),
      'ад',
      ...borders,
      '--seed',
      '1',
      '-n',
      '1',
      '-m',
      model(),
      '-o',
      output,
    );
    const read = (name: string): number[] => Array.from(readNpy(readFileSync(name), name).data, Number);
    const [before, after] = [read(tokens), read(place.path(`${version}-completed.tokens.npy`))];
    const kept = Array.from({ length: 16 }, (_, at) => at).filter((at) => at < 4 || at % 4 === 0);
    expect(kept.map((at) => after[at])).toEqual(kept.map((at) => before[at]));
    expect(after).not.toEqual(before);
  });
});

test('minDALL-E is converted from its four files, draws, and says whose weights they are', async () => {
  const codes = 16;
  const all = await readNumbers(golden('mindalle/stage2.pt'));
  for (const name of ['tok_emb_img.weight', 'head_img.weight']) all.set(name, resize(all.get(name)!, codes));
  const stage2 = await writeLightning(all, { stage2: dict([['hparams', dict([['n_heads', 2]])]]) });
  const files = [
    place.write('stage2_last.ckpt', stage2),
    golden('vqgan/two-levels.ckpt'),
    place.write('bpe-16k-vocab.json', VOCABULARY),
    place.write('bpe-16k-merges.txt', '#version: 0.2\na b</w>\n'),
  ];
  const { stderr } = await run('convert', ...files, '-o', place.path('mindalle'));
  expect(stderr).toContain('CC-BY-NC-SA-4.0');
  const output = place.path('mindalle.png');
  const drawn = await run('generate', 'ab, AB', '-n', '1', '--seed', '3', '-m', place.path('mindalle'), '-o', output);
  expect(drawn.stderr).toContain('Weights of minDALL-E, by Kakao Brain, for no commercial use.');
  expect(decodePng(readFileSync(output))).toMatchObject({ width: 8, height: 8 });
  const recipe = JSON.parse(readPngText(readFileSync(output))['dalle-gl']!) as Record<string, unknown>;
  expect(recipe).toMatchObject({ licence: 'CC-BY-NC-SA-4.0', settings: { topK: 16 } });
  expect(recipe['notice']).toContain('CC-BY-NC-SA 4.0');

  // As it is published: one archive of a folder, its config first.
  const members = [place.write('config.yaml', CONFIG), ...files].map((path) => ({
    name: `1.3B/${path.endsWith('.ckpt') ? '' : 'tokenizer/'}${basename(path)}`,
    data: readFileSync(path),
  }));
  const archive = place.write('1.3B.tar.gz', gzipSync(makeTar([{ name: '1.3B/', type: '5' }, ...members])));
  await run('convert', archive, '-o', place.path('unpacked'), '--verify');
  const [one, other] = await Promise.all(['mindalle', 'unpacked'].map((name) => readModelManifest(place.path(name))));
  const filesOf = ({ parts }: ModelManifest): unknown => Object.values(parts).map((part) => part.files);
  expect(filesOf(other!)).toEqual(filesOf(one!));
  expect(other).toMatchObject({ licence: 'CC-BY-NC-SA-4.0', parts: { transformer: { architecture: { heads: 2 } } } });
  expect(other!.parts.transformer!.source.name).toBe('1.3B.tar.gz: 1.3B/stage2_last.ckpt');
});
