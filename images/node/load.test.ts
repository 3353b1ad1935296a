/** Pictures from paths, addresses and stdin, and each way in which they cannot be had. */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readExpected, readPictureFile } from '../../test/images/pictures.ts';
import { loadImage } from './load.ts';
import { readSource } from './read.ts';

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
    expect(await loadImage(fileURLToPath(new URL('../../docs/pictures/emoji.png', import.meta.url)))).toMatchObject({
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
    await expect(loadImage(`${folder}/${'x'.repeat(300)}`)).rejects.toThrow(failure('E_FILE_NAME'));
  });

  // Root reads everything.
  it.skipIf(process.getuid?.() === 0)('explains missing permission', async () => {
    const path = join(folder, 'secret.png');
    writeFileSync(path, png);
    chmodSync(path, 0);
    await expect(loadImage(path)).rejects.toThrow(failure('E_FILE_PERMISSION'));
  });

  it('stops when aborted, whatever it was to read', async () => {
    const signal = AbortSignal.abort();
    for (const source of ['-', '/dev/zero', join(folder, 'none.png'), 'http://127.0.0.1:1/x.png']) {
      await expect(loadImage(source, { signal }), source).rejects.toThrow(failure('E_ABORTED'));
    }
  });

  it('refuses at once what never ends or never begins', async () => {
    const pipe = join(folder, 'pipe.png');
    execFileSync('mkfifo', [pipe]);
    symlinkSync('/dev/zero', join(folder, 'zero.png'));
    for (const path of [pipe, join(folder, 'zero.png'), '/dev/zero', '/dev/tty', '/proc/self/pagemap']) {
      await expect(loadImage(path), path).rejects.toThrow(failure('E_FILE_KIND'));
    }
  });

  it('reads as much as a file had, though it grows', async () => {
    const path = join(folder, 'growing.bin');
    writeFileSync(path, Buffer.alloc(5_000_000));
    const growing = setInterval(() => appendFileSync(path, Buffer.alloc(1_000_000)), 0);
    const bytes = await readSource(path);
    clearInterval(growing);
    expect(bytes.length % 1_000_000).toBe(0);
    expect(bytes.length).toBeLessThan(20_000_000);
  });

  it.each([[''], [null], [undefined], [7], [{}], [['a.png']]])('refuses %j for a path', async (source) => {
    await expect(loadImage(source as string)).rejects.toThrow(failure('E_ARGUMENT'));
  });
});

describe('loadImage from what a shell hands over', () => {
  const opened: number[] = [];
  /** A pipe whose writer stays, under the name that `<(…)` gives. */
  function makePipe(name: string, bytes: Uint8Array): { readonly path: string; readonly fd: number } {
    execFileSync('mkfifo', [join(folder, name)]);
    const fd = openSync(join(folder, name), 'r+');
    opened.push(fd);
    writeSync(fd, bytes);
    return { path: `/dev/fd/${fd}`, fd };
  }
  afterAll(() => opened.forEach((fd) => closeSync(fd)));

  it('reads a pipe up to the limit', async () => {
    const { path } = makePipe('full', png);
    await expect(loadImage(path, { maxBytes: 10 })).rejects.toThrow(failure('E_FILE_TOO_LARGE'));
  });

  it('reads a pipe to its end', async () => {
    execFileSync('mkfifo', [join(folder, 'ending')]);
    const fd = openSync(join(folder, 'ending'), constants.O_RDONLY | constants.O_NONBLOCK);
    opened.push(fd);
    const reading = loadImage(`/proc/self/fd/${fd}`);
    writeFileSync(join(folder, 'ending'), png);
    expect(await reading).toEqual(rgb8);
  });

  it('stops waiting for a silent one when aborted', async () => {
    for (const prefix of ['/dev/fd', '/proc/self/fd', `/proc/${process.pid}/fd`]) {
      const { fd } = makePipe(`silent-${prefix.replaceAll('/', '-')}`, new Uint8Array(0));
      const aborting = new AbortController();
      const reading = loadImage(`${prefix}/${fd}`, { signal: aborting.signal });
      setTimeout(() => aborting.abort(), 50);
      await expect(reading).rejects.toThrow(failure('E_ABORTED'));
    }
  });

  it('reads a file that was redirected as a file, and a device up to the limit', async () => {
    const file = join(folder, 'redirected.png');
    writeFileSync(file, png);
    const [redirected, zero] = [openSync(file, 'r'), openSync('/dev/zero', 'r')];
    opened.push(redirected, zero);
    expect(await loadImage(`/dev/fd/${redirected}`)).toEqual(rgb8);
    await expect(loadImage(`/dev/fd/${zero}`, { maxBytes: 1e6 })).rejects.toThrow(failure('E_FILE_TOO_LARGE'));
    await expect(loadImage('/dev/fd/98765')).rejects.toThrow(failure('E_FILE_MISSING'));
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
