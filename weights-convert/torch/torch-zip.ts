/**
 * The container of torch ≥ 1.6: a zip of `<root>/data.pkl`, one stored entry `<root>/data/<key>` for each storage, and
 * small notes (`version`, `byteorder`). Follows caffe2/serialize/inline_container.cc and torch/serialization.py.
 *
 * A TorchScript archive has the same, and a program beside it, which is left alone: its classes are names.
 */
import { FormatError } from '../../base/errors.ts';
import type { ByteSource } from '../byte-source.ts';
import { DEFAULT_BUDGETS, checkBudget } from '../pickle/budgets.ts';
import { isProgramObject } from '../contents/find-program-tensors.ts';
import { isProgram, recogniseForeignZip } from '../zip/foreign-zips.ts';
import { openZip, readZipEntry, verifyZipEntry, type ZipEntry } from '../zip/zip-archive.ts';
import { quote } from '../zip/zip-end.ts';
import type { Storage } from './storage.ts';
import { assembleTorchFile, decodeWithoutGadgets, type DecodeMember, type TorchFile } from './torch-file.ts';

const PICKLE_NAME = 'data.pkl';

/**
 * Opens a zip checkpoint.
 *
 * @throws FormatError `E_ZIP_*`, `E_PICKLE_*`, `E_FORMAT_UNKNOWN`; UnsafeFileError `E_PICKLE_EXEC_ATTEMPT`
 */
export async function openTorchZip(
  source: ByteSource,
  decode: DecodeMember = decodeWithoutGadgets,
): Promise<TorchFile> {
  const entries = await openZip(source);
  const names = [...entries.keys()];
  const program = isProgram(names) ? programError(source.name, names) : undefined;
  const root = findRoot(source.name, names, program);
  const pickleEntry = entries.get(root + PICKLE_NAME)!;
  checkBudget(DEFAULT_BUDGETS, 'streamBytes', pickleEntry.size, 0);
  const bytes = await readZipEntry(source, pickleEntry);
  const pickle = decode(bytes, source.name);
  if (pickle.length !== bytes.length) {
    throw new FormatError(
      'E_PICKLE_TRAILING',
      `openTorchZip: ${bytes.length - pickle.length} bytes follow the pickle in ` +
        `${source.name}. torch writes none: the file is damaged, or hides something; fetch it again from its origin.`,
    );
  }
  if (program && !isProgramObject(pickle.root)) throw program;
  const storageEntries = new Map<string, ZipEntry>();
  const storages = new Map<string, Storage>();
  const prefix = `${root}data/`;
  for (const entry of entries.values()) {
    if (!entry.name.startsWith(prefix)) continue;
    const key = entry.name.slice(prefix.length);
    storageEntries.set(key, entry);
    storages.set(key, { key, offset: entry.offset, bytes: entry.size });
  }
  return assembleTorchFile(source, {
    pickle,
    storages,
    program,
    littleEndian: await readByteOrder(source, entries.get(`${root}byteorder`)),
    verifyStorage: (storage) => verifyZipEntry(source, storageEntries.get(storage.key)!),
  });
}

/** The folder that holds everything, with its slash; named after the file that was first written. */
function findRoot(archive: string, names: readonly string[], program: FormatError | undefined): string {
  const foreign = program ? undefined : recogniseForeignZip(names);
  if (foreign !== undefined) throw new FormatError('E_FORMAT_UNKNOWN', `openTorchZip: ${archive} is ${foreign}.`);
  const pickles = names.filter((name) => name === PICKLE_NAME || name.endsWith(`/${PICKLE_NAME}`));
  const root = pickles[0]?.slice(0, -PICKLE_NAME.length);
  if (root === undefined || pickles.length > 1) {
    const what = root === undefined ? `no ${PICKLE_NAME}` : `${pickles.length} entries called ${PICKLE_NAME}`;
    throw new FormatError(
      'E_FORMAT_UNKNOWN',
      `openTorchZip: ${archive} is a zip with ${what}, so it was not written by ` +
        `torch.save. If checkpoints were packed into it, unpack it and pass those.`,
    );
  }
  const stray = names.find((name) => !name.startsWith(root));
  if (stray !== undefined) {
    throw new FormatError(
      'E_FORMAT_UNKNOWN',
      `openTorchZip: ${quote(stray)} in ${archive} lies outside ${quote(root)}, ` +
        `where torch.save puts everything. The file was repacked or tampered with; fetch it again from its origin.`,
    );
  }
  return root;
}

function programError(archive: string, names: readonly string[]): FormatError {
  return new FormatError('E_FORMAT_UNKNOWN', `openTorchZip: ${archive} is ${recogniseForeignZip(names)}.`);
}

async function readByteOrder(source: ByteSource, entry: ZipEntry | undefined): Promise<boolean> {
  // Files before torch 2.1 do not say, and are little-endian.
  if (!entry) return true;
  const text = entry.size > 16 ? '' : new TextDecoder().decode(await readZipEntry(source, entry));
  if (text === 'little' || text === 'big') return text === 'little';
  throw new FormatError(
    'E_FORMAT_UNKNOWN',
    `openTorchZip: ${source.name} names a byte order that is neither "little" nor ` +
      `"big". The file is damaged; fetch it again.`,
  );
}
