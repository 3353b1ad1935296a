/**
 * Hashes of blobs and downloads, by the platform's own code and without it; node/hash-file.test.ts has those of files.
 */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { makeFile } from '../test/helpers/downloads.ts';
import { sourceFromBlob } from './byte-source.ts';
import { downloadPart } from './transfer/download.ts';
import { createPageHasher, ONE_PIECE_BYTES } from './sha256.ts';

const bytes = Uint8Array.from(makeFile(9_000_001, 1));
const sha256 = createHash('sha256').update(bytes).digest('hex');
const digest = vi.spyOn(crypto.subtle, 'digest');
beforeEach(() => void digest.mockClear());
afterEach(() => {
  vi.unstubAllGlobals();
  digest.mockReset();
});

const hashBlob = (blob: Blob, signal?: AbortSignal): Promise<string> =>
  sourceFromBlob(blob, 'a blob').sha256!({ signal });

async function hashDownload(options: { readonly signal?: AbortSignal } = {}): Promise<string> {
  vi.stubGlobal('fetch', async () => new Response(bytes.slice()));
  const file = { name: 'x', bytes: bytes.length, sha256 };
  return (await downloadPart(new URL('https://example.org/x'), options, file)).sha256;
}

const roads: readonly (readonly [string, (signal?: AbortSignal) => Promise<string>])[] = [
  ['a blob', (signal) => hashBlob(new Blob([bytes]), signal)],
  ['a download', (signal) => hashDownload(signal && { signal })],
];

describe.each(roads)('%s', (_, hash) => {
  test('is hashed by the platform', async () => {
    expect(await hash()).toBe(sha256);
    expect(digest).toHaveBeenCalledTimes(1);
  });

  test('is hashed where a page has no crypto.subtle', async () => {
    vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues });
    expect(await hash()).toBe(sha256);
    expect(digest).not.toHaveBeenCalled();
  });

  test('is hashed where the platform fails', async () => {
    digest.mockRejectedValueOnce(new DOMException('no memory', 'OperationError'));
    expect(await hash()).toBe(sha256);
  });

  test('is given up at once, though the platform goes on', async () => {
    const controller = new AbortController();
    digest.mockImplementationOnce(() => {
      setTimeout(() => controller.abort(), 5);
      return new Promise(() => {});
    });
    await expect(hash(controller.signal)).rejects.toMatchObject({ code: 'E_ABORTED' });
  });
});

test('without verification a download is not hashed, and no hash of it is remembered', async () => {
  vi.stubGlobal('fetch', async () => new Response(bytes.slice(), { headers: { etag: '"unhashed"' } }));
  const file = { name: 'x', bytes: bytes.length, sha256: 'f'.repeat(64) };
  const address = new URL('https://example.org/unhashed');
  const { blob } = await downloadPart(address, {}, file, false);
  expect(digest).not.toHaveBeenCalled();
  expect(await hashBlob(blob)).toBe(sha256);
  expect((await downloadPart(address, {}, file)).sha256).toBe(sha256);
});

test('a blob that was given up is hashed the next time', async () => {
  const blob = new Blob([bytes]);
  await expect(hashBlob(blob, AbortSignal.abort())).rejects.toMatchObject({ code: 'E_ABORTED' });
  expect(await hashBlob(blob)).toBe(sha256);
});

test('a blob that cannot be read in one piece is read in blocks', async () => {
  const blob = new Blob([bytes]);
  blob.arrayBuffer = () => Promise.reject(new DOMException('too large', 'NotReadableError'));
  expect(await hashBlob(blob)).toBe(sha256);
  expect(digest).not.toHaveBeenCalled();
});

test('a blob that cannot be read says so', async () => {
  const blob = new Blob([bytes]);
  const slice = blob.slice.bind(blob);
  const fail = (): Promise<never> => Promise.reject(new DOMException('gone', 'NotReadableError'));
  blob.arrayBuffer = fail;
  blob.slice = (...range) => Object.assign(slice(...range), { arrayBuffer: fail });
  await expect(hashBlob(blob)).rejects.toMatchObject({ code: 'E_FILE_READ' });
});

test('nothing larger than the bound is held in one piece, nor what has no known length', async () => {
  const blob = new Blob([bytes]);
  Object.defineProperty(blob, 'size', { value: ONE_PIECE_BYTES + 1 });
  blob.slice = () => new Blob([bytes.subarray(0, 10)]);
  blob.arrayBuffer = () => expect.unreachable('the blob was read whole');
  await hashBlob(blob);
  for (const length of [undefined, ONE_PIECE_BYTES + 1]) {
    const hasher = createPageHasher(length);
    hasher.update(bytes);
    expect(hasher.digest()).toBe(sha256);
  }
  expect(digest).not.toHaveBeenCalled();
});

test.each([0, 1, 1000])('%i bytes, in blocks', async (length) => {
  const hasher = createPageHasher(length + 7);
  for (let at = 0; at < length; at += 300) hasher.update(bytes.subarray(at, Math.min(at + 300, length)));
  expect(await hasher.digest()).toBe(createHash('sha256').update(bytes.subarray(0, length)).digest('hex'));
});
