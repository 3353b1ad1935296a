/** Everything that is no download, refused with its own code and without a trace: answers, addresses, lies, sizes. */
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeDownloads, makeFile } from '../../test/helpers/downloads.ts';
import { serve, startFileServer, type Answer } from '../../test/helpers/file-server.ts';
import { downloadFile } from './download-file.ts';

const bytes = makeFile(300_000, 1);
const etag = '"one"';
const downloads = await makeDownloads();
const { server, download, list, expectRefused } = downloads;
beforeEach(() => downloads.next());
afterAll(() => downloads.remove());

describe('refused', () => {
  test.each([
    [404, {}, /answered 404 Not Found\. The address is probably mistyped/],
    [503, { 'retry-after': '120' }, /503.*wait 120 s\.$/],
    [429, { 'retry-after': 'Mon, 23 Nov 2026 12:00:00 GMT' }, /patience.*until Mon, 23 Nov 2026/],
    [206, { 'content-range': 'bytes 0-9/10' }, /sent bytes 0-9\/10/],
    [304, {}, /answered 304/],
  ])('status %i', async (status, headers, message) => {
    server.answer = (_, response) => response.writeHead(status, headers).end();
    await expect(download()).rejects.toThrow(message);
    expect(list()).toEqual([]);
  });

  test.each([
    ['a web page', '<!doctype html><html>Just a moment…</html>', 'E_FORMAT_UNKNOWN', /a web page/],
    ['a Git-LFS pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:0', 'E_LFS_POINTER', /pointer/],
    ['nothing', '', 'E_FORMAT_UNKNOWN', /empty/],
  ])('%s', async (_, text, code, message) => {
    server.answer = (_, response) => response.end(text);
    await expect(download()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(list()).toEqual([]);
  });

  test('a web page before its end is here, and in small pieces', async () => {
    await expectRefused((_, response) => {
      response.writeHead(200, { 'content-length': 2 ** 30, etag });
      for (const piece of '<html>'.padEnd(600).match(/.{1,7}/gs)!) response.write(piece);
    }, 'E_FORMAT_UNKNOWN');
    expect(list()).toEqual([]);
  });

  test('redirects in a circle, and to what is no web address', async () => {
    server.answer = (_, response) => response.writeHead(302, { location: downloads.url }).end();
    await expect(download()).rejects.toMatchObject({
      code: 'E_DOWNLOAD',
      message: expect.stringContaining('redirect'),
    });
    expect(server.requests.length).toBeLessThan(30);
    await expectRefused(
      (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
      'E_DOWNLOAD',
    );
  });

  test('too many bytes, announced or not', async () => {
    const maxBytes = 299_999;
    await expectRefused(serve({ bytes }), 'E_FILE_TOO_LARGE', { maxBytes });
    await expectRefused((_, response) => response.writeHead(200).end(bytes), 'E_FILE_TOO_LARGE', { maxBytes });
    await expectRefused(
      (_, response) => response.writeHead(200, { 'content-length': 16 * 2 ** 30 + 1 }).write('PK'),
      'E_FILE_TOO_LARGE',
    );
    expect(list()).toEqual([]);
  });

  test('more than the disk holds, before it comes', async () => {
    const answer: Answer = (_, response) => response.writeHead(200, { 'content-length': 2 ** 49 }).write(bytes);
    await expectRefused(answer, 'E_DISK_FULL', { maxBytes: 2 ** 50 });
    expect(list()).toEqual([]);
  });

  test('a cache that cannot be written', async () => {
    server.answer = serve({ bytes });
    await expect(download({ cache: '/dev/null/cache' })).rejects.toMatchObject({ code: 'E_WRITE' });
  });

  test('nobody there', async () => {
    const closed = await startFileServer();
    await closed.close();
    await expect(downloadFile(`${closed.origin}/x.pkl`, { cache: downloads.cache })).rejects.toThrow(
      /refuses connections/,
    );
    await expect(downloadFile('http://no-such-host.invalid/x.pkl', { cache: downloads.cache })).rejects.toMatchObject({
      code: 'E_DOWNLOAD',
      message: expect.stringMatching(/no such host|looked up/),
    });
  });

  test.each([
    'ftp://example.org/x.pkl',
    'file:///etc/passwd',
    'https://',
    'http://me:secret@example.org/x.pkl',
    'x.pkl',
  ])('the address %s', async (source) => {
    await expect(downloadFile(source, { cache: downloads.cache })).rejects.toMatchObject({
      code: 'E_DOWNLOAD_ADDRESS',
      message: expect.not.stringContaining('secret'),
    });
  });
});

describe('a server that lies about the length', () => {
  let liar: Server;
  let head = '';
  beforeAll(async () => {
    liar = createServer((socket) => {
      socket.on('error', () => {}); // whoever has got enough hangs up
      socket.once('data', () => socket.end(Buffer.concat([Buffer.from(head), bytes])));
    });
    await new Promise<void>((resolve) => liar.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => liar.close());

  test('too much: the file is cut', async () => {
    head = 'HTTP/1.1 200 OK\r\ncontent-length: 300001\r\n\r\n';
    const address = `http://127.0.0.1:${(liar.address() as AddressInfo).port}/encoder.pkl`;
    await expect(downloadFile(address, { cache: downloads.cache })).rejects.toMatchObject({
      code: 'E_DOWNLOAD_CUT',
      message: expect.stringMatching(/after \d+ bytes of 300001/),
    });
  });

  test('too little: HTTP gives no more, and the file itself tells', async () => {
    head = 'HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n';
    const address = `http://127.0.0.1:${(liar.address() as AddressInfo).port}/encoder.pkl`;
    await expect(downloadFile(address, { cache: downloads.cache })).rejects.toMatchObject({ code: 'E_ST_COVERAGE' });
    expect(list()).toEqual([]);
  });
});
