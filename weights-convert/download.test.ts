/** Downloads into a Blob: the same code in Node as in a page. test/browser/download.test.ts runs it in one. */
import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makeFile } from '../test/helpers/downloads.ts';
import { serve, serveStart, startFileServer } from '../test/helpers/file-server.ts';
import { downloadBlob } from './download.ts';

/** More than one batch. */
const bytes = makeFile(9_000_000, 1);
const server = await startFileServer();
const url = `${server.origin}/models/encoder.pkl?download=1#top`;
beforeEach(() => {
  server.answer = serve({ bytes });
});
afterEach(() => vi.unstubAllGlobals());
afterAll(() => server.close());

test('a blob with its name, length and hash', async () => {
  const steps: number[] = [];
  const file = await downloadBlob(url, { onProgress: ({ done }) => void steps.push(done) });
  expect(file).toMatchObject({ name: 'encoder.pkl', bytes: bytes.length });
  const hash = createHash('sha256');
  expect(file.sha256).toBe(hash.update(bytes).digest('hex'));
  expect(Buffer.from(await file.blob.arrayBuffer()).equals(bytes)).toBe(true);
  expect([steps[0], steps.at(-1)]).toEqual([0, bytes.length]);
});

test.each([
  ['https://example.org/', 'checkpoint'],
  ['https://example.org/..', 'checkpoint'],
  ['https://example.org/a/.hidden', 'hidden'],
  ['https://example.org/a%2f..%2fb%20c.pt', 'a_.._b_c.pt'],
  [`https://example.org/${'x'.repeat(500)}.pkl`, `${'x'.repeat(96)}.pkl`],
])('the file behind %s is called %s', async (address, name) => {
  vi.stubGlobal('fetch', async () => new Response(bytes.slice(0, 1000)));
  expect(await downloadBlob(address)).toMatchObject({ name });
});

test('in a page an address may be relative', async () => {
  vi.stubGlobal('location', new URL(`${server.origin}/demo/page.html`));
  vi.stubGlobal('fetch', async (address: URL) => {
    expect(address.href).toBe(`${server.origin}/demo/encoder.pkl`);
    return new Response(bytes.slice(0, 1000));
  });
  await downloadBlob('encoder.pkl');
});

test('more than was announced', async () => {
  vi.stubGlobal('fetch', async () => new Response(bytes.slice(), { headers: { 'content-length': '8999999' } }));
  await expect(downloadBlob(url)).rejects.toMatchObject({ code: 'E_DOWNLOAD_LENGTH' });
});

test('less than was announced', async () => {
  vi.stubGlobal('fetch', async () => new Response(bytes.slice(), { headers: { 'content-length': '9000001' } }));
  await expect(downloadBlob(url)).rejects.toMatchObject({ code: 'E_DOWNLOAD_CUT' });
});

test('packed on the way: the announced length is that of something else', async () => {
  const headers = { 'content-length': '5000', 'content-encoding': 'gzip', etag: '"1"' };
  vi.stubGlobal('fetch', async () => new Response(bytes.slice(), { headers }));
  expect(await downloadBlob(url)).toMatchObject({ bytes: bytes.length });
});

test('a web page, silence, an interruption, too much', async () => {
  server.answer = (_, response) => response.end('<html>');
  await expect(downloadBlob(url)).rejects.toMatchObject({ code: 'E_FORMAT_UNKNOWN' });
  server.answer = serveStart({ bytes }, 1000);
  await expect(downloadBlob(url, { stallMs: 100 })).rejects.toMatchObject({ code: 'E_DOWNLOAD_TIMEOUT' });
  await expect(downloadBlob(url, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'E_ABORTED' });
  server.answer = serve({ bytes });
  await expect(downloadBlob(url, { maxBytes: 1000 })).rejects.toMatchObject({ code: 'E_FILE_TOO_LARGE' });
});
