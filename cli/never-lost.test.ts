/**
 * Files that a person has stay as they are: whatever a command reads is never what it writes, under whatever name. What
 * drawings replace is in drawings-kept.test.ts.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, copyFileSync, linkSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { packageRoot } from '../base/node/package-files.ts';
import { writeNpy } from '../weights-convert/numpy/npy.ts';
import { runCaptured } from '../test/helpers/captured-terminal.ts';
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
