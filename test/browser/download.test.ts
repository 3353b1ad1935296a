/** Checkpoints from addresses in a page: loadDVAE as in OpenAI's notebook, and what is refused. */
import { afterAll, expect, test } from 'vitest';
import { downloadBlob } from '../../convert.ts';
import { loadDVAE, open } from '../../index.ts';
import type { NetRecord } from '../helpers/golden.ts';

const addressOf = (file: string): URL => new URL(`../golden/hidden-8/${file}`, import.meta.url);
const record = (await (await fetch(addressOf('golden.json'))).json()) as NetRecord;
const [checkpoint] = record.checkpoints;
const device = await open();
afterAll(() => device.dispose());

test('both nets from addresses, one of them relative to the page', async () => {
  const encoder = addressOf(checkpoint!.encoder);
  const decoder = addressOf(checkpoint!.decoder).pathname;
  const done = new Map<string, number>();
  const dvae = await loadDVAE(
    { encoder, decoder },
    { device, onProgress: (progress) => void done.set(progress.url, progress.done) },
  );
  const files = await Promise.all([encoder, decoder].map(async (address) => (await fetch(address)).blob()));
  expect([...done.values()]).toEqual(files.map(({ size }) => size));
  const shape = [1, 3, 16, 16] as const;
  const { tokens } = await dvae.reconstruct({ data: new Float32Array(768).fill(0.5), shape });
  const chosen = await loadDVAE({ encoder: files[0]! }, { device });
  expect(await chosen.encode({ data: new Float32Array(768).fill(0.5), shape })).toEqual(tokens);
  await chosen.dispose();
  await dvae.dispose();
});

test('what is not there, a page in its place, and an interruption', async () => {
  const nowhere = new URL('http://localhost:9/encoder.pkl');
  await expect(downloadBlob(nowhere)).rejects.toMatchObject({ code: 'E_DOWNLOAD' });
  const page = URL.createObjectURL(new Blob(['<!doctype html><title>Log in</title>']));
  await expect(downloadBlob(page)).rejects.toMatchObject({ code: 'E_DOWNLOAD_ADDRESS' });
  await expect(downloadBlob(location.href)).rejects.toMatchObject({ code: 'E_FORMAT_UNKNOWN' });
  const controller = new AbortController();
  const encoder = addressOf(checkpoint!.encoder);
  const onProgress = (): void => controller.abort();
  const downloading = downloadBlob(encoder, { signal: controller.signal, onProgress });
  await expect(downloading).rejects.toMatchObject({ code: 'E_ABORTED' });
});
