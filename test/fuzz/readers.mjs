/**
 * Everything that reads a file somebody gives us, with what must hold whatever its bytes are: a result or one of our
 * errors, few reads, no large buffer.
 */
import { Readable } from 'node:stream';
import { asked, forgetAsked } from '../hostile/watch-memory.mjs';
import { DalleError } from '../../dist/base/errors.js';
import { readRecipe } from '../../dist/cli/recipe.js';
import { encodePng } from '../../dist/images/node/png.js';
import { openTokenizer } from '../../dist/nets/tokenizer/open-tokenizer.js';
import { decodeImage } from '../../dist/images/node/decode.js';
import { readPngText } from '../../dist/images/png-text.js';
import { sourceFromBytes } from '../../dist/weights-convert/byte-source.js';
import { inspectFile } from '../../dist/weights-convert/inspect/inspect-file.js';
import { parseManifest } from '../../dist/weights-convert/model-folder/manifest-json.js';
import { listNpz, openNpy } from '../../dist/weights-convert/numpy/npy-tensor.js';
import { readNpy } from '../../dist/weights-convert/numpy/npy.js';
import { readClipConfig } from '../../dist/weights-convert/families/clip/config.js';
import { readSettingsFile } from '../../dist/weights-convert/families/read-settings-file.js';
import { openNets } from '../../dist/weights-convert/open-weights.js';
import { isRecord, recordChildren } from '../../dist/weights-convert/pickle/records.js';
import { openSafetensors } from '../../dist/weights-convert/safetensors/read-safetensors.js';
import { parseShardIndex } from '../../dist/weights-convert/safetensors/shard-index.js';
import { readTokenizer } from '../../dist/weights-convert/model-folder/tokenizer-file.js';
import { joinPieces } from '../../dist/weights-convert/tokenizers/join-pieces.js';
import { readTokenizerPiece } from '../../dist/weights-convert/tokenizers/tokenizer-piece.js';
import { countElements, interpretTensor } from '../../dist/weights-convert/torch/tensor-record.js';
import { openTorchLegacy } from '../../dist/weights-convert/torch/torch-legacy.js';
import { openTorchZip } from '../../dist/weights-convert/torch/torch-zip.js';

const LARGEST_BUFFER = 64 * 2 ** 20;
const MOST_READS = 50_000;
/** Where no net is known nobody has bounded what views ask for: larger ones are not read here. */
const MOST_ELEMENTS = 2 ** 20;
/** Enough for every seed. A decoder's memory is its own, and not watched here. */
const MOST_PIXELS = 2 ** 18;

const readers = {
  // What somebody says beside a file leads deeper into it.
  convert: async (source) => {
    const nets = await openNets(source, { stated: { activation: 'quick-gelu' } });
    return readAll(nets.flatMap(({ tensors }) => [...tensors.values()]));
  },
  settings: async (source) => {
    const settings = await readSettingsFile(source);
    if (!settings) throw new DalleError('E_ARCHITECTURE', 'no settings');
    readClipConfig(settings.entries);
  },
  inspect: async (source) => {
    const { failure } = await inspectFile(source, { explain: true });
    if (failure) throw failure;
  },
  torchZip: async (source) => readTorch(await openTorchZip(source)),
  torchLegacy: async (source) => readTorch(await openTorchLegacy(source)),
  safetensors: async (source) => readAll([...(await openSafetensors(source)).tensors.values()]),
  npy: async (source) => (await openNpy(source)).read(),
  tokens: async (source) => void readNpy(await source.read(0, source.size)),
  picture: async (source) => void (await decodeImage(await source.read(0, source.size), { maxPixels: MOST_PIXELS })),
  pictureText: async (source) => void readPngText(await source.read(0, source.size)),
  npz: async (source) => {
    for (const open of (await listNpz(source)).values()) await (await open()).read();
  },
  tokenizer: async (source) => {
    if ((await readTokenizer(source)) === undefined) throw new DalleError('E_TOKENIZER_FILE', 'no tokenizer');
  },
  pieces: async (source) => {
    const { convert, ...piece } = (await readTokenizerPiece(source)) ?? {};
    if (convert) convert([]);
    joinPieces({ vocabulary: { '<s>': 0, '<pad>': 1, '</s>': 2, '<unk>': 3, Ġ: 4 }, merges: [], ...piece });
  },
  words: async (source) => {
    const tokenizer = await openTokenizer(await source.read(0, source.size), { startWorker: refuseOthers });
    tokenizer.decode(tokenizer.encode('A red heart, ☂ 42 &amp; “it’s”'));
    tokenizer.explain('a red heart');
  },
  manifest: (source) => parseManifest(source),
  index: async (source) => void parseShardIndex(new TextDecoder().decode(await source.read(0, source.size))),
  recipe: async (source) => {
    const text = new TextDecoder().decode(await source.read(0, source.size)).replaceAll('\0', ' ');
    const png = encodePng({ width: 1, height: 1, data: new Uint8Array(3) }, { 'dalle-gl': text });
    await readRecipe('-', { stdin: Readable.from([png]) });
  },
};

/** Tokenizers of others may take any time, in a process of their own: nothing for a fuzzer that waits for none. */
function refuseOthers() {
  throw new Error('of another form');
}

/**
 * Gives bytes to every reader.
 *
 * @param {Uint8Array} bytes
 * @param {Uint8Array} sibling the file that an index finds under any name
 * @returns {Promise<string[]>} codes of the errors; an empty text where it was read
 * @throws whatever is none of our errors, and Error where a bound is broken
 */
export async function readEverything(bytes, sibling) {
  const outcomes = [];
  for (const [name, read] of Object.entries(readers)) {
    const counted = countReads(bytes, sibling);
    forgetAsked();
    try {
      await read(counted.source);
      outcomes.push('');
    } catch (error) {
      if (!(error instanceof DalleError)) throw new Error(`${name}: ${error?.stack ?? error}`, { cause: error });
      if (error.message.length > 3000) throw new Error(`${name}: a message of ${error.message.length} characters`);
      outcomes.push(error.code);
    }
    if (asked.largest > LARGEST_BUFFER) throw new Error(`${name}: asked for a buffer of ${asked.largest} bytes`);
    if (counted.reads > MOST_READS) throw new Error(`${name}: read ${counted.reads} times`);
  }
  return outcomes;
}

function countReads(bytes, sibling) {
  const inner = sourceFromBytes(bytes, 'fuzzed');
  const counted = {
    reads: 0,
    source: {
      ...inner,
      openSibling: async (name) => sourceFromBytes(sibling, name),
      read: (offset, length) => {
        counted.reads++;
        return inner.read(offset, length);
      },
    },
  };
  return counted;
}

async function readAll(tensors) {
  for (const tensor of tensors) await tensor.read();
}

/** Every tensor below the root, each record visited once. */
async function readTorch(file) {
  const pending = [file.root];
  const seen = new Set(pending);
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    const tensor = interpretTensor(value, file.storages);
    if (tensor && countElements(tensor.shape) <= MOST_ELEMENTS) await file.readTensor(tensor);
    if (!isRecord(value)) continue;
    for (const [, child] of recordChildren(value)) {
      if (isRecord(child) && !seen.has(child)) pending.push(child);
      seen.add(child);
    }
  }
}
