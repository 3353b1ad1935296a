/**
 * A model folder back to PyTorch: a checkpoint for each net in it, which `torch.load(weights_only=True)` opens. People
 * whose official pickles no longer load get working ones this way.
 */
import { join } from 'node:path';
import { checkPath } from '../../base/node/open-file.ts';
import { DalleError } from '../../base/errors.ts';
import { throwIfAborted } from '../describe-source.ts';
import type { ModelFile } from '../manifest.ts';
import { NET_PARTS, partOf, type NetPart } from '../net-spec.ts';
import { countParameters, type Weights } from '../weights.ts';
import { writeCheckpoint } from '../write-checkpoint.ts';
import { createNodeHasher } from './node-hasher.ts';
import { openModelFolder } from './open-model-folder.ts';
import { createOutputFile, type OutputFile } from '../../base/node/output-file.ts';
import { makeFolders, removeFolders } from '../../base/node/output-folder.ts';

export interface ExportOptions {
  /** The model folder to read, as `openModelFolder` takes it. */
  readonly folder: string;
  /** Compare its files with their SHA-256 in `model.json` [true]. */
  readonly verify?: boolean;
  /** Where encoder.pt, decoder.pt and transformer.pt go, those that the folder holds; files there are replaced. */
  readonly out: string;
  /** Called with the bytes written so far. */
  readonly onBytes?: (done: number) => void;
  readonly signal?: AbortSignal;
}

export interface ExportedCheckpoint extends ModelFile {
  readonly part: NetPart;
  readonly tensors: number;
  readonly parameters: number;
}

/**
 * Writes the nets of a model folder as PyTorch's state dicts: all of them, or nothing.
 *
 * @throws DalleError `E_PART_MISSING` for a folder without a net, `E_DISK_FULL`, `E_WRITE`, `E_ZIP_LIMIT`; FormatError
 *   as `openModelFolder`; AbortedError `E_ABORTED`
 */
export async function exportCheckpoints(options: ExportOptions): Promise<ExportedCheckpoint[]> {
  checkPath('exportCheckpoints', options?.folder);
  checkPath('exportCheckpoints', options.out);
  const { folder, verify = true, signal } = options;
  throwIfAborted(signal);
  const model = await openModelFolder(folder, undefined, { verify, ...(signal && { signal }) });
  try {
    const nets = NET_PARTS.map((part): Weights | undefined => model[part]).filter((weights) => weights !== undefined);
    if (nets.length === 0) throw noNets(folder);
    return await writeCheckpoints(nets, options);
  } finally {
    await model.close();
  }
}

async function writeCheckpoints(nets: readonly Weights[], options: ExportOptions): Promise<ExportedCheckpoint[]> {
  const { out } = options;
  const created = await makeFolders(out);
  const outputs: OutputFile[] = [];
  let done = 0;
  const onBlock = (bytes: number): void => {
    throwIfAborted(options.signal);
    options.onBytes?.((done += bytes));
  };
  try {
    const exported: ExportedCheckpoint[] = [];
    for (const weights of nets) {
      const name = `${partOf(weights.architecture)}.pt`;
      const output = await createOutputFile(join(out, name));
      outputs.push(output);
      exported.push(await writeNet(weights, name, output, onBlock));
    }
    for (const output of outputs) await output.commit();
    return exported;
  } catch (error) {
    for (const output of outputs) await output.discard();
    if (created !== undefined) await removeFolders(out, created);
    throw error;
  }
}

async function writeNet(
  weights: Weights,
  name: string,
  output: OutputFile,
  onBlock: (bytes: number) => void,
): Promise<ExportedCheckpoint> {
  const hasher = createNodeHasher();
  let bytes = 0;
  for await (const block of writeCheckpoint(weights)) {
    onBlock(block.length);
    hasher.update(block);
    await output.write(block);
    bytes += block.length;
  }
  await output.finish();
  const counts = { tensors: weights.tensors.size, parameters: countParameters(weights) };
  return { part: partOf(weights.architecture), name, bytes, sha256: hasher.digest(), ...counts };
}

function noNets(folder: string): DalleError {
  return new DalleError(
    'E_PART_MISSING',
    `exportCheckpoints: ${folder} holds no encoder, decoder or transformer, so there is nothing to write. Convert one ` +
      `into it first: dalle-gl convert encoder.pkl -o ${folder}`,
  );
}
