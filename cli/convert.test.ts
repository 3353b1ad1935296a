/** `dalle-gl convert` with addresses: downloaded once, told how far it is, interrupted and taken up again. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runCaptured } from '../test/helpers/captured-terminal.ts';
import { serve, serveStart, startFileServer } from '../test/helpers/file-server.ts';
import { makeWorkplace, smallCheckpoints, type Workplace } from '../test/helpers/workplace.ts';

const files = smallCheckpoints();
const encoder = { bytes: readFileSync(files.encoder), etag: '"encoder"' };
const decoder = { bytes: readFileSync(files.decoder), etag: '"decoder"' };
const server = await startFileServer();
const [encoderUrl, decoderUrl] = [`${server.origin}/encoder.pkl`, `${server.origin}/decoder.pkl`];
afterAll(() => server.close());

let place: Workplace;
beforeEach(() => {
  place = makeWorkplace();
  vi.stubEnv('DALLE_GL_CACHE', place.path('cache'));
  server.requests.length = 0;
  server.answer = (request, response) => {
    serve(request.url === '/encoder.pkl' ? encoder : decoder)(request, response);
  };
});
afterEach(() => {
  vi.unstubAllEnvs();
  place.remove();
});

test('two addresses, twice: downloaded once', async () => {
  const first = await runCaptured(['convert', encoderUrl, decoderUrl, '-o', place.path('a'), '--verify'], {
    isTTY: true,
  });
  expect(first.stderr).toContain('\rdownloading ');
  const sha256 = createHash('sha256').update(encoder.bytes).digest('hex');
  expect(first.stderr).toContain(`encoder.pkl (torch-zip) → encoder:`);
  expect(first.stderr).toContain(`not known as a file of OpenAI's, SHA-256 ${sha256}`);
  expect(first.exitCode).toBe(0);
  const second = await runCaptured(['convert', encoderUrl, decoderUrl, '-o', place.path('b')], { isTTY: true });
  expect(second.exitCode).toBe(0);
  expect(second.stderr).not.toContain('downloading');
  expect(server.requests.map((headers) => headers['if-none-match'])).toEqual([
    undefined,
    undefined,
    encoder.etag,
    decoder.etag,
  ]);
  for (const name of readdirSync(place.path('a'))) {
    expect(readFileSync(place.path('b', name))).toEqual(readFileSync(place.path('a', name)));
  }
});

test('a file and an address', async () => {
  const { exitCode } = await runCaptured(['convert', files.encoder, decoderUrl, '-o', place.path('a')]);
  expect(exitCode).toBe(0);
  expect(readdirSync(place.path('a')).sort()).toEqual(['decoder.safetensors', 'encoder.safetensors', 'model.json']);
});

test('interrupted in the middle, and taken up again', async () => {
  const controller = new AbortController();
  const good = server.answer;
  server.answer = (request, response) => {
    serveStart(encoder, 10_000)(request, response);
    controller.abort();
  };
  const words = ['convert', encoderUrl, '-o', place.path('a')];
  expect((await runCaptured(words, { signal: controller.signal })).exitCode).toBe(130);
  expect(place.list()).not.toContain('a');
  server.answer = good;
  expect((await runCaptured(words)).exitCode).toBe(0);
});

test.each<[string, string, string]>([
  ['a web page', '<!doctype html>', 'E_FORMAT_UNKNOWN'],
  ['half a checkpoint', encoder.bytes.subarray(0, 10_000).toString('latin1'), 'E_ZIP_TRUNCATED'],
])('%s is refused and not kept', async (_, body, code) => {
  server.answer = (_, response) => response.end(Buffer.from(body, 'latin1'));
  const { exitCode, stderr } = await runCaptured(['convert', encoderUrl, '-o', place.path('a')]);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(code) });
  expect(stderr).toContain(encoderUrl);
  expect(place.list().filter((name) => name.includes('encoder.pkl'))).toEqual([]);
});

test('an address of another kind is refused', async () => {
  const { exitCode, stderr } = await runCaptured(['convert', 'ftp://example.org/encoder.pkl', '-o', place.path('a')]);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('E_DOWNLOAD_ADDRESS') });
});
