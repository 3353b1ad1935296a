/**
 * What commands read: paths, file:// addresses and addresses, all told apart in one way; and models whose bytes
 * changed.
 */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPngText } from '../images/png-text.ts';
import { runCaptured, type CapturedRun } from '../test/helpers/captured-terminal.ts';
import { serveFolder, startFileServer } from '../test/helpers/file-server.ts';
import { makeTinyDalle } from '../test/helpers/tiny-dalle.ts';
import { makePng, makeWorkplace, smallCheckpoints, type Workplace } from '../test/helpers/workplace.ts';

let place: Workplace;
let model: string;
let photo: string;
const url = (path: string): string => pathToFileURL(path).href;

beforeAll(async () => {
  place = makeWorkplace();
  model = await makeTinyDalle(place.path('the model'));
  photo = place.write('photo #1.png', makePng(24, 32));
});
afterAll(() => place.remove());

async function runWell(...words: string[]): Promise<CapturedRun> {
  const run = await runCaptured(words);
  expect(run).toMatchObject({ exitCode: 0 });
  return run;
}

test('file:// is taken wherever a command reads', async () => {
  const m = ['-m', url(model)];
  await runWell('encode', url(photo), '--size', 'keep', '-o', url(place.path('tokens.npy')), ...m);
  await runWell('decode', url(place.path('tokens.npy')), '-o', url(place.path('decoded.png')), ...m);
  await runWell('reconstruct', url(photo), '--size', 'keep', ...m);
  await runWell('generate', 'red heart', '-n', '1', '--seed', '7', '-o', url(place.path('drawn.png')), ...m);
  await runWell('generate', '--repeat', url(place.path('drawn.png')), ...m);
  await runWell('complete', url(photo), 'red', '--mask', url(photo), '-n', '1', '-o', url(place.path('all.png')), ...m);
  await runWell('score', 'red heart', url(photo), ...m);
  await runWell('convert', url(smallCheckpoints().encoder), '-o', url(place.path('converted')));
  await runWell('inspect', url(smallCheckpoints().encoder));
  await runWell('inspect', url(model));
  await runWell('export', url(model), '-o', url(place.path('exported')));
  await runWell('plan', url(model), '--device', 'reference');
  const made = ['decoded.png', 'drawn.repeated.png', 'photo #1.reconstruction.png', 'all.png', 'exported/encoder.pt'];
  for (const name of [...made, 'converted/model.json']) expect(place.list()).toContain(name);
  expect(place.list().filter((name) => name.includes('file:'))).toEqual([]);
});

test('a text is a text, whatever it looks like', async () => {
  const { stderr } = await runWell('generate', 'ftp://red heart', '-n', '1', '-o', place.path('text.png'), '-m', model);
  expect(stderr).toContain('"ftp://red heart" →');
});

test.each([
  ['another host', 'file://host/photo.png'],
  ['NUL', 'file:///tmp/a%00.png'],
  ['another scheme', 'ftp://example.org/photo.png'],
  ['a password', 'https://me:secret@example.org/photo.png'],
])('%s in an address is the fault of the words, wherever it stands', async (_, address) => {
  for (const words of [
    ['reconstruct', address],
    ['reconstruct', photo, address],
    ['reconstruct', photo, '-m', address],
    ['encode', address, '-o', 'x.npy'],
    ['decode', address, '-o', 'x.png'],
    ['decode', place.path('tokens.npy'), '-o', address],
    ['generate', 'red', '-m', address],
    ['generate', '--repeat', address],
    ['complete', address, 'red', '--keep', '0,0,1,0.5'],
    ['complete', photo, 'red', '--mask', address],
    ['score', 'red', address],
    ['convert', address, '-o', place.path('x')],
    ['inspect', address],
    ['export', address, '-o', place.path('x')],
    ['plan', address],
  ]) {
    const { exitCode, stderr } = await runCaptured(words);
    expect([words, exitCode]).toEqual([words, 2]);
    expect(stderr).toContain('E_DOWNLOAD_ADDRESS');
    expect(stderr).not.toContain('secret');
  }
  expect(place.list()).not.toContain('photo #1 2.reconstruction.png');
});

test('-o is no address', async () => {
  const { exitCode, stderr } = await runCaptured(['reconstruct', photo, '-o', 'https://example.org/x.png']);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('E_FLAG_VALUE');
});

test('-m takes an address; what may be a secret in it is not told on', async () => {
  const server = await startFileServer();
  const asked: string[] = [];
  server.answer = serveFolder(model, (name) => void asked.push(name));
  const out = place.path('from-address.png');
  const address = `${server.origin}/model?token=secret`;
  const words = ['generate', 'red heart', '-n', '1', '--seed', '7', '-m', address, '-o', out, '--json'];
  const { stdout, stderr } = await runWell(...words);
  expect(asked).toContain('model.json?token=secret');
  expect(readPngText(readFileSync(out))['dalle-gl']).toContain(`${server.origin}/model`);
  for (const told of [stdout.toString(), stderr, readFileSync(out).toString('latin1')]) {
    expect(told).not.toContain('secret');
  }
  await server.close();
});

describe('a model whose bytes changed', () => {
  /** Runs with one other bit in the decoder, after which it is as before. */
  async function runDamaged(...words: string[]): Promise<CapturedRun> {
    const path = place.path('the model', 'decoder.safetensors');
    const bytes = readFileSync(path);
    bytes[bytes.length - 1]! ^= 1;
    renameSync(path, `${path}.good`);
    writeFileSync(path, bytes);
    return runCaptured(words).finally(() => renameSync(`${path}.good`, path));
  }

  const outputs = (): string[] => ['-o', place.path('changed.png')];

  test.each([
    ['reconstruct', () => ['reconstruct', photo, '--size', 'keep', ...outputs()]],
    ['decode', () => ['decode', place.path('tokens.npy'), ...outputs()]],
    ['generate', () => ['generate', 'red heart', '-n', '1', ...outputs()]],
    ['complete', () => ['complete', photo, 'red', '--keep', '0,0,1,0.5', '-n', '1', ...outputs()]],
    ['score', () => ['score', 'red heart', photo]],
  ])('%s refuses it, unless told', async (_, words) => {
    const { exitCode, stderr } = await runDamaged(...words(), '-m', model);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/E_MODEL_HASH/);
    expect(stderr).toMatch(/decoder\.safetensors, which holds the decoder/);
    expect(existsSync(place.path('changed.png'))).toBe(false);
    expect(await runDamaged(...words(), '-m', model, '--no-verify')).toMatchObject({ exitCode: 0 });
    for (const name of ['changed.png', 'changed.tokens.npy']) rmSync(place.path(name), { force: true });
  });

  test('export, too', async () => {
    const out = place.path('checkpoints');
    expect((await runDamaged('export', model, '-o', out)).stderr).toMatch(/E_MODEL_HASH/);
    expect(existsSync(out)).toBe(false);
    expect(await runDamaged('export', model, '-o', out, '--no-verify')).toMatchObject({ exitCode: 0 });
  });

  test('--repeat never draws with it', async () => {
    await runWell('generate', 'red heart', '-n', '1', '--seed', '7', '-m', model, '-o', place.path('first.png'));
    for (const more of [[], ['--no-verify']]) {
      const words = ['generate', '--repeat', place.path('first.png'), '-m', model, ...outputs(), ...more];
      const { exitCode, stderr } = await runDamaged(...words);
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(/E_MODEL_HASH/);
      expect(existsSync(place.path('changed.png'))).toBe(false);
    }
  });

  test('plan and inspect read model.json only', async () => {
    for (const command of ['plan', 'inspect']) {
      expect(await runDamaged(command, model)).toMatchObject({ exitCode: 0 });
    }
  });
});
