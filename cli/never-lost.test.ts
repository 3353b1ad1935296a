/**
 * Files that a person has stay as they are: whatever a command reads is never what it writes, under whatever name, and
 * drawings replace only drawings.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { openSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { packageRoot } from '../base/node/package-files.ts';
import { encodePng, decodePng } from '../node.ts';
import { readPngText } from '../images/png-text.ts';
import { writeNpy } from '../weights-convert/numpy/npy.ts';
import { runCaptured, type CapturedRun } from '../test/helpers/captured-terminal.ts';
import { makeTinyDalle } from '../test/helpers/tiny-dalle.ts';
import { makePng, makeWorkplace, type Workplace } from '../test/helpers/workplace.ts';

let models: Workplace;
let model: string;
let drawing: Buffer;
let place: Workplace;

beforeAll(async () => {
  models = makeWorkplace();
  model = await makeTinyDalle(models.path('model'));
  const words = ['generate', 'red heart', '-n', '1', '--seed', '7', '-o', models.path('d.png'), '-m', model, '--quiet'];
  expect((await runCaptured(words)).exitCode).toBe(0);
  drawing = readFileSync(models.path('d.png'));
});
afterAll(() => models.remove());
beforeEach(() => {
  place = makeWorkplace();
  place.write('photo.png', makePng(64, 64));
});
afterEach(() => place.remove());

const p = (name: string): string => place.path(name);
const draw = (...words: string[]): Promise<CapturedRun> =>
  runCaptured([
    ...['generate', 'red heart', ...(words.includes('-n') ? [] : ['-n', '1'])],
    ...(words.includes('--seed') ? [] : ['--seed', '7']),
    ...[...words, '-m', model, '--quiet'],
  ]);

/** All files with their SHA-256; what is in a folder too. */
function hashAll(of: Workplace): string[] {
  return of.list().map((name) => {
    const isFile = statSync(of.path(name)).isFile();
    return `${name} ${
      isFile
        ? createHash('sha256')
            .update(readFileSync(of.path(name)))
            .digest('hex')
        : ''
    }`;
  });
}

/** Expects a command to be refused with a code, and every file to be as it was. */
async function expectRefused(code: string, words: readonly string[]): Promise<void> {
  const before = [hashAll(place), hashAll(models)];
  const { exitCode, stderr } = await runCaptured([...words, ...(words.includes('-m') ? [] : ['-m', model])]);
  expect({ stderr, exitCode }).toMatchObject({ stderr: expect.stringContaining(`(${code})`) });
  expect(exitCode).toBe(code === 'E_OUTPUT_CLASH' ? 2 : 1);
  expect([hashAll(place), hashAll(models)]).toEqual(before);
}

describe.each([
  ['through a symbolic link', (file: string, name: string) => symlinkSync(file, p(name))],
  ['as a second name of one file', (file: string, name: string) => linkSync(file, p(name))],
])('a result that is a file which is read, %s', (_, put) => {
  test('the picture of reconstruct, among several too', async () => {
    put(p('photo.png'), 'out.png');
    await expectRefused('E_OUTPUT_CLASH', ['reconstruct', p('photo.png'), '-o', p('out.png'), '--size', '64']);
    place.write('other.png', makePng(64, 64));
    mkdirSync(p('folder'));
    put(p('photo.png'), 'folder/other.png');
    const words = ['reconstruct', p('other.png'), p('photo.png'), '-o', p('folder'), '--size', '64'];
    await expectRefused('E_OUTPUT_CLASH', words);
  });

  test('the default name of reconstruct', async () => {
    put(p('photo.png'), 'x.reconstruction.png');
    copyFileSync(p('photo.png'), p('x.png'));
    await expectRefused('E_OUTPUT_CLASH', ['reconstruct', p('x.png'), p('photo.png'), '--size', '64']);
  });

  test('the mask and the picture of complete', async () => {
    place.write('mask.png', makePng(64, 64));
    put(p('mask.png'), 'm.png');
    put(p('photo.png'), 'p.png');
    const words = ['complete', p('photo.png'), 'red heart', '--mask', p('mask.png'), '-n', '1', '-o'];
    await expectRefused('E_OUTPUT_CLASH', [...words, p('m.png')]);
    await expectRefused('E_OUTPUT_CLASH', [...words, p('p.png')]);
    await expectRefused('E_OUTPUT_CLASH', [...words, p('mask.png')]);
  });

  test('the picture that is repeated, also where the tokens go', async () => {
    place.write('again.png', drawing);
    put(p('again.png'), 'r.png');
    put(p('again.png'), 's.tokens.npy');
    await expectRefused('E_OUTPUT_CLASH', ['generate', '--repeat', p('again.png'), '-o', p('r.png')]);
    await expectRefused('E_OUTPUT_CLASH', ['generate', '--repeat', p('again.png'), '-o', p('s.png')]);
  });

  test('the tokens of decode and the pictures of encode', async () => {
    place.write('t.json', '[[1, 2], [3, 4]]');
    put(p('t.json'), 't.png');
    await expectRefused('E_OUTPUT_CLASH', ['decode', p('t.json'), '-o', p('t.png')]);
    put(p('photo.png'), 'e.npy');
    await expectRefused('E_OUTPUT_CLASH', ['encode', p('photo.png'), '-o', p('e.npy'), '--size', '64']);
  });

  test('files of the model', async () => {
    const weights = `${model}/decoder.safetensors`;
    put(weights, 'w.png');
    put(weights, 'w.npy');
    put(`${model}/model.json`, 'v.tokens.npy');
    await expectRefused('E_OUTPUT_CLASH', ['reconstruct', p('photo.png'), '-o', p('w.png'), '--size', '64']);
    await expectRefused('E_OUTPUT_CLASH', ['encode', p('photo.png'), '-o', p('w.npy'), '--size', '64']);
    await expectRefused('E_OUTPUT_CLASH', ['generate', 'red heart', '-o', p('w.png')]);
    await expectRefused('E_OUTPUT_CLASH', ['generate', 'red heart', '-o', p('v.png')]);
    const overTokenizer = ['encode', p('photo.png'), '-o', `${model}/tokenizer.json`, '--size', '64'];
    await expectRefused('E_OUTPUT_CLASH', overTokenizer);
    await expectRefused('E_OUTPUT_CLASH', [...overTokenizer, '-m', `${model}/model.json`]);
    await expectRefused('E_OUTPUT_CLASH', ['generate', 'red heart', '-o', p('w.png'), '-m', `${model}/model.json`]);
  });

  test('two results that are one file', async () => {
    place.write('other.png', makePng(64, 64));
    mkdirSync(p('folder'));
    place.write('folder/photo.png', 'mine');
    put(p('folder/photo.png'), 'folder/other.png');
    const words = ['reconstruct', p('photo.png'), p('other.png'), '-o', p('folder'), '--size', '64'];
    await expectRefused('E_OUTPUT_CLASH', words);
  });

  test('the weights of export', async () => {
    mkdirSync(p('out'));
    put(`${model}/encoder.safetensors`, 'out/encoder.pt');
    const before = [hashAll(place), hashAll(models)];
    const { exitCode, stderr } = await runCaptured(['export', model, '-o', p('out'), '--force']);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('E_OUTPUT_CLASH') });
    expect([hashAll(place), hashAll(models)]).toEqual(before);
  });
});

describe('export', () => {
  test('replaces with --force only, all or none', async () => {
    mkdirSync(p('out'));
    place.write('out/decoder.pt', 'mine');
    const words = ['export', model, '-o', p('out'), '--quiet'];
    const refused = await runCaptured(words);
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('(E_OUTPUT_EXISTS)') });
    expect(readdirSync(p('out'))).toEqual(['decoder.pt']);
    mkdirSync(p('out/transformer.pt'));
    expect((await runCaptured([...words, '--force'])).stderr).toContain('(E_OUTPUT_EXISTS)');
    expect(readFileSync(p('out/decoder.pt'), 'utf8')).toBe('mine');
    rmSync(p('out/transformer.pt'), { recursive: true });
    expect((await runCaptured([...words, '--force'])).exitCode).toBe(0);
    expect(readdirSync(p('out')).sort()).toEqual(['decoder.pt', 'encoder.pt', 'transformer.pt']);
    expect(statSync(p('out/decoder.pt')).size).toBeGreaterThan(1000);
  });

  test('into the folder of the model is refused', async () => {
    symlinkSync(model, p('same'));
    for (const out of [model, p('same')]) {
      expect(await runCaptured(['export', model, '-o', out])).toMatchObject({ exitCode: 2 });
    }
    expect(readdirSync(model)).not.toContain('encoder.pt');
  });
});

describe('a folder of results', () => {
  test('results replace results; a photograph or another array of the same name stays', async () => {
    mkdirSync(p('f'));
    const reconstruct = ['reconstruct', p('photo.png'), '-o', p('f'), '--size', '64', '-m', model, '--quiet'];
    const encode = ['encode', ...reconstruct.slice(1)];
    for (const words of [reconstruct, encode, reconstruct, encode]) {
      expect(await runCaptured(words)).toMatchObject({ exitCode: 0, stderr: '' });
    }
    expect(readdirSync(p('f'))).toEqual(['photo.npy', 'photo.png']);
    place.write('f/photo.png', makePng(8, 8));
    place.write('f/photo.npy', writeNpy({ dtype: 'float32', shape: [2, 2], data: new Float32Array(4) }));
    await expectRefused('E_OUTPUT_EXISTS', reconstruct);
    await expectRefused('E_OUTPUT_EXISTS', encode);
  });
});

test('beside a picture, a file that is no result of ours stays', async () => {
  const reconstruct = ['reconstruct', p('photo.png'), '--size', '64', '-m', model, '--quiet'];
  place.write('photo.reconstruction.png', makePng(8, 8));
  await expectRefused('E_OUTPUT_EXISTS', reconstruct);
  rmSync(p('photo.reconstruction.png'));
  for (let i = 0; i < 2; i++) expect(await runCaptured(reconstruct)).toMatchObject({ exitCode: 0, stderr: '' });
});

test('standard output may be the picture that is read', () => {
  const stdout = openSync(p('photo.png'), 'a');
  const words = ['encode', p('photo.png'), '-o', '-', '--size', '64', '-m', model];
  const main = join(packageRoot, 'dist/cli/main.js');
  const before = hashAll(place);
  const { status, stderr } = spawnSync(process.execPath, [main, ...words], { stdio: ['ignore', stdout, 'pipe'] });
  closeSync(stdout);
  expect({ status, stderr: String(stderr) }).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('(E_OUTPUT_CLASH)'),
  });
  expect(hashAll(place)).toEqual(before);
});

describe('a drawing', () => {
  test.each([
    ['a photograph', () => place.write('h.png', makePng(8, 8))],
    ['words', () => place.write('h.png', 'mine')],
    ['nothing', () => place.write('h.png', '')],
    ['a drawing that was cut short', () => place.write('h.png', drawing.subarray(0, -20))],
    ['a drawing that was edited', () => place.write('h.png', encodePng(decodePng(drawing)))],
    [
      'a picture of another command',
      () => place.write('h.png', encodePng(decodePng(drawing), { 'dalle-gl': '{"device":"x"}' })),
    ],
    ['a recipe that is no JSON', () => place.write('h.png', encodePng(decodePng(drawing), { 'dalle-gl': '{' }))],
    ['tokens without a picture', () => place.write('h.tokens.npy', 'mine')],
    [
      'tokens beside a picture of another',
      () => {
        place.write('h.png', makePng(8, 8));
        place.write('h.tokens.npy', 'mine');
      },
    ],
    [
      'the same through a link',
      () => {
        place.write('mine.png', makePng(8, 8));
        symlinkSync('mine.png', p('h.png'));
      },
    ],
  ])('does not replace %s', async (_, put) => {
    put();
    const words = ['red heart', '-n', '1', '-o', p('h.png')];
    await expectRefused('E_OUTPUT_EXISTS', ['generate', ...words]);
    await expectRefused('E_OUTPUT_EXISTS', ['complete', p('photo.png'), '--redraw', '0,0,1,0.5', ...words]);
  });

  test('does not replace what stands where its tokens were', async () => {
    expect((await draw('-o', p('h.png'))).exitCode).toBe(0);
    for (const bytes of ['mine', '', writeNpy({ dtype: 'int32', shape: [2, 2], data: new Int32Array(4) })]) {
      place.write('h.tokens.npy', bytes);
      await expectRefused('E_OUTPUT_EXISTS', ['generate', 'red heart', '-n', '1', '-o', p('h.png')]);
    }
  });

  test('does not replace pictures in a folder, nor a folder', async () => {
    mkdirSync(p('f'));
    place.write('f/001.png', makePng(8, 8));
    await expectRefused('E_OUTPUT_EXISTS', ['generate', 'red heart', '-n', '2', '-o', p('f')]);
    place.write('f/tokens.npy', 'mine');
    await expectRefused('E_OUTPUT_EXISTS', ['generate', 'red heart', '-n', '1', '-o', p('f')]);
    mkdirSync(p('h.tokens.npy'));
    await expectRefused('E_FILE_IS_DIRECTORY', ['generate', 'red heart', '-n', '1', '-o', p('h.png')]);
    await expectRefused('E_FILE_NAME', ['generate', 'red heart', '-n', '1', '-o', p(`${'x'.repeat(251)}.png`)]);
  });

  test('replaces a drawing and its tokens, through a link too, and repairs half a pair', async () => {
    for (const words of [
      ['--seed', '1'],
      ['--seed', '2'],
    ])
      expect((await draw('-o', p('h.png'), ...words)).exitCode).toBe(0);
    const wanted = hashAll(place);
    for (const name of ['h.png', 'h.tokens.npy']) {
      rmSync(p(name));
      if (name === 'h.png') rmSync(p('h.tokens.npy'), { force: true });
      expect((await draw('-o', p('h.png'), '--seed', '2')).exitCode).toBe(0);
      expect(hashAll(place)).toEqual(wanted);
    }
    symlinkSync('h.png', p('l.png'));
    expect((await draw('-o', p('l.png'), '--seed', '1')).exitCode).toBe(0);
    expect(JSON.parse(readPngText(readFileSync(p('h.png')))['dalle-gl']!).settings.seed).toBe(1);
    mkdirSync(p('f'));
    for (const seed of ['1', '2']) expect((await draw('-n', '2', '-o', p('f'), '--seed', seed)).exitCode).toBe(0);
    expect(readdirSync(p('f'))).toEqual(['000.png', '001.png', 'tokens.npy']);
  });

  test('does not replace what was put there while it was drawn', async () => {
    const controller = new AbortController();
    const words = ['generate', 'red heart', '-n', '1', '--seed', '7', '-o', p('h.png'), '-m', model];
    const running = runCaptured(words, { signal: controller.signal });
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(existsSync(p('h.png'))).toBe(false);
    writeFileSync(p('h.png'), 'mine');
    expect(await running).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('(E_OUTPUT_EXISTS)') });
    expect(readFileSync(p('h.png'), 'utf8')).toBe('mine');
    expect(place.list()).toEqual(['h.png', 'photo.png']);
  });
});
