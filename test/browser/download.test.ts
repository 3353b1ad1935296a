/** Checkpoints from addresses in a page: loadDVAE as in OpenAI's notebook, and what is refused. */
import { afterAll, expect, test } from 'vitest';
import { commands } from 'vitest/browser';
import { downloadBlob, sourceFromBlob } from '../../convert.ts';
import { loadDVAE, open } from '../../index.ts';
import type { ModelManifest } from '../../weights-convert/model-folder/manifest.ts';
import type { NetRecord } from '../helpers/golden.ts';

declare module 'vitest/browser' {
  interface BrowserCommands {
    startOtherSite(): Promise<string>;
  }
}

const addressOf = (file: string): URL => new URL(`../golden/hidden-8/${file}`, import.meta.url);
const record = (await (await fetch(addressOf('golden.json'))).json()) as NetRecord;
const [checkpoint] = record.checkpoints;
const device = await open({ device: 'webgl' });
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

test('a model folder: from this site, and from another that packs what it sends', async () => {
  const site = await commands.startOtherSite();
  expect(site).not.toBe(location.origin);
  const data = new Float32Array(3 * 16 * 16).fill(0.5);
  const results: unknown[] = [];
  for (const folder of [
    new URL('models/emoji', location.origin),
    `${site}/open/emoji`,
    `${site}/open/emoji/model.json`,
  ]) {
    const totals = new Set<number | undefined>();
    const onProgress = ({ total }: { total: number | undefined }): void => void totals.add(total);
    const dvae = await loadDVAE(folder, { device, onProgress });
    results.push(await dvae.encode({ data, shape: [1, 3, 16, 16] }));
    await dvae.dispose();
    // Those of the files of a part are known beforehand.
    expect([...totals].filter((total) => total !== undefined && total > 1e6)).toHaveLength(2);
  }
  expect(results[1]).toEqual(results[0]);
  expect(results[2]).toEqual(results[0]);
});

test('the hash of a download and of a Blob, by the browser and where a page has no crypto.subtle', async () => {
  const folder = new URL('models/emoji/', location.origin);
  const { parts } = (await (await fetch(new URL('model.json', folder))).json()) as ModelManifest;
  const { name, sha256 } = parts.decoder!.files[0];
  for (const has of [true, false]) {
    if (!has) Object.defineProperty(crypto, 'subtle', { value: undefined, configurable: true });
    try {
      const file = await downloadBlob(new URL(name, folder));
      expect(file.sha256).toBe(sha256);
      expect(await sourceFromBlob(file.blob.slice(), name).sha256!()).toBe(sha256);
    } finally {
      if (!has) Reflect.deleteProperty(crypto, 'subtle');
    }
  }
  expect(crypto.subtle).toBeDefined();
});

test('a file of another site: packed, and one that may not be read', async () => {
  const site = await commands.startOtherSite();
  const totals = new Set<unknown>();
  const { bytes, sha256 } = await downloadBlob(`${site}/open/decoder.safetensors`, {
    onProgress: ({ total }) => void totals.add(total),
  });
  const own = await downloadBlob(new URL('models/emoji/decoder.safetensors', location.origin));
  expect({ bytes, sha256 }).toEqual({ bytes: own.bytes, sha256: own.sha256 });
  expect([...totals]).toEqual([undefined]);
  await expect(downloadBlob(`${site}/closed/decoder.safetensors`)).rejects.toMatchObject({
    code: 'E_DOWNLOAD',
    message: expect.stringMatching(/does not allow other pages.+\(CORS\).+Access-Control-Allow-Origin/),
  });
});
