/** A model folder by its address: the same model, only the files that are needed, and what is refused. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, copyFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { loadDalle, loadDVAE, open } from '../../node.ts';
import { loadDalle as loadDalleInPage, loadDVAE as loadInPage } from '../../index.ts';
import { serve, serveFolder, startFileServer } from '../../test/helpers/file-server.ts';
import { makeTinyDalle } from '../../test/helpers/tiny-dalle.ts';
import { smallCheckpoints } from '../../test/helpers/workplace.ts';
import { convertToModelFolder } from './convert.ts';
import { openFileSource } from './file-source.ts';
import { openModelFolder } from './open-model-folder.ts';

const scratch = mkdtempSync(join(tmpdir(), 'dalle-gl-address-'));
const whole = join(scratch, 'whole #1');
const sharded = join(scratch, 'sharded');
const server = await startFileServer();
const device = await open({ device: 'reference' });
const names: string[] = [];
const pixels = { data: new Float32Array(3 * 16 * 16).fill(0.5), shape: [1, 3, 16, 16] } as const;
let cache = '';
let run = 0;

beforeAll(async () => {
  await makeTinyDalle(whole);
  const { encoder, decoder } = smallCheckpoints();
  await convertToModelFolder({ sources: [encoder, decoder], out: sharded, shardBytes: 20_000 });
});
beforeEach(() => {
  names.length = 0;
  cache = join(scratch, `cache-${run++}`);
  server.answer = serveFolder(whole, (name) => void names.push(name));
});
afterAll(async () => {
  await server.close();
  rmSync(scratch, { recursive: true });
});

const wanted = await (async () => {
  const { encoder } = smallCheckpoints();
  const dvae = await loadDVAE({ encoder }, { device });
  return dvae.encode(pixels).finally(() => dvae.dispose());
})();

const parts = ['decoder.safetensors', 'encoder.safetensors', 'model.json'];

describe.each<[string, typeof loadDVAE]>([
  ['Node', (source, options) => loadDVAE(source, { cache, ...options })],
  ['a page', (source, options) => loadInPage(source!, { device, ...options })],
])('in %s', (where, load) => {
  test.each(['', '/', '/model.json'])('the folder%s', async (ending) => {
    for (const address of [`${server.origin}/models/a${ending}`, new URL(`${server.origin}/models/a${ending}`)]) {
      const dvae = await load(address, { device });
      expect(await dvae.encode(pixels)).toEqual(wanted);
      await dvae.dispose();
    }
    expect([...new Set(names)].sort()).toEqual(parts);
  });

  test('a token in the question goes with every file', async () => {
    await (await load(`${server.origin}/a?token=x%2Fy&b`, { device })).dispose();
    expect(names.sort()).toEqual(parts.map((name) => `${name}?token=x%2Fy&b`));
  });

  test('in shards', async () => {
    server.answer = serveFolder(sharded, (name) => void names.push(name));
    const dvae = await load(`${server.origin}/sharded`, { device });
    expect(await dvae.encode(pixels)).toEqual(wanted);
    await dvae.dispose();
    expect(names.sort()).toEqual(readdirSync(sharded).sort());
  });

  test('progress knows the whole of each file', async () => {
    const totals = new Map<string, unknown>();
    const onProgress = ({ url, total }: { url: string; total: number | undefined }): void => {
      totals.set(url.split('/').at(-1)!, total);
    };
    await (await load(`${server.origin}/totals`, { device, onProgress })).dispose();
    for (const name of parts) expect(totals.get(name)).toBe(readFileSync(join(whole, name)).length);
  });

  test('a file that is damaged on the way, and one of another length', async () => {
    const bytes = readFileSync(join(whole, 'decoder.safetensors'));
    const bad = Buffer.from(bytes);
    bad[bad.length - 1]! ^= 1;
    const good = serveFolder(whole);
    server.answer = (request, response) => {
      const answer = /decoder/.test(request.url!) ? serve({ bytes: bad }) : good;
      answer(request, response);
    };
    await expect(load(`${server.origin}/bad`, { device })).rejects.toMatchObject({ code: 'E_MODEL_HASH' });
    await (await load(`${server.origin}/bad`, { device, verify: false })).dispose();
    server.answer = (request, response) => {
      const answer = /decoder/.test(request.url!) ? serve({ bytes: Buffer.concat([bytes, bytes]) }) : good;
      answer(request, response);
    };
    await expect(load(`${server.origin}/long`, { device })).rejects.toMatchObject({ code: 'E_DOWNLOAD_LENGTH' });
  });

  test.each([
    ['no folder', '/none', 'E_DOWNLOAD_STATUS'],
    ['another page', '/page', 'E_FORMAT_UNKNOWN'],
    ['other JSON', '/json', 'E_MODEL_MANIFEST'],
  ])('%s', async (_, path, code) => {
    server.answer = (request, response) => {
      if (request.url!.startsWith('/page')) return void response.end('<!doctype html>');
      if (request.url!.startsWith('/json')) return void response.end('{"kind": "other"}');
      response.writeHead(404).end();
    };
    await expect(load(`${server.origin}${path}`, { device })).rejects.toMatchObject({ code });
  });

  test.each(['ftp://example.org/model', 'http://', 'https://me:secret@example.org/model'])('%s', async (address) => {
    await expect(load(address, { device })).rejects.toMatchObject({ code: 'E_DOWNLOAD_ADDRESS' });
  });

  test('a whole DALL·E', async () => {
    const address = `${server.origin}/dalle`;
    const dalle = await (where === 'Node'
      ? loadDalle(address, { device, cache })
      : loadDalleInPage(address, { device }));
    expect(dalle.pictureSize).toEqual({ width: 24, height: 32 });
    await dalle.dispose();
    expect(names.sort()).toEqual([...parts, 'tokenizer.json', 'transformer.safetensors']);
  });
});

describe('in Node', () => {
  test('everything is downloaded once, and used where there is no network', async () => {
    await (await openModelFolder(server.origin, undefined, { cache })).close();
    names.length = 0;
    server.answer = (_, response) => response.destroy();
    await (await openModelFolder(server.origin, undefined, { cache })).close();
  });

  test.each([
    ['a file address', () => pathToFileURL(whole).href],
    ['a URL', () => pathToFileURL(whole)],
    ['the address of its model.json', () => pathToFileURL(join(whole, 'model.json'))],
    ['the path of its model.json', () => join(whole, 'model.json')],
  ])('%s', async (_, name) => {
    const dvae = await loadDVAE(name(), { device });
    expect(await dvae.encode(pixels)).toEqual(wanted);
    await dvae.dispose();
    await (await loadDalle(name(), { device })).dispose();
  });

  test('checkpoints by file addresses', async () => {
    const encoder = pathToFileURL(smallCheckpoints().encoder);
    const opened = await openFileSource(encoder);
    expect(opened.name).toBe('encoder.zip.contiguous.pkl');
    await opened.close();
    for (const source of [encoder, encoder.href]) {
      const dvae = await loadDVAE({ encoder: source }, { device });
      expect(await dvae.encode(pixels)).toEqual(wanted);
      await dvae.dispose();
    }
  });

  test('a damaged folder, and one that is meant to be used all the same', async () => {
    const folder = join(scratch, 'damaged');
    mkdirSync(folder);
    for (const name of readdirSync(whole)) copyFileSync(join(whole, name), join(folder, name));
    const path = join(folder, 'decoder.safetensors');
    const bytes = readFileSync(path);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(path, bytes);
    for (const load of [loadDVAE, loadDalle]) {
      await expect(load(folder, { device })).rejects.toMatchObject({ code: 'E_MODEL_HASH' });
      await (await load(folder, { device, verify: false })).dispose();
    }
  });
});

test('in a page, an address may be relative to it', async () => {
  vi.stubGlobal('location', new URL(`${server.origin}/demo/page.html`));
  await (await loadInPage('../models/emoji', { device })).dispose();
  expect(names.sort()).toEqual(parts);
  vi.unstubAllGlobals();
});
