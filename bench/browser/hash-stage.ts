/**
 * The page's side of hashing in a browser: opens models and hashes blobs, with `crypto.subtle` and as if there were
 * none.
 */
import { sourceFromBlob } from '../../weights-convert/byte-source.ts';
import { downloadModel } from '../../weights-convert/model-folder/download-model.ts';

export interface OpenOptions {
  /** [true] */
  readonly verify?: boolean;
  /** Whether the page has `crypto.subtle` [true]. */
  readonly subtle?: boolean;
}

export interface HashStage {
  /** Opens a model and reads all its weights. */
  open(folder: string, options: OpenOptions): Promise<void>;
  /** Hashes a new blob of so many bytes, or only reads it. */
  hashBlob(bytes: number, way: 'subtle' | 'plain' | 'read'): Promise<void>;
  /** The browser's own SHA-256 of so many bytes in memory, and nothing else; or nothing at all. */
  digest(bytes: number, way: 'digest' | 'nothing'): Promise<void>;
}

/** As in a browser where a download came in. */
const BATCH_BYTES = 4 * 1024 * 1024;

export function openStage(): HashStage {
  let kept: Blob | undefined;
  let piece = new Uint8Array(0);
  return {
    async open(folder, { verify = true, subtle = true }) {
      await withSubtle(subtle, async () => {
        const address = new URL(`/models-of-bench/${folder}`, location.href);
        const model = await downloadModel(address, { verify }, ['encoder']);
        for (const tensor of model.encoder!.tensors.values()) await tensor.read();
        await model.close();
      });
    },
    async hashBlob(bytes, way) {
      if (kept?.size !== bytes) kept = await makeBlob(bytes);
      // Another object of the same bytes, since a blob is hashed once.
      const blob = kept.slice();
      if (way === 'read') await blob.arrayBuffer();
      else await withSubtle(way === 'subtle', () => sourceFromBlob(blob, 'blob').sha256!());
    },
    async digest(bytes, way) {
      if (piece.length !== bytes) piece = new Uint8Array(bytes).fill(7);
      if (way === 'digest') await crypto.subtle.digest('SHA-256', piece);
    },
  };
}

async function withSubtle(has: boolean, work: () => Promise<unknown>): Promise<void> {
  if (!has) Object.defineProperty(crypto, 'subtle', { value: undefined, configurable: true });
  try {
    await work();
  } finally {
    if (!has) Reflect.deleteProperty(crypto, 'subtle');
  }
}

async function makeBlob(bytes: number): Promise<Blob> {
  const batch = new Uint8Array(BATCH_BYTES).fill(7);
  const parts: Blob[] = [];
  for (let done = 0; done < bytes; done += BATCH_BYTES) {
    parts.push(new Blob([batch.subarray(0, Math.min(BATCH_BYTES, bytes - done))]));
  }
  const blob = new Blob(parts);
  await blob.slice(bytes - 1).arrayBuffer(); // until it is where the browser keeps it
  return blob;
}
