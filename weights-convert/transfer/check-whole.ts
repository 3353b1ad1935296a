/**
 * Whether a file is all there, by its own table of contents. HTTP cannot tell: a proxy that lost the end of a file
 * announces the shorter length, and everything looks well.
 */
import { isTar } from '../archive/tar-header.ts';
import type { ByteSource } from '../byte-source.ts';
import { openSafetensors } from '../safetensors/read-safetensors.ts';
import { sniffContainer } from '../sniff.ts';
import { readSettingsFile } from '../families/read-settings-file.ts';
import { readTokenizer } from '../model-folder/tokenizer-file.ts';
import { readTokenizerPiece } from '../tokenizers/tokenizer-piece.ts';
import { isGzip } from '../../nets/tokenizer/unpack-gzip.ts';
import { openTorchLegacy } from '../torch/torch-legacy.ts';
import { openZip } from '../zip/zip-archive.ts';

/** What shows that a file is an archive. */
const HEAD_BYTES = 512;

/**
 * Throws what the file's reader would throw first: FormatError `E_FORMAT_UNKNOWN`, `E_ZIP_*`, `E_ST_*`, `E_PICKLE_*`
 * and their kin. Which net it holds is not looked at.
 */
export async function checkWhole(source: ByteSource): Promise<void> {
  if ((await readTokenizer(source)) ?? (await readTokenizerPiece(source))) return;
  if (isPacked(await source.read(0, Math.min(HEAD_BYTES, source.size)))) return;
  const container = await sniffContainer(source).catch(async (error: unknown) => {
    // Settings in a text of their own have no such table, and are read when they are wanted.
    if (await readSettingsFile(source).catch(() => undefined)) return undefined;
    throw error;
  });
  if (container === 'safetensors') await openSafetensors(source);
  if (container === 'torch-zip') await openZip(source);
  if (container === 'torch-legacy') await openTorchLegacy(source);
}

/** Archives have no table: they are found to be whole when they are read to their end. */
function isPacked(head: Uint8Array): boolean {
  return isGzip(head) || isTar(head);
}
