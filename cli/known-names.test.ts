/**
 * `dalle-gl convert <name>`: a known model is told, agreed upon, fetched and held to what is known of it. The table is
 * of this test, and its addresses are of a server on this machine.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { packageRoot } from '../base/node/package-files.ts';
import { runCaptured, type CapturedRun } from '../test/helpers/captured-terminal.ts';
import { serve, startFileServer } from '../test/helpers/file-server.ts';
import { makeTar } from '../test/helpers/tar.ts';
import { makeWorkplace, smallCheckpoints, type Workplace } from '../test/helpers/workplace.ts';
import { readModelManifest } from '../weights-convert/node/open-model-folder.ts';
import type { KnownModel } from '../weights-convert/known-models/known-model.ts';
import { KNOWN_MODELS } from '../weights-convert/known-models/known-models.ts';

/** The real table, which each test has to itself for a while. */
const table = KNOWN_MODELS as KnownModel[];
const real = [...table];

const files = smallCheckpoints();
const encoder = readFileSync(files.encoder);
const decoder = readFileSync(files.decoder);
const server = await startFileServer();
afterAll(() => server.close());

const url = (name: string): string => `${server.origin}/${name}`;
const sha256 = createHash('sha256').update(encoder).digest('hex');
const small: KnownModel = {
  name: 'small-dvae',
  what: 'a small one: pictures to tokens and back',
  licence: 'MIT',
  families: ['openai'],
  files: [
    { url: url('encoder.pkl'), bytes: encoder.length, sha256 },
    { url: url('decoder.pkl'), about: 20_000 },
  ],
  numbers: { halves: 0, floats: 1000 },
};

const archive = gzipSync(
  makeTar([
    { name: '1.3B/', type: '5' },
    { name: '1.3B/encoder.pkl', data: encoder },
    { name: '1.3B/inner/decoder.pkl', data: decoder },
  ]),
);
const md5 = createHash('md5').update(archive).digest('hex');
const packed: KnownModel = {
  ...small,
  files: [{ url: url('model.tar.gz'), about: archive.length, unpacked: 200_000 }],
};

let place: Workplace;
beforeEach(() => {
  place = makeWorkplace();
  vi.stubEnv('DALLE_GL_CACHE', place.path('cache'));
  server.requests.length = 0;
  server.answer = (request, response) => {
    const bytes = { '/encoder.pkl': encoder, '/model.tar.gz': archive }[request.url!] ?? decoder;
    serve({ bytes, etag: `"${request.url}"` })(request, response);
  };
  table.splice(0, Infinity, small);
});
afterEach(() => {
  table.splice(0, Infinity, ...real);
  vi.unstubAllEnvs();
  place.remove();
});

const convertNamed = (words: readonly string[], stdin?: string): Promise<CapturedRun> =>
  runCaptured(['convert', ...words, '-o', place.path('a')], stdin === undefined ? {} : { stdin, isTTY: true });

describe('a name', () => {
  test('with --yes: told, downloaded, converted under its licence', async () => {
    const { stderr, exitCode } = await convertNamed(['small-dvae', '--yes']);
    expect(stderr).toContain(`small-dvae: a small one: pictures to tokens and back\n`);
    expect(stderr).toContain(`  ${url('encoder.pkl')} (${encoder.length} bytes, SHA-256 ${sha256})\n`);
    expect(stderr).toContain(`  ${url('decoder.pkl')} (about 0.0 MB, SHA-256 not known)\n  licence: MIT\n`);
    expect(stderr).toContain(
      `to download into ${place.path('cache')}; about 0.0 MB to write into ${place.path('a')}.\n`,
    );
    expect(exitCode).toBe(0);
    const { parts, licence } = await readModelManifest(place.path('a'));
    expect([licence, parts.encoder?.source.sha256]).toEqual(['MIT', sha256]);
    expect(parts.decoder).toBeDefined();
  });

  test('is asked for on a terminal', async () => {
    const yes = await convertNamed(['small-dvae'], 'y\n');
    expect(yes.stderr).toContain('Download small-dvae? [y/N] ');
    expect(yes.exitCode).toBe(0);
    expect(readdirSync(place.path('a'))).toContain('model.json');
  });

  test.each(['n\n', '\n', 'yesterday\n', ''])('answered with %j is not downloaded', async (answer) => {
    const { stderr, exitCode } = await convertNamed(['small-dvae'], answer);
    expect(stderr).toContain('(E_DECLINED)');
    expect(exitCode).toBe(1);
    expect(server.requests).toEqual([]);
  });

  test('without a terminal and --yes is refused, with what --yes would mean', async () => {
    const { stderr, exitCode, stdout } = await convertNamed(['small-dvae', '--quiet', '--json']);
    expect(stderr).toContain('licence: MIT');
    expect(stderr).toContain('Add --yes if that is what you want. (E_CONFIRM)');
    expect(JSON.parse(stdout.toString())).toMatchObject({ error: { code: 'E_CONFIRM' } });
    expect(exitCode).toBe(2);
    expect(server.requests).toEqual([]);
  });

  test('beside a file', async () => {
    table.splice(0, 1, { ...small, files: [small.files[0]!] });
    const { exitCode } = await convertNamed(['small-dvae', files.decoder, '--yes']);
    expect(exitCode).toBe(0);
    expect(readdirSync(place.path('a')).sort()).toEqual(['decoder.safetensors', 'encoder.safetensors', 'model.json']);
  });

  test('of a model with tokenizers and settings beside its weights: texts are downloaded too', async () => {
    const folder = join(packageRoot, 'weights-convert/corpus/min-dalle');
    const words = ['<s>', '<pad>', '</s>', '<unk>', 'Ġ', ...'abcdefghijklmnopqrstuvwx'];
    const served = new Map<string, Uint8Array>([
      ['/encoder.pt', readFileSync(join(folder, 'encoder.pt'))],
      ['/decoder.pt', readFileSync(join(folder, 'decoder.pt'))],
      ['/vocab.json', Buffer.from(JSON.stringify(Object.fromEntries(words.map((word, id) => [word, id]))))],
      ['/merges.txt', Buffer.from('#version: 0.2\n')],
    ]);
    server.answer = (request, response) => serve({ bytes: served.get(request.url!)! })(request, response);
    const names = [...served.keys()].map((name) => ({ url: url(name.slice(1)) }));
    table.splice(0, 1, { ...small, families: ['min-dalle'], files: names, numbers: { halves: 1000, floats: 0 } });
    const { stderr, exitCode } = await convertNamed(['small-dvae', '--yes']);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    const { parts, family } = await readModelManifest(place.path('a'));
    expect(family).toBe('min-dalle');
    expect([parts.text_encoder?.source.name, parts.transformer?.dtype]).toEqual(['encoder.pt', 'f16']);
    expect(parts.tokenizer?.source.name).toMatch(/vocab\.json/);
  });

  test('of a file or folder that is there means these', async () => {
    const before = process.cwd();
    mkdirSync(place.path('small-dvae'));
    process.chdir(place.path('.'));
    try {
      const { stderr } = await convertNamed(['small-dvae', '--yes']);
      expect(stderr).toContain('(E_FILE_READ)');
    } finally {
      process.chdir(before);
    }
    expect(server.requests).toEqual([]);
  });

  test('of one packed archive: unpacked for the while, and its files are told by what they hold', async () => {
    table.splice(0, 1, { ...packed, files: [{ ...packed.files[0]!, md5 }] });
    const { stderr, exitCode } = await convertNamed(['small-dvae', '--yes', '--verify']);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(stderr).toContain('; about 0.2 MB to unpack there for the while; ');
    const { parts } = await readModelManifest(place.path('a'));
    expect(parts.encoder?.source).toMatchObject({ name: 'model.tar.gz: 1.3B/encoder.pkl', sha256 });
    expect(parts.decoder?.source.name).toBe('model.tar.gz: 1.3B/inner/decoder.pkl');
    expect(readdirSync(place.path('cache/unpacked'))).toEqual([]);
  });

  test('misspelt is told the nearest', async () => {
    const { stderr, exitCode } = await convertNamed(['smal-dvae', '--yes']);
    expect(stderr).toContain('Did you mean small-dvae?');
    expect(exitCode).toBe(1);
  });
});

describe('what is refused', () => {
  test('another file than the known one, and nothing of it is kept', async () => {
    table.splice(0, 1, { ...small, files: [{ url: url('encoder.pkl'), sha256: 'a'.repeat(64) }] });
    for (let time = 0; time < 2; time++) {
      const { stderr, exitCode } = await convertNamed(['small-dvae', '--yes']);
      expect(stderr).toContain(`should have the SHA-256 ${'a'.repeat(64)}, and has ${sha256}`);
      expect(stderr).toContain('(E_DOWNLOAD_HASH)');
      expect(exitCode).toBe(1);
    }
    expect(
      readdirSync(place.path('cache'), { recursive: true, withFileTypes: true }).filter((e) => e.isFile()),
    ).toEqual([]);
  });

  test('the same out of the cache, where it was downloaded by its address', async () => {
    await runCaptured(['convert', url('encoder.pkl'), '-o', place.path('b')]);
    table.splice(0, 1, { ...small, files: [{ url: url('encoder.pkl'), sha256: 'a'.repeat(64) }] });
    const { stderr } = await convertNamed(['small-dvae', '--yes']);
    expect(stderr).toContain('(E_DOWNLOAD_HASH)');
  });

  test('another length', async () => {
    table.splice(0, 1, { ...small, files: [{ url: url('encoder.pkl'), bytes: encoder.length + 1 }] });
    const { stderr } = await convertNamed(['small-dvae', '--yes']);
    expect(stderr).toContain('(E_DOWNLOAD_LENGTH)');
  });

  test('more than the disk has, with the bytes wanted, before anything is asked for', async () => {
    table.splice(0, 1, {
      ...small,
      files: [{ url: url('encoder.pkl'), about: 1e15 }],
      numbers: { halves: 0, floats: 1e15 },
    });
    const { stderr, exitCode } = await convertNamed(['small-dvae', '--yes']);
    expect(stderr).toContain('5000000000000000 bytes are wanted');
    expect(stderr).toContain('(E_DISK_FULL)');
    expect([exitCode, server.requests.length]).toEqual([1, 0]);
  });

  test('a model whose family is not read', async () => {
    table.splice(0, 1, { ...small, families: ['no-such-family'] });
    const { stderr } = await convertNamed(['small-dvae', '--yes']);
    expect(stderr).toContain('(E_NET_UNSUPPORTED)');
    expect(server.requests).toEqual([]);
  });

  test('an archive of another MD5 than the known one, and nothing unpacked is left', async () => {
    table.splice(0, 1, { ...packed, files: [{ ...packed.files[0]!, md5: 'a'.repeat(32) }] });
    const { stderr, exitCode } = await convertNamed(['small-dvae', '--yes']);
    expect(stderr).toMatch(new RegExp(`its MD5 should be a{32}, and is ${md5}.*\\(E_ARCHIVE\\)`));
    expect([exitCode, readdirSync(place.path('cache/unpacked'))]).toEqual([1, []]);
  });

  test('named where a model folder is wanted: it is converted first', async () => {
    const { stderr, exitCode } = await runCaptured(['generate', 'a bee', '-m', 'small-dvae']);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('dalle-gl convert small-dvae -o DIR')]);
    const other = await runCaptured(['generate', 'a bee', '-m', 'no-such-model']);
    expect(other.stderr).toContain('no-such-model is not a model folder');
    expect(other.stderr).not.toContain('known model');
    expect(server.requests).toEqual([]);
  });
});

test('dalle-gl models lists them, and tells of one', async () => {
  const all = await runCaptured(['models']);
  expect(all.stdout.toString()).toMatch(
    /^name +download +state +language +licence\nsmall-dvae +\d\.\d MB +read +no text +MIT\n/,
  );
  const one = await runCaptured(['models', 'small-dvae']);
  expect(one.stdout.toString()).toContain(`${url('encoder.pkl')} (${encoder.length} bytes`);
  const json = await runCaptured(['models', '--json']);
  expect(JSON.parse(json.stdout.toString())).toMatchObject({ models: [{ name: 'small-dvae', isRead: true }] });
  const wrong = await runCaptured(['models', 'smalldvae']);
  expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining('Did you mean small-dvae?')]);
});

test.each([
  [['min-dalle-mini', 'min-dalle-mini'], 'min-dalle-mini was named twice'],
  [['min-dalle-mini', 'min-dalle-mega'], 'min-dalle-mini and min-dalle-mega both have their own text_encoder'],
  [['rudalle-malevich', 'vqgan-gumbel-f8'], 'rudalle-malevich and vqgan-gumbel-f8 both have their own encoder'],
  [['min-dalle-mini', 'clip-vit-b-32'], 'min-dalle-mini and clip-vit-b-32 both have their own tokenizer'],
])('%s together are refused before anything is downloaded', async (names, said) => {
  table.splice(0, Infinity, ...real);
  const { exitCode, stderr } = await runCaptured(['convert', ...names, '--yes', '-o', place.path('two')]);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(said) });
  expect(stderr).toContain('E_USAGE');
  expect(readdirSync(place.path('.'))).not.toContain('two');
});
