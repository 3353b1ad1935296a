/** Pictures from paths, addresses and stdin, and each way in which they cannot be had. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readExpected, readPictureFile } from '../../test/images/pictures.ts';
import { loadImage } from './load.ts';

const folder = mkdtempSync(join(tmpdir(), 'dalle-gl-load-'));
const png = readPictureFile('rgb8.png');
const rgb8 = readExpected('rgb8');

afterAll(() => rmSync(folder, { recursive: true }));

function failure(code: string): unknown {
  return expect.objectContaining({ code });
}

describe('loadImage from a path', () => {
  it('reads a PNG whatever it is called', async () => {
    const path = join(folder, 'really a png.jpg');
    writeFileSync(path, png);
    expect(await loadImage(path)).toEqual(rgb8);
    expect(await loadImage(fileURLToPath(new URL('../../demo/pictures/emoji.png', import.meta.url)))).toMatchObject({
      width: 128,
      height: 128,
    });
  });

  it('explains what is missing, a folder, no picture, or too large', async () => {
    const page = join(folder, 'page.png');
    writeFileSync(page, '<html>');
    mkdirSync(join(folder, 'album'));
    await expect(loadImage(join(folder, 'none.png'))).rejects.toThrow(failure('E_FILE_MISSING'));
    await expect(loadImage(join(page, 'none.png'))).rejects.toThrow(failure('E_FILE_MISSING'));
    await expect(loadImage(join(folder, 'album'))).rejects.toThrow(failure('E_FILE_IS_DIRECTORY'));
    await expect(loadImage(page)).rejects.toThrow(/page\.png is a web page/);
    await expect(loadImage(page, { maxBytes: 5 })).rejects.toThrow(failure('E_FILE_TOO_LARGE'));
    await expect(loadImage('/dev/zero', { maxBytes: 1e6 })).rejects.toThrow(failure('E_FILE_TOO_LARGE'));
    await expect(loadImage(`${folder}/${'x'.repeat(300)}`)).rejects.toThrow(failure('E_FILE_NAME'));
  });

  // Root reads everything.
  it.skipIf(process.getuid?.() === 0)('explains missing permission', async () => {
    const path = join(folder, 'secret.png');
    writeFileSync(path, png);
    chmodSync(path, 0);
    await expect(loadImage(path)).rejects.toThrow(failure('E_FILE_PERMISSION'));
  });

  it('stops when aborted', async () => {
    await expect(loadImage('/dev/zero', { signal: AbortSignal.abort() })).rejects.toThrow(failure('E_ABORTED'));
  });
});

describe('loadImage from stdin', () => {
  it('reads what is piped in, up to the limit', async () => {
    const pieces = [png.subarray(0, 10), png.subarray(10)];
    expect(await loadImage('-', { stdin: Readable.from(pieces) })).toEqual(rgb8);
    const tooLarge = loadImage('-', { stdin: Readable.from(pieces), maxBytes: png.length - 1 });
    await expect(tooLarge).rejects.toThrow(failure('E_FILE_TOO_LARGE'));
  });

  it('refuses the keyboard', async () => {
    const stdin = Object.assign(Readable.from([]), { isTTY: true });
    await expect(loadImage('-', { stdin })).rejects.toThrow(failure('E_STDIN_TERMINAL'));
  });
});

describe('loadImage from an address', () => {
  let server: Server;
  let origin = '';
  const answers: Readonly<Record<string, RequestListener>> = {
    '/picture': (_, response) => response.end(png),
    '/page': (_, response) => response.end('<!doctype html><title>Log in'),
    '/moved': (_, response) => response.writeHead(302, { location: '/picture' }).end(),
    '/silent': () => {},
    '/broken': (_, response) => response.writeHead(200, { 'content-length': 999 }).write('x', () => response.destroy()),
    '/announced': (_, response) => response.writeHead(200, { 'content-length': 1e9 }).write('x'),
    '/endless': (_, response) => {
      const more = (): void =>
        void (response.writable && response.write(new Uint8Array(65536), () => setImmediate(more)));
      more();
    },
  };

  beforeAll(async () => {
    const missing: RequestListener = (_, response) => response.writeHead(404).end('no');
    server = createServer((request, response) => (answers[request.url!] ?? missing)(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it('downloads, and follows', async () => {
    expect(await loadImage(`${origin}/picture`)).toEqual(rgb8);
    expect(await loadImage(`${origin}/moved`)).toEqual(rgb8);
  });

  it('explains a bad status, a page, and a size beyond the limit, announced or not', async () => {
    await expect(loadImage(`${origin}/none`)).rejects.toThrow(/answered 404/);
    await expect(loadImage(`${origin}/none`)).rejects.toThrow(failure('E_DOWNLOAD_STATUS'));
    await expect(loadImage(`${origin}/page`)).rejects.toThrow(/copy the address of the picture itself/);
    await expect(loadImage(`${origin}/announced`)).rejects.toThrow(failure('E_FILE_TOO_LARGE'));
    await expect(loadImage(`${origin}/endless`, { maxBytes: 1e6 })).rejects.toThrow(failure('E_FILE_TOO_LARGE'));
  });

  it('gives up on silence, on a broken connection, on nobody there, and when aborted', async () => {
    await expect(loadImage(`${origin}/silent`, { timeoutMs: 50 })).rejects.toThrow(failure('E_DOWNLOAD_TIMEOUT'));
    await expect(loadImage(`${origin}/endless`, { timeoutMs: 50 })).rejects.toThrow(failure('E_DOWNLOAD_TIMEOUT'));
    await expect(loadImage(`${origin}/broken`)).rejects.toThrow(failure('E_DOWNLOAD'));
    await expect(loadImage('http://127.0.0.1:1/x.png')).rejects.toThrow(failure('E_DOWNLOAD'));
    await expect(loadImage('http://')).rejects.toThrow(failure('E_DOWNLOAD_ADDRESS'));
    const aborting = new AbortController();
    const loading = loadImage(`${origin}/silent`, { signal: aborting.signal });
    aborting.abort();
    await expect(loading).rejects.toThrow(failure('E_ABORTED'));
  });
});
