/**
 * Files of every odd kind in every place where the command reads one: a coded error in a paragraph or a result, never
 * `E_BUG`, never a trace, and never a wait.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  convertToModelFolder,
  DalleError,
  decodePng,
  encodePng,
  exportCheckpoints,
  openModelFolder,
  openTokenizer,
} from '../node.ts';
import { readPngText } from '../images/png-text.ts';
import { captureStream, runCaptured } from '../test/helpers/captured-terminal.ts';
import { ODD_FILES, spoil } from '../test/helpers/odd-values.ts';
import { makeTinyDalle } from '../test/helpers/tiny-dalle.ts';
import { makePng, makeWorkplace, type Workplace } from '../test/helpers/workplace.ts';
import { sourceFromBytes } from '../weights-convert/byte-source.ts';
import { openShards } from '../weights-convert/safetensors/open-shards.ts';
import { readRecipe } from './recipe.ts';

let place: Workplace;
let model: string;
let drawn: string;
let photo: string;

beforeAll(async () => {
  place = makeWorkplace();
  model = await makeTinyDalle(place.path('model'));
  photo = place.write('photo.png', makePng(24, 32));
  drawn = place.path('drawn.png');
  expect((await runCaptured(['generate', 'red', '-n', '1', '-o', drawn, '-m', model])).exitCode).toBe(0);
});
afterAll(() => place.remove());

/** Runs a command that reads a bad file, and looks at how it ends. */
async function expectCoded(words: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await runCaptured(words);
  const last = stderr.trim().split('\n').at(-1)!;
  expect(stderr, words.join(' ')).not.toMatch(/E_BUG|\n {4}at /);
  expect([1, 2, 3, 4], words.join(' ')).toContain(exitCode);
  expect(last.length).toBeLessThan(3000);
}

async function expectCodedOr(place: string, work: Promise<unknown>): Promise<void> {
  const failure: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure === undefined) return;
  expect(failure, place).toBeInstanceOf(DalleError);
  expect((failure as DalleError).message.length, place).toBeLessThan(3000);
}

const commands: readonly (readonly [name: string, words: (file: string) => readonly string[]])[] = [
  ['decode', (file) => ['decode', file, '-o', place.path('x.png'), '-m', model]],
  ['encode', (file) => ['encode', file, '-o', place.path('x.npy'), '-m', model]],
  ['generate --repeat', (file) => ['generate', '--repeat', file, '-o', place.path('x.png'), '-m', model]],
  ['complete --mask', (file) => ['complete', photo, 'x', '--mask', file, '-o', place.path('x.png'), '-m', model]],
  ['convert', (file) => ['convert', file, '-o', place.path('converted')]],
  ['inspect', (file) => ['inspect', file]],
  ['plan', (file) => ['plan', file]],
];

describe.each(commands)('%s', (_, words) => {
  test.each(ODD_FILES)('%s', async (_name, bytes) => {
    const file = place.write('odd.bin', bytes);
    await expectCoded(words(file));
  });

  test('a pipe, a device, a folder, a file of the kernel, a link to itself, a name too long', async () => {
    const pipe = place.path('pipe');
    execFileSync('mkfifo', [pipe]);
    symlinkSync('/dev/zero', place.path('zero.png'));
    symlinkSync('circle', place.path('circle'));
    for (const path of [
      ...[pipe, place.path('zero.png'), '/dev/zero', '/proc/self/mem', place.folder],
      ...[place.path('circle'), place.path('x'.repeat(300)), join(photo, 'x')],
    ]) {
      await expectCoded(words(path));
    }
    rmSync(pipe);
    for (const name of ['zero.png', 'circle']) rmSync(place.path(name));
  });
});

describe('a model folder', () => {
  const copyModel = (): string => {
    rmSync(place.path('copy'), { recursive: true, force: true });
    cpSync(model, place.path('copy'), { recursive: true });
    return place.path('copy');
  };

  test('with any odd value in model.json', async () => {
    const folder = copyModel();
    const manifest: unknown = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'));
    for (const [where, text] of spoil(manifest)) {
      writeFileSync(join(folder, 'model.json'), text);
      const opening = openModelFolder(folder).then((opened) => opened.close());
      await expectCodedOr(where, opening);
    }
  });

  test.each(['model.json', 'encoder.safetensors', 'decoder.safetensors', 'transformer.safetensors', 'tokenizer.json'])(
    'with a pipe, a device, a folder or nothing for %s',
    async (name) => {
      const folder = copyModel();
      const path = join(folder, name);
      const places: readonly [string, () => void][] = [
        ['E_FILE_MISSING', () => {}],
        ['E_FILE_KIND', () => execFileSync('mkfifo', [path])],
        ['E_FILE_KIND', () => symlinkSync('/dev/zero', path)],
        ['E_FILE_KIND', () => symlinkSync('/proc/self/environ', path)],
        ['E_FILE_READ', () => mkdirSync(path)],
      ];
      for (const [code, make] of places) {
        rmSync(path, { recursive: true, force: true });
        make();
        const { exitCode, stderr } = await runCaptured(['generate', 'x', '-o', place.path('x.png'), '-m', folder]);
        expect({ exitCode, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(`(${code})`) });
      }
    },
  );

  test('whose tokenizer goes back for ever, or never ends', async () => {
    const tokenizer = {
      ...{ version: '1.0', normalizer: null, post_processor: null, decoder: null, added_tokens: [] },
      pre_tokenizer: { type: 'Split', pattern: { Regex: '^(a+)+$' }, behavior: 'Isolated', invert: false },
      model: { type: 'BPE', unk_token: '<unk>', vocab: { '<unk>': 0, a: 1, b: 2 }, merges: [] },
    };
    const folder = await makeTinyDalle(place.path('slow'), 1, JSON.stringify(tokenizer));
    const words = ['generate', `${'a'.repeat(40)}!`, '-o', place.path('x.png'), '-m', folder];
    const slow = await runCaptured(words);
    expect(slow).toMatchObject({ exitCode: 1 });
    expect(slow.stderr).toContain('(E_TOKENIZER_SLOW)');
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 1500);
    const stopped = await runCaptured(words, { signal: controller.signal });
    expect(stopped, stopped.stderr).toMatchObject({ exitCode: 130 });
  });

  test.each([[''], [null], [7], [{}]])('named %j', async (folder) => {
    await expect(openModelFolder(folder as string)).rejects.toMatchObject({ code: 'E_ARGUMENT' });
  });
});

test('what is no path, in every function that takes one', async () => {
  const usage = { name: 'UsageError', code: 'E_ARGUMENT' };
  for (const odd of ['', null, undefined, 7, {}] as unknown[] as string[]) {
    await expect(convertToModelFolder({ sources: [odd], out: place.path('o') }), String(odd)).rejects.toMatchObject(
      // What is neither text nor a URL is no address either.
      odd === '' ? usage : { code: 'E_DOWNLOAD_ADDRESS' },
    );
    await expect(convertToModelFolder({ sources: [photo], out: odd })).rejects.toMatchObject(usage);
    await expect(convertToModelFolder({ sources: odd as never, out: 'o' })).rejects.toMatchObject(usage);
    await expect(convertToModelFolder(odd as never)).rejects.toMatchObject(usage);
    await expect(exportCheckpoints({ folder: odd, out: place.path('o') })).rejects.toMatchObject(usage);
    await expect(exportCheckpoints(odd as never)).rejects.toMatchObject(usage);
  }
  const signal = AbortSignal.abort();
  const aborted = { code: 'E_ABORTED' };
  await expect(convertToModelFolder({ sources: ['none'], out: place.path('o'), signal })).rejects.toMatchObject(
    aborted,
  );
  await expect(exportCheckpoints({ folder: 'none', out: place.path('o'), signal })).rejects.toMatchObject(aborted);
});

test('any odd value in tokenizer.json', async () => {
  const text = readFileSync(join(model, 'tokenizer.json'), 'utf8');
  const startWorker = (): never => {
    throw new Error('one of another form');
  };
  for (const [where, spoilt] of spoil(JSON.parse(text))) {
    const opening = openTokenizer(spoilt, { startWorker }).then(async (tokenizer) => tokenizer.encode('a red heart'));
    await expectCodedOr(where, opening);
  }
  for (const [name, bytes] of ODD_FILES) await expectCodedOr(name, openTokenizer(bytes, { startWorker }));
});

test('any odd value in the index of shards', async () => {
  const index = { metadata: { total_size: 4 }, weight_map: { a: 'model-1.safetensors', b: 'model-2.safetensors' } };
  const noFile = (): never => {
    throw new DalleError('E_FILE_MISSING', 'none');
  };
  for (const [where, text] of spoil(index)) {
    await expectCodedOr(where, openShards(sourceFromBytes(Buffer.from(text), 'index'), noFile));
  }
});

test('any odd value in the recipe of a picture', async () => {
  const png = readFileSync(drawn);
  const picture = decodePng(png);
  const text = readPngText(png);
  const { stream } = captureStream();
  const terminal = {
    stdin: process.stdin,
    stdout: stream,
    stderr: stream,
    env: {},
    signal: new AbortController().signal,
  };
  for (const [where, recipe] of spoil(JSON.parse(text['dalle-gl']!))) {
    const file = place.write('recipe.png', encodePng(picture, { ...text, 'dalle-gl': recipe }));
    await expectCodedOr(where, readRecipe(file, terminal));
  }
});
