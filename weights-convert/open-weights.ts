/**
 * Opens a checkpoint, whatever its container, and gives the weights of the nets in it: the way in for the converter and
 * for the library, which loads pickles directly too.
 */
import { FormatError, UnsafeFileError } from '../base/errors.ts';
import { refuseBarePickle } from './census/bare-pickle.ts';
import { checkSource } from './check-source.ts';
import type { ByteSource } from './byte-source.ts';
import { judgeCensus } from './census/judge-census.ts';
import { takeCensus } from './census/take-census.ts';
import { describeArchitecture } from '../nets/net-kinds.ts';
import { FAMILIES } from './families/all-families.ts';
import type { Family, StatedSettings } from './families/family.ts';
import { findStateDictNets, findTorchNets } from './families/find-nets.ts';
import { findPickledNets } from './families/find-pickled-nets.ts';
import { unknownNet, type FoundNet, type FoundSettings, type SearchedFile } from './families/found-net.ts';
import { makeWeights } from './make-weights.ts';
import { listNpz } from './numpy/npy-tensor.ts';
import {
  closeShards,
  isSharded,
  listShardedSafetensors,
  openShards,
  type ShardedSource,
} from './safetensors/open-shards.ts';
import { listSafetensors } from './safetensors/read-safetensors.ts';
import { sniffContainer, type Container } from './sniff.ts';
import { openTorchLegacy } from './torch/torch-legacy.ts';
import { openTorchZip } from './torch/torch-zip.ts';
import type { TensorData, Weights } from '../nets/weights.ts';

/**
 * Opens the weights of the one net in a file: a module pickle, state dict or checkpoint of torch's (both containers),
 * or safetensors.
 *
 * Reads the file's table of contents only; the source stays open until `close`.
 *
 * @throws FormatError and UnsafeFileError with the codes of `docs/errors.md` for anything that is not such a file
 */
export async function openWeights(source: ByteSource): Promise<Weights> {
  checkSource('openWeights', source);
  const [weights, ...others] = await openCheckpoint(source);
  if (others.length === 0) return weights!;
  const nets = [weights!, ...others].map(({ architecture }) => describeArchitecture(architecture)).join(' and ');
  throw new FormatError(
    'E_ARCHITECTURE',
    `openWeights: ${source.name} holds ${nets}, and one net was wanted. Open it with openCheckpoint, or convert it: ` +
      `dalle-gl convert ${source.name} -o DIR.`,
  );
}

/**
 * Opens all nets of a file, which are at least one. They share the source: closing one closes them all.
 *
 * @throws as `openWeights`
 */
export async function openCheckpoint(source: ByteSource): Promise<readonly Weights[]> {
  checkSource('openCheckpoint', source);
  return openNets(source);
}

interface OpenNetsOptions {
  /** What another file says of its nets (families/read-settings-file.ts) [nothing]. */
  readonly settings?: FoundSettings | undefined;
  /** What the caller says of its nets. */
  readonly stated?: StatedSettings | undefined;
  /** Of which families they may be [all]. */
  readonly families?: readonly Family[];
}

/**
 * Opens all nets of a file, as `openCheckpoint`, where more is known than the file says.
 *
 * @throws as `openWeights`
 */
export async function openNets(
  source: ByteSource,
  { settings, stated, families = FAMILIES }: OpenNetsOptions = {},
): Promise<readonly Weights[]> {
  const whole = await gatherShards(source);
  try {
    const container = await sniffContainer(whole);
    const nets = await findSafeNets(whole, container, { name: whole.name, settings, stated, families });
    return nets.map((net) => makeWeights(net, whole, container, families));
  } catch (error) {
    if (whole !== source && isSharded(whole)) await closeShards(whole);
    throw error;
  }
}

/**
 * All files of a checkpoint as one source: with the index of a sharded one come the shards beside it, and anything else
 * is itself.
 *
 * @throws FormatError as `sniffContainer` and `openShards`
 */
export async function gatherShards(source: ByteSource): Promise<ByteSource> {
  if (isSharded(source) || (await sniffContainer(source)) !== 'safetensors-index') return source;
  const { openSibling } = source;
  if (openSibling) return openShards(source, openSibling);
  throw new FormatError(
    'E_ST_SHARD',
    `openCheckpoint: ${source.name} is the index of a sharded checkpoint, and its shards cannot be reached from it. Give ` +
      `the source an openSibling(name) that opens them, or open a model folder with openModel.`,
  );
}

/** As `findNets`, of a file in which no pickle, wherever it lies, is worth a warning. */
async function findSafeNets(source: ByteSource, container: Container, searched: SearchedFile): Promise<FoundNet[]> {
  const failure = judgeCensus(await takeCensus(source, container), source.name);
  if (failure instanceof UnsafeFileError) throw failure;
  let nets: FoundNet[];
  try {
    nets = await findNets(source, container, searched);
  } catch (error) {
    // What the readers say is more to the point, if it is more than that they know no such net or program.
    const { code } = error instanceof FormatError ? error : {};
    const isLess =
      code === 'E_ARCHITECTURE' || (code === 'E_FORMAT_UNKNOWN' && failure?.code === 'E_PICKLE_UNKNOWN_CALL');
    throw failure && isLess ? failure : error;
  }
  if (failure) throw failure;
  return nets;
}

async function findNets(source: ByteSource, container: Container, searched: SearchedFile): Promise<FoundNet[]> {
  switch (container) {
    case 'torch-zip':
      return findTorchNets(await openTorchZip(source), searched);
    case 'torch-legacy':
      return findTorchNets(await openTorchLegacy(source), searched);
    case 'safetensors':
      return findStateDictNets(await listSafetensors(source), searched);
    case 'safetensors-index':
      // gatherShards has seen to it that the shards are there.
      return findStateDictNets(await listShardedSafetensors(source as ShardedSource), searched);
    case 'pickle':
      return (await findPickledNets(source, searched)) ?? refuseBarePickle(source);
    case 'npz':
      return findStateDictNets(await openArrays(source), searched);
    case 'npy':
      throw unknownNet(searched, 'a NumPy array');
  }
}

/** The arrays of an archive; an error for one of a type that is not read, such as objects, which is a pickle. */
async function openArrays(source: ByteSource): Promise<Map<string, TensorData | FormatError>> {
  const arrays = new Map<string, TensorData | FormatError>();
  for (const [name, open] of await listNpz(source)) {
    arrays.set(
      name,
      await open().catch((error: unknown) => {
        if (error instanceof FormatError && error.code === 'E_NPY_DTYPE') return error;
        throw error;
      }),
    );
  }
  return arrays;
}
