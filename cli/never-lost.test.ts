/**
 * Files that a person has stay as they are: whatever a command reads is never what it writes, under whatever name. What
 * drawings replace is in drawings-kept.test.ts.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, copyFileSync, linkSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../base/node/package-files.ts';
import { writeNpy } from '../weights-convert/numpy/npy.ts';
import { runCaptured } from '../test/helpers/captured-terminal.ts';
import { keepFiles } from '../test/helpers/kept-files.ts';
import { makePng } from '../test/helpers/workplace.ts';

const kept = keepFiles();
const expectRefused: typeof kept.expectRefused = (...given) => kept.expectRefused(...given);
const p = (name: string): string => kept.place.path(name);

describe.each([
  ['through a symbolic link', (file: string, name: string) => symlinkSync(file, p(name))],
  ['as a second name of one file', (file: string, name: string) => linkSync(file, p(name))],
])('a result that is a file which is read, %s', (_, put) => {
  test('the picture of reconstruct, among several too', async () => {
    put(p('photo.png'), 'out.png');
    await expectRefused('E_OUTPUT_CLASH', ['reconstruct', p('photo.png'), '-o', p('out.png'), '--size', '64']);
    kept.place.write('other.png', makePng(64, 64));
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
    kept.place.write('mask.png', makePng(64, 64));
    put(p('mask.png'), 'm.png');
    put(p('photo.png'), 'p.png');
    const words = ['complete', p('photo.png'), 'red heart', '--mask', p('mask.png'), '-n', '1', '-o'];
    await expectRefused('E_OUTPUT_CLASH', [...words, p('m.png')]);
    await expectRefused('E_OUTPUT_CLASH', [...words, p('p.png')]);
    await expectRefused('E_OUTPUT_CLASH', [...words, p('mask.png')]);
  });

  test('the picture that is repeated, also where the tokens go', async () => {
    kept.place.write('again.png', kept.drawing);
    put(p('again.png'), 'r.png');
    put(p('again.png'), 's.tokens.npy');
    await expectRefused('E_OUTPUT_CLASH', ['generate', '--repeat', p('again.png'), '-o', p('r.png')]);
    await expectRefused('E_OUTPUT_CLASH', ['generate', '--repeat', p('again.png'), '-o', p('s.png')]);
  });

  test('the tokens of decode and the pictures of encode', async () => {
    kept.place.write('t.json', '[[1, 2], [3, 4]]');
    put(p('t.json'), 't.png');
    await expectRefused('E_OUTPUT_CLASH', ['decode', p('t.json'), '-o', p('t.png')]);
    put(p('photo.png'), 'e.npy');
    await expectRefused('E_OUTPUT_CLASH', ['encode', p('photo.png'), '-o', p('e.npy'), '--size', '64']);
  });

  test('files of the model', async () => {
    const weights = `${kept.model}/decoder.safetensors`;
    put(weights, 'w.png');
    put(weights, 'w.npy');
    put(`${kept.model}/model.json`, 'v.tokens.npy');
    await expectRefused('E_OUTPUT_CLASH', ['reconstruct', p('photo.png'), '-o', p('w.png'), '--size', '64']);
    await expectRefused('E_OUTPUT_CLASH', ['encode', p('photo.png'), '-o', p('w.npy'), '--size', '64']);
    await expectRefused('E_OUTPUT_CLASH', ['generate', 'red heart', '-o', p('w.png')]);
    await expectRefused('E_OUTPUT_CLASH', ['generate', 'red heart', '-o', p('v.png')]);
    const overTokenizer = ['encode', p('photo.png'), '-o', `${kept.model}/tokenizer.json`, '--size', '64'];
    await expectRefused('E_OUTPUT_CLASH', overTokenizer);
    await expectRefused('E_OUTPUT_CLASH', [...overTokenizer, '-m', `${kept.model}/model.json`]);
    await expectRefused('E_OUTPUT_CLASH', [
      'generate',
      'red heart',
      '-o',
      p('w.png'),
      '-m',
      `${kept.model}/model.json`,
    ]);
  });

  test('two results that are one file', async () => {
    kept.place.write('other.png', makePng(64, 64));
    mkdirSync(p('folder'));
    kept.place.write('folder/photo.png', 'mine');
    put(p('folder/photo.png'), 'folder/other.png');
    const words = ['reconstruct', p('photo.png'), p('other.png'), '-o', p('folder'), '--size', '64'];
    await expectRefused('E_OUTPUT_CLASH', words);
  });

  test('the weights of export', async () => {
    mkdirSync(p('out'));
    put(`${kept.model}/encoder.safetensors`, 'out/encoder.pt');
    const before = kept.hashAll();
    const { exitCode, stderr } = await runCaptured(['export', kept.model, '-o', p('out'), '--force']);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('E_OUTPUT_CLASH') });
    expect(kept.hashAll()).toEqual(before);
  });
});

describe('export', () => {
  test('replaces with --force only, all or none', async () => {
    mkdirSync(p('out'));
    kept.place.write('out/decoder.pt', 'mine');
    const words = ['export', kept.model, '-o', p('out'), '--quiet'];
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
    symlinkSync(kept.model, p('same'));
    for (const out of [kept.model, p('same')]) {
      expect(await runCaptured(['export', kept.model, '-o', out])).toMatchObject({ exitCode: 2 });
    }
    expect(readdirSync(kept.model)).not.toContain('encoder.pt');
  });
});

describe('a folder of results', () => {
  test('results replace results; a photograph or another array of the same name stays', async () => {
    mkdirSync(p('f'));
    const reconstruct = ['reconstruct', p('photo.png'), '-o', p('f'), '--size', '64', '-m', kept.model, '--quiet'];
    const encode = ['encode', ...reconstruct.slice(1)];
    for (const words of [reconstruct, encode, reconstruct, encode]) {
      expect(await runCaptured(words)).toMatchObject({ exitCode: 0, stderr: '' });
    }
    expect(readdirSync(p('f'))).toEqual(['photo.npy', 'photo.png']);
    kept.place.write('f/photo.png', makePng(8, 8));
    kept.place.write('f/photo.npy', writeNpy({ dtype: 'float32', shape: [2, 2], data: new Float32Array(4) }));
    await expectRefused('E_OUTPUT_EXISTS', reconstruct);
    await expectRefused('E_OUTPUT_EXISTS', encode);
  });
});

test('beside a picture, a file that is no result of ours stays', async () => {
  const reconstruct = ['reconstruct', p('photo.png'), '--size', '64', '-m', kept.model, '--quiet'];
  kept.place.write('photo.reconstruction.png', makePng(8, 8));
  await expectRefused('E_OUTPUT_EXISTS', reconstruct);
  rmSync(p('photo.reconstruction.png'));
  for (let i = 0; i < 2; i++) expect(await runCaptured(reconstruct)).toMatchObject({ exitCode: 0, stderr: '' });
});

test('standard output may be the picture that is read', () => {
  const stdout = openSync(p('photo.png'), 'a');
  const words = ['encode', p('photo.png'), '-o', '-', '--size', '64', '-m', kept.model];
  const main = join(packageRoot, 'dist/cli/main.js');
  const before = kept.hashAll();
  const { status, stderr } = spawnSync(process.execPath, [main, ...words], { stdio: ['ignore', stdout, 'pipe'] });
  closeSync(stdout);
  expect({ status, stderr: String(stderr) }).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('(E_OUTPUT_CLASH)'),
  });
  expect(kept.hashAll()).toEqual(before);
});
