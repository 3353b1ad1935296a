/**
 * The road of min-dalle's files on the command line: converted together under any names, drawn, repeated, and what
 * needs an encoder of pictures refused. Weights by a rule (weights-convert/corpus/make_min_dalle.py) draw noise; a
 * small dVAE of as many codes stands for the detokeniser.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../base/node/package-files.ts';
import { runCaptured, type CapturedRun } from '../test/helpers/captured-terminal.ts';
import { smallDecoder, TorchCheckpoint } from '../test/helpers/torch-checkpoint.ts';
import { makePng, makeWorkplace, type Workplace } from '../test/helpers/workplace.ts';
import { orderedDict } from '../weights-convert/pickle/build-records.ts';
import { readNpy } from '../weights-convert/numpy/npy.ts';
import { decodePng } from '../node.ts';

const corpus = (name: string): string => join(packageRoot, 'weights-convert/corpus/min-dalle', name);

/** Marks and letters; no two are ever merged. */
const VOCABULARY = ['<s>', '<pad>', '</s>', '<unk>', 'Ġ', ...'abcdefghijklmnopqrstuvwx'];

let place: Workplace;
let files: string[];
let model: string;

beforeAll(async () => {
  place = makeWorkplace();
  const coder = new TorchCheckpoint();
  const detokeniser = await coder.save(orderedDict(coder.entries({ ...smallDecoder, vocab_size: 24 })));
  files = [
    corpus('decoder.pt'),
    place.write('merges.txt', '#version: 0.2\n'),
    place.write('detoker.pt', detokeniser),
    corpus('encoder.pt'),
    place.write('vocab.json', JSON.stringify(Object.fromEntries(VOCABULARY.map((token, id) => [token, id])))),
  ];
  model = place.path('mini');
  expect(await runCaptured(['convert', ...files, '-o', model])).toMatchObject({ exitCode: 0 });
});
afterAll(() => place.remove());

function run(...words: string[]): Promise<CapturedRun> {
  return runCaptured([...words, '-m', model, '--device', 'cpu']);
}

function readTokens(name: string): number[] {
  return Array.from(readNpy(readFileSync(place.path(name)), name).data, Number);
}

describe('convert', () => {
  test('makes a whole model of five files, which says whose it is and how it is drawn', () => {
    const manifest = JSON.parse(readFileSync(join(model, 'model.json'), 'utf8')) as Record<string, unknown>;
    expect(manifest).toMatchObject({
      family: 'min-dalle',
      licence: 'MIT',
      sampling: { temperature: 1, topK: 256, guidance: 16 },
      parts: {
        text_encoder: { architecture: { kind: 'bart-encoder', text_length: 8 }, dtype: 'f16' },
        transformer: { architecture: { kind: 'bart-decoder', start_token: 23 }, dtype: 'f16' },
        decoder: { architecture: { kind: 'dvae-decoder' } },
      },
    });
    expect(Object.keys(manifest['parts'] as object).sort()).toEqual([
      'decoder',
      'text_encoder',
      'tokenizer',
      'transformer',
    ]);
  });

  test('says what is missing where a whole model cannot draw, and nothing of OpenAI', async () => {
    const named = files.filter((name) => !/detoker|vocab|merges/.test(name));
    const { stderr } = await runCaptured(['convert', ...named, '-o', place.path('dry'), '--dry-run']);
    expect(stderr).toContain('to draw pictures for texts it wants a decoder of pictures and a tokenizer too');
    expect(stderr).not.toContain('OpenAI');
    const whole = await runCaptured(['convert', ...files, '-o', place.path('dry'), '--dry-run']);
    expect(whole.stderr).not.toContain('it wants');
  });

  test('two encoders are one too many', async () => {
    const copy = place.write('copy.pt', readFileSync(corpus('encoder.pt')));
    const failed = await runCaptured(['convert', corpus('encoder.pt'), copy, '-o', place.path('none')]);
    expect(failed.exitCode).toBe(2);
    expect(failed.stderr).toMatch(/encoder.pt and copy.pt are both text_encoders/);
  });
});

describe('generate', () => {
  test('draws with what the model says, and repeats itself', async () => {
    const drawn = await run('generate', 'a bee', '-n', '4', '--seed', '3', '-o', place.path('bees.png'), '--json');
    expect(drawn).toMatchObject({ exitCode: 0 });
    expect(drawn.stdout.toString()).toMatch(/"guidance": ?16/);
    expect(decodePng(readFileSync(place.path('bees.png')))).toMatchObject({ width: 48, height: 48 });
    const again = place.path('again.png');
    expect(await run('generate', '--repeat', place.path('bees.png'), '-o', again)).toMatchObject({ exitCode: 0 });
    expect(readTokens('again.tokens.npy')).toEqual(readTokens('bees.tokens.npy'));
    expect(readTokens('bees.tokens.npy').every((token) => token >= 0 && token < 24)).toBe(true);
  });

  test('a text that is too long is refused, or cut', async () => {
    const long = ['generate', 'a long text', '-n', '1', '--seed', '1', '-o', place.path('long.png')];
    const refused = await run(...long);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toMatch(/the text has 12 tokens and this model reads 6/);
    expect(await run(...long, '--truncate')).toMatchObject({ exitCode: 0 });
  });

  test('without its text encoder it says which part is missing', async () => {
    const half = place.path('half');
    const others = files.filter((name) => !name.endsWith('encoder.pt'));
    expect(await runCaptured(['convert', ...others, '-o', half])).toMatchObject({ exitCode: 0 });
    const failed = await runCaptured(['generate', 'a', '-m', half, '--device', 'cpu']);
    expect(failed.stderr).toMatch(/the model has no text encoder/);
    expect(failed.exitCode).toBe(1);
  });
});

test.each(['complete', 'score'])('%s needs an encoder of pictures, and says so', async (command) => {
  writeFileSync(place.path('photo.png'), makePng(24, 24));
  const words =
    command === 'complete'
      ? ['complete', place.path('photo.png'), 'a bee', '--keep', '0,0,1,0.5', '-o', place.path('c.png')]
      : ['score', 'a bee', place.path('photo.png')];
  const failed = await run(...words);
  expect(failed.stderr).toMatch(/encoder/);
  expect(failed.exitCode).not.toBe(0);
});
