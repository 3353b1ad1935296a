/**
 * Writes `encoder.pkl` and `decoder.pkl` of the full official size (215 and 175 MB), with generated weights
 * (official-size.ts): the whole road can be tested without OpenAI's files and without PyTorch. They are no trained
 * weights; pictures made with them mean nothing.
 */
import { checkOptions } from '../../base/check-options.ts';
import { checkPath } from '../../base/node/open-file.ts';
import { join } from 'node:path';
import { FormatError } from '../../base/errors.ts';
import { throwIfAborted } from '../describe-source.ts';
import { partOf } from '../../nets/net-kinds.ts';
import { writeModulePickle } from '../families/openai/module-pickle.ts';
import { generateTensors, OFFICIAL_SIZES } from '../families/openai/official-size.ts';
import { createNodeHasher } from './node-hasher.ts';
import { OutputFiles } from '../../base/node/output-files.ts';
import { makeFolders } from '../../base/node/output-folder.ts';
import { describeWriteFailure } from './write-failure.ts';

interface GeneratedFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * What the generator gives, by part; anything else means that this machine computes wrongly, or that the code changed.
 */
const EXPECTED_SHA256 = {
  encoder: 'eccc98be9c8123d8147114be420cecf6e8a34d89b68b039a111be0ee4e88b42c',
  decoder: '34e6f32022de2a74ec90e250f34c7051955fbf65a6b46afd879acd88ab7f8ace',
};

/**
 * Writes both files into a folder, which is made if need be; files of the same names are replaced.
 *
 * @throws FormatError `E_HASH` if the bytes are not the known ones; DalleError `E_DISK_FULL`, `E_WRITE`
 */
export async function writeOfficialSizePickles(
  folder: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<GeneratedFile[]> {
  checkPath('writeOfficialSizePickles', folder);
  checkOptions('writeOfficialSizePickles', options);
  await makeFolders(folder, describeWriteFailure);
  const files: GeneratedFile[] = [];
  for (const architecture of OFFICIAL_SIZES) {
    const part = partOf(architecture);
    const path = join(folder, `${part}.pkl`);
    const outputs = new OutputFiles({ explain: describeWriteFailure });
    const hasher = createNodeHasher();
    let bytes = 0;
    try {
      const output = await outputs.create(path);
      for await (const block of writeModulePickle(part, architecture, generateTensors(architecture))) {
        throwIfAborted(options.signal);
        hasher.update(block);
        await output.write(block);
        bytes += block.length;
      }
      const sha256 = hasher.digest();
      if (sha256 !== EXPECTED_SHA256[part]) throw hashError(path, sha256, EXPECTED_SHA256[part]);
      await output.finish();
      outputs.commit();
      files.push({ path, bytes, sha256 });
    } catch (error) {
      await outputs.discard();
      throw error;
    }
  }
  return files;
}

function hashError(path: string, got: string, wanted: string): FormatError {
  return new FormatError(
    'E_HASH',
    `writeOfficialSizePickles: ${path} came out with SHA-256 ${got}, wanted ${wanted}. The ` +
      `generator is exact everywhere, so its code was changed or this machine's memory is at fault.`,
  );
}
