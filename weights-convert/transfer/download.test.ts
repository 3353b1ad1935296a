/** Downloads into a Blob: the same code in Node as in a page. test/browser/download.test.ts runs it in one. */
import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { makeFile } from '../../test/helpers/downloads.ts';
import { serve, serveStart, startFileServer } from '../../test/helpers/file-server.ts';
import { sourceFromBlob } from '../byte-source.ts';
import { downloadBlob, downloadPart } from './download.ts';
import { openWeights } from '../open-weights.ts';

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

describe('from another site (CORS)', () => {
  /** What a page sees of a packed answer: the length of the packed bytes, and not that they are packed. */
  const answerCors = (body: Uint8Array<ArrayBuffer>, announced: number): void => {
    const headers = { 'content-length': String(announced), 'last-modified': 'Mon, 01 Mar 2021 00:00:00 GMT' };
    vi.stubGlobal('fetch', async () =>
      Object.defineProperty(new Response(body, { headers }), 'type', { value: 'cors' }),
    );
  };

  test.each([5000, bytes.length, bytes.length + 23])('a length of %i is that of packed bytes', async (announced) => {
    answerCors(bytes.slice(), announced);
    const totals = new Set<unknown>();
    const onProgress = ({ total }: { total: number | undefined }): void => void totals.add(total);
    expect(await downloadBlob(`${url}&${announced}`, { onProgress })).toMatchObject({ bytes: bytes.length });
    expect([...totals]).toEqual([undefined]);
  });

  test('too much is too much all the same', async () => {
    answerCors(bytes.slice(), 1000);
    await expect(downloadBlob(url, { maxBytes: 5000 })).rejects.toMatchObject({ code: 'E_FILE_TOO_LARGE' });
  });

  test('what was cut is seen by the table of contents, and in a model folder by the length', async () => {
    answerCors(bytes.slice(0, 8_000_000), 8_000_000);
    const { blob } = await downloadBlob(`${url}&cut`);
    await expect(openWeights(sourceFromBlob(blob, 'cut'))).rejects.toMatchObject({ code: 'E_ST_COVERAGE' });
    const file = { name: 'x', bytes: bytes.length, sha256: '' };
    await expect(downloadPart(new URL(url), {}, file)).rejects.toMatchObject({ code: 'E_DOWNLOAD_CUT' });
    answerCors(bytes.slice(), 1000);
    await expect(downloadPart(new URL(url), {}, { ...file, bytes: 8_000_000 })).rejects.toMatchObject({
      code: 'E_DOWNLOAD_LENGTH',
    });
  });
});

describe('a page whose request is refused', () => {
  const refuse = async (page: string, address: string): Promise<string> => {
    vi.stubGlobal('location', new URL(page));
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
    const error = await downloadBlob(address).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'E_DOWNLOAD' });
    return (error as Error).message;
  };

  test('is told of CORS if the file is on another site', async () => {
    const message = await refuse('https://me.example/page', 'https://cdn.example/encoder.pkl');
    expect(message).toMatch(/https:\/\/cdn\.example probably does not allow other pages.+\(CORS\)/);
    expect(message).toContain('Access-Control-Allow-Origin: * (or https://me.example)');
    expect(message).toContain('Host the file beside the page');
    for (const other of ['https://me.example:8443/x.pkl', 'https://www.me.example/x.pkl']) {
      expect(await refuse('https://me.example/page', other)).toContain('CORS');
    }
    expect(await refuse('http://me.example/page', 'https://me.example/x.pkl')).toContain('CORS');
  });

  test('is not told of it otherwise', async () => {
    for (const own of ['encoder.pkl', '/x/encoder.pkl', 'https://me.example/encoder.pkl', 'https://me.example:443/x']) {
      expect(await refuse('https://me.example/page', own)).not.toContain('CORS');
    }
    expect(await refuse('https://me.example/page', 'http://me.example/x.pkl')).toMatch(/may not fetch by http/);
  });
});

test('a version of a file of a model is hashed once in the life of a page, if it is the expected one', async () => {
  const hash = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');
  const address = new URL(`${server.origin}/once/encoder.safetensors`);
  const file = { name: 'encoder.safetensors', bytes: bytes.length, sha256: hash(bytes) };
  const other = makeFile(bytes.length, 2);
  const load = async (sent: Uint8Array, etag: string): Promise<string> => {
    vi.stubGlobal('fetch', async () => new Response(sent.slice(), { headers: { etag } }));
    return (await downloadPart(address, {}, file)).sha256;
  };
  // What was not the expected one is hashed again.
  expect(await load(other, '"1"')).toBe(hash(other));
  expect(await load(bytes, '"1"')).toBe(file.sha256);
  // Told apart by nothing: whoever changes a file gives it another ETag.
  expect(await load(other, '"1"')).toBe(file.sha256);
  expect(await load(other, '"2"')).toBe(hash(other));
  for (const round of [1, 2]) expect([round, await load(bytes, 'W/"1"')]).toEqual([round, file.sha256]);
  expect(await load(other, 'W/"1"')).toBe(hash(other));
  expect((await downloadBlob(address)).sha256).toBe(hash(other));
});

test('what is no address is refused like everything else: by the promise', async () => {
  const refused = downloadBlob('ftp://example.org/encoder.pkl');
  await expect(refused).rejects.toMatchObject({ code: 'E_DOWNLOAD_ADDRESS' });
});
