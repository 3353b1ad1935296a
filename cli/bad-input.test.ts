/**
 * Every kind of bad input: the exit code, one paragraph with a code, no stack trace, nothing on standard output, and
 * the folder as it was before.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCaptured, type CapturedOptions } from '../test/helpers/captured-terminal.ts';
import { expectFailure as expectFailureIn, type WantedFailure } from '../test/helpers/expect-failure.ts';
import { makePng, makeSmallModel, makeWorkplace, smallCheckpoints, type Workplace } from '../test/helpers/workplace.ts';

let place: Workplace;
let model: string;
let square: string;

beforeAll(async () => {
  place = makeWorkplace();
  model = await makeSmallModel(place.path('model'), ['encoder', 'decoder']);
  square = place.write('square.png', makePng(32, 32));
});
afterAll(() => place.remove());

const expectFailure = (words: readonly string[], wanted: WantedFailure, options?: CapturedOptions): Promise<void> =>
  expectFailureIn(place, words, wanted, options);

describe('the words typed: exit 2', () => {
  test.each<[string, readonly string[], string, string]>([
    ['no command', [], 'E_COMMAND_MISSING', 'reconstruct'],
    ['an unknown command', ['reconstuct'], 'E_COMMAND_UNKNOWN', 'Did you mean reconstruct?'],
    ['an unknown flag', ['encode', 'x.png', '--sise', '8'], 'E_FLAG_UNKNOWN', 'Did you mean --size?'],
    ['a missing value', ['reconstruct', 'x.png', '-o'], 'E_FLAG_VALUE', 'wants FILE|DIR'],
    ['a flag that is needed', ['encode', 'x.png'], 'E_FLAG_MISSING', '--output'],
    ['no picture', ['reconstruct'], 'E_OPERAND', 'wanted one or more pictures, got none'],
    ['standard input twice', ['reconstruct', '-', '-'], 'E_OPERAND', 'more than once'],
    ['two files of tokens', ['decode', 'a', 'b', '-o', 'c.png'], 'E_OPERAND', 'got a b'],
    ['an unknown dtype', ['convert', 'x.pkl', '-o', 'd', '--dtype', 'f8'], 'E_FLAG_VALUE', 'f32 or f16'],
    ['an unknown device', ['doctor', '--device', 'cuda'], 'E_FLAG_VALUE', 'headless-gl'],
    ['standard input to convert', ['convert', '-', '-o', 'd'], 'E_OPERAND', 'files or addresses'],
    ['another picture format', ['reconstruct', 'x.png', '-o', 'y.jpg'], 'E_OUTPUT_NAME', '.png'],
    ['JSON and a picture on stdout', ['reconstruct', 'x.png', '-o', '-', '--json'], 'E_OUTPUT_NAME', 'both'],
  ])('%s', async (_, words, code, says) => {
    // With --json the object is on stdout, which another test looks at.
    const plain = words.filter((word) => word !== '--json');
    if (plain.length === words.length) return expectFailure(words, { exitCode: 2, code, says });
    const { exitCode, stderr } = await runCaptured(words);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(code) });
  });

  test.each(['20', '0', '00', '0x8', '16x0'])('a size that is no positive multiple of 8: %s', (size) => {
    const wanted = { exitCode: 2, code: 'E_IMAGE_SIZE' };
    return expectFailure(['encode', square, '-o', place.path('t.npy'), '--upscale', '--size', size], wanted);
  });

  test('a picture on a screen', () => {
    return expectFailure(['reconstruct', square, '-o', '-'], { exitCode: 2, code: 'E_OUTPUT_NAME' }, { isTTY: true });
  });

  test('a picture that would replace its original', () => {
    return expectFailure(['reconstruct', square, '-o', place.folder], { exitCode: 2, code: 'E_OUTPUT_CLASH' });
  });
});

describe('pictures: exit 1', () => {
  test.each<[string, () => Uint8Array | string, Omit<WantedFailure, 'exitCode'>]>([
    ['1×1', () => makePng(1, 1), { code: 'E_IMAGE_TOO_SMALL', says: '1 × 1' }],
    ['a PNG header of 100 megapixels', () => hugePng(), { code: 'E_IMAGE_TOO_LARGE', says: '100.0 megapixels' }],
    ['text', () => 'not a picture', { code: 'E_IMAGE_KIND', says: 'text' }],
    ['nothing', () => '', { code: 'E_IMAGE_CORRUPT', says: 'empty' }],
    ['half a PNG', () => makePng(300, 300).subarray(0, 900), { code: 'E_IMAGE_CORRUPT' }],
  ])('%s', async (name, make, wanted) => {
    const input = place.write(`${name}.png`, make());
    await expectFailure(['reconstruct', input, '-m', model], { exitCode: 1, ...wanted });
    await expectFailure(['encode', input, '-m', model, '-o', place.path('t.npy')], { exitCode: 1, ...wanted });
  });

  test('a missing file', () => {
    const wanted = { exitCode: 1, code: 'E_FILE_MISSING', says: 'none.png' };
    return expectFailure(['reconstruct', place.path('none.png')], wanted);
  });

  test('pictures of several sizes in one array', async () => {
    const other = place.write('other.png', makePng(40, 32));
    const words = ['encode', square, other, '--size', 'keep', '-o', place.path('both.npy'), '-m', model];
    await expectFailure(words, { exitCode: 1, code: 'E_GRID', says: '40 × 32 after 32 × 32' });
  });
});

describe('checkpoints', () => {
  test.each<[string, () => Uint8Array | string, Omit<WantedFailure, 'exitCode'>]>([
    ['text', () => 'hello, I am a checkpoint\n', { code: 'E_FORMAT_UNKNOWN', says: 'text' }],
    ['a web page', () => '<!DOCTYPE html><html>404</html>', { code: 'E_FORMAT_UNKNOWN', says: 'web page' }],
    ['nothing', () => '', { code: 'E_FORMAT_UNKNOWN', says: 'empty' }],
    ['half a pickle', () => halfOf(smallCheckpoints().encoder), { code: 'E_ZIP_TRUNCATED', says: 'cut short' }],
    ['another net', () => otherNet(), { code: 'E_ARCHITECTURE', says: 'tensors of another net' }],
  ])('%s: exit 1', async (name, make, wanted) => {
    const input = place.write(`${name}.pkl`, make());
    await expectFailure(['convert', input, '-o', place.path('made')], { exitCode: 1, ...wanted });
  });

  test('a pickle that would run a program: exit 3', async () => {
    const input = place.write('evil.pkl', "cos\nsystem\n(S'touch hacked'\ntR.");
    const wanted = { exitCode: 3, code: 'E_PICKLE_EXEC_ATTEMPT', says: 'system' };
    await expectFailure(['convert', input, '-o', place.path('made')], wanted);
    expect(existsSync('hacked')).toBe(false);
  });

  test('a missing one', () => {
    const words = ['convert', place.path('none.pkl'), '-o', place.path('made')];
    return expectFailure(words, { exitCode: 1, code: 'E_FILE_MISSING' });
  });

  test('a folder that is not empty', () => {
    const words = ['convert', smallCheckpoints().encoder, '-o', model];
    return expectFailure(words, { exitCode: 1, code: 'E_OUTPUT_EXISTS', says: '--force' });
  });

  test('a model folder that is none', () => {
    return expectFailure(['reconstruct', square, '--size', '16', '-m', place.folder], {
      exitCode: 1,
      code: 'E_FILE_MISSING',
      says: 'is not a model folder',
    });
  });
});

describe('parts and tokens: exit 1', () => {
  test('a model that lacks the part', async () => {
    const encoderOnly = await makeSmallModel(place.path('encoder-only'), ['encoder']);
    const decoderOnly = await makeSmallModel(place.path('decoder-only'), ['decoder']);
    const tokens = place.write('some.json', '[[1]]');
    const wanted = { exitCode: 1, code: 'E_PART_MISSING' };
    const decoder = { ...wanted, says: 'Decoding needs the decoder' };
    await expectFailure(['decode', tokens, '-o', place.path('t.png'), '-m', encoderOnly], decoder);
    await expectFailure(['reconstruct', square, '--size', '16', '-m', encoderOnly], decoder);
    const encoder = { ...wanted, says: 'Encoding needs the encoder' };
    await expectFailure(['encode', square, '--size', '16', '-o', place.path('t.npy'), '-m', decoderOnly], encoder);
  });

  test.each<[string, string, string]>([
    ['a token outside the vocabulary', '[[16]]', 'E_TOKEN'],
    ['a negative token', '[[-1]]', 'E_TOKEN'],
    ['no tokens', '{"a": 1}', 'E_TOKENS'],
  ])('%s', async (name, text, code) => {
    const tokens = place.write(`${name}.json`, text);
    await expectFailure(['decode', tokens, '-o', place.path('new', 't.png'), '-m', model], { exitCode: 1, code });
  });

  test('more tokens than a picture may have pixels for', async () => {
    const tokens = place.write(
      'many.json',
      JSON.stringify(Array.from({ length: 1001 }, () => new Array(1000).fill(0))),
    );
    await expectFailure(['decode', tokens, '-o', place.path('t.png'), '-m', model], {
      exitCode: 1,
      code: 'E_IMAGE_TOO_LARGE',
    });
  });
});

describe('a full disk: exit 1', () => {
  test('a device that is always full', () => {
    const words = ['reconstruct', square, '--size', '16', '-o', '/dev/full', '-m', model];
    return expectFailure(words, { exitCode: 1, code: 'E_DISK_FULL' });
  });

  test('a disk that fills up', async ({ skip }) => {
    const disk = place.path('disk');
    mkdirSync(disk);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk], { stdio: 'ignore' });
    } catch {
      skip('only root may mount');
    }
    try {
      const wanted = { exitCode: 1, code: 'E_DISK_FULL' };
      await expectFailure(['convert', smallCheckpoints().encoder, '-o', place.path('disk', 'made')], wanted);
      const noise = place.write('noise.png', makePng(512, 512));
      const words = ['reconstruct', noise, '--size', '512', '--side-by-side', '-m', model, '-o'];
      await expectFailure([...words, place.path('disk', 'new')], wanted);
      expect(readdirSync(disk)).toEqual([]);
    } finally {
      execFileSync('umount', [disk]);
    }
  });
});

describe('interrupted: exit 130', () => {
  test.each([
    ['reconstruct', () => ['reconstruct', square, '--size', '16', '-m', model]],
    ['encode', () => ['encode', square, '--size', '16', '-o', place.path('t.npy'), '-m', model]],
    ['decode', () => ['decode', '-', '-o', place.path('t.png'), '-m', model]],
    ['convert', () => ['convert', smallCheckpoints().encoder, '-o', place.path('made')]],
  ])('%s', async (_, words) => {
    await expectFailure(words(), { exitCode: 130, code: 'E_ABORTED' }, { signal: AbortSignal.abort() });
  });
});

test('with --json a failure is one object on standard output', async () => {
  const { exitCode, stdout } = await runCaptured(['reconstruct', place.path('none.png'), '--json']);
  expect(exitCode).toBe(1);
  expect(JSON.parse(stdout.toString())).toMatchObject({ error: { code: 'E_FILE_MISSING' } });
});

/** The first chunk of a PNG that says 10,000 × 10,000, and no pixels. */
function hugePng(): Uint8Array {
  const png = Buffer.from(makePng(8, 8));
  png.writeUInt32BE(10_000, 16);
  png.writeUInt32BE(10_000, 20);
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
  return png;
}

function halfOf(path: string): Uint8Array {
  const bytes = readFileSync(path);
  return bytes.subarray(0, bytes.length / 2);
}

/** Safetensors with one tensor of no net we know. */
function otherNet(): Uint8Array {
  const header = Buffer.from('{"weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}');
  const length = Buffer.alloc(8);
  length.writeUInt32LE(header.length);
  return Buffer.concat([length, header, Buffer.alloc(4)]);
}
