/**
 * What tests of downloads have in common: a server on this machine, a new cache and a new address for every test, and
 * the expectations that a file came whole or that nothing but a partial file was left.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import {
  downloadFile,
  type DownloadedFile,
  type DownloadFileOptions,
} from '../../weights-convert/node/download-file.ts';
import { serveStart, startFileServer, type Answer, type FileServer, type ServedFile } from './file-server.ts';

/** What the cache holds after a download, and after one that broke. */
const wholeFiles: readonly string[] = ['encoder.pkl', 'record.json'];
export const partialFiles: readonly string[] = ['body', 'version.json'];

interface Downloads {
  readonly server: FileServer;
  readonly cache: string;
  readonly url: string;
  /** The folder in the cache for that address, once there is one. */
  place(): string;
  /** Begins the next test. */
  next(): void;
  download(options?: DownloadFileOptions): Promise<DownloadedFile>;
  /** The names of all files in the cache. */
  list(): string[];
  expectFile(file: DownloadedFile, wanted: Uint8Array): void;
  expectRefused(answer: Answer, code: string, options?: DownloadFileOptions): Promise<void>;
  /** Downloads until that many bytes have been taken, when the connection breaks. */
  downloadUntil(file: ServedFile, count: number): Promise<void>;
  remove(): Promise<void>;
}

export async function makeDownloads(): Promise<Downloads> {
  const server = await startFileServer();
  const folder = mkdtempSync(join(tmpdir(), 'dalle-gl-download-'));
  let run = 0;
  const downloads: Downloads = {
    server,
    get cache() {
      return join(folder, String(run));
    },
    get url() {
      return `${server.origin}/${run}/encoder.pkl`;
    },
    place: () => join(downloads.cache, 'downloads', readdirSync(join(downloads.cache, 'downloads'))[0]!),
    next() {
      run++;
      server.requests.length = 0;
    },
    download: (options) => downloadFile(downloads.url, { cache: downloads.cache, ...options }),
    list() {
      if (!existsSync(downloads.cache)) return [];
      const entries = readdirSync(downloads.cache, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile());
      return files.map(({ name }) => name).sort();
    },
    expectFile(file, wanted) {
      expect(file).toEqual({ path: file.path, name: 'encoder.pkl', bytes: wanted.length, sha256: sha256(wanted) });
      expect(sha256(readFileSync(file.path))).toBe(sha256(wanted));
      expect(downloads.list()).toEqual(wholeFiles);
    },
    async expectRefused(answer, code, options) {
      server.answer = answer;
      await expect(downloads.download(options)).rejects.toMatchObject({ code });
    },
    async downloadUntil(file, count) {
      const onProgress = ({ done }: { done: number }): void => {
        if (done === count) server.cut();
      };
      await downloads.expectRefused(serveStart(file, count), 'E_DOWNLOAD_CUT', { onProgress });
    },
    async remove() {
      await server.close();
      rmSync(folder, { recursive: true });
    },
  };
  return downloads;
}

/** A safetensors file of that length; the seed changes its data. */
export function makeFile(length: number, seed: number): Uint8Array {
  const data = length - 8 - 128;
  const header = JSON.stringify({ x: { dtype: 'I8', shape: [data], data_offsets: [0, data] } }).padEnd(128);
  const made = Uint8Array.from({ length }, (_, i) => (Math.imul(i + seed, 2654435761) >>> 13) & 255);
  made.set([128, 0, 0, 0, 0, 0, 0, 0, ...new TextEncoder().encode(header)]);
  return made;
}

function sha256(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
