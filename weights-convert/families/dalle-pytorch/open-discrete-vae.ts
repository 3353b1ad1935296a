/**
 * A DiscreteVAE of lucidrains/DALLE-pytorch, from the `.pt` of its train_vae.py, `{hparams, weights}`, or from under
 * `vae.` in that of a transformer, whose `vae_params` are those hparams. What it is is read from the shapes of its
 * tensors; what the file says beside them must agree.
 */
import {
  discreteVaeError,
  MAX_BLOCKS,
  MAX_LAYERS,
  readDiscreteVae,
  type DiscreteVaeArchitecture,
} from '../../../nets/discrete-vae/architecture.ts';
import type { Shapes } from '../../contents/shapes.ts';
import type { PlainValue } from '../../pickle/build-records.ts';
import { plainEntries } from '../../pickle/records.ts';
import type { SavedSettings } from '../family.ts';

/** Of no effect on what is computed: sizes of training's pictures, and its losses. */
const IGNORED: readonly string[] = [
  ...['image_size', 'smooth_l1_loss', 'temperature', 'straight_through', 'reinmax', 'kl_div_loss_weight'],
];

/** Settings that the tensors must bear out. */
const SEEN: readonly string[] = [
  ...['channels', 'num_layers', 'num_resnet_blocks', 'hidden_dim', 'num_tokens', 'codebook_dim'],
];

/**
 * The half whose tensors these are.
 *
 * @returns undefined if they are of neither half
 * @throws FormatError `E_ARCHITECTURE`
 */
export function readDiscreteVaeShapes(
  shapes: Shapes,
  settings: SavedSettings | undefined,
): DiscreteVaeArchitecture | undefined {
  const isEncoder = shapes.has('encoder.0.0.weight');
  if (!isEncoder && !shapes.has('decoder.0.weight') && !shapes.has('decoder.0.0.weight')) return undefined;
  const architecture = isEncoder ? readEncoder(shapes) : readDecoder(shapes);
  checkStated(architecture, settings);
  return architecture;
}

/** The `hparams` of a half, as its class takes them. */
export function describeDiscreteVaeParams(architecture: DiscreteVaeArchitecture): Map<string, PlainValue> {
  return new Map<string, PlainValue>(Object.entries(architecture).filter(([name]) => name !== 'kind'));
}

function readEncoder(shapes: Shapes): DiscreteVaeArchitecture {
  const num_layers = countFrom(0, MAX_LAYERS, (at) => shapes.has(`encoder.${at}.0.weight`));
  const num_resnet_blocks = countFrom(num_layers, MAX_BLOCKS, (at) => shapes.has(`encoder.${at}.net.0.weight`));
  const [hidden_dim, channels] = shapes.get('encoder.0.0.weight') ?? [];
  const [num_tokens] = shapes.get(`encoder.${num_layers + num_resnet_blocks}.weight`) ?? [];
  const sizes = { channels, num_layers, num_resnet_blocks, hidden_dim, num_tokens };
  return readDiscreteVae('discrete-vae-encoder', new Map(Object.entries(sizes)));
}

function readDecoder(shapes: Shapes): DiscreteVaeArchitecture {
  const hasBlocks = shapes.has('decoder.0.weight');
  const num_resnet_blocks = hasBlocks ? countFrom(1, MAX_BLOCKS, (at) => shapes.has(`decoder.${at}.net.0.weight`)) : 0;
  const firstLayer = hasBlocks ? 1 + num_resnet_blocks : 0;
  const num_layers = countFrom(firstLayer, MAX_LAYERS, (at) => shapes.has(`decoder.${at}.0.weight`));
  const [channels, hidden_dim] = shapes.get(`decoder.${firstLayer + num_layers}.weight`) ?? [];
  const [num_tokens, codebook_dim] = shapes.get('codebook.weight') ?? [];
  const sizes = { channels, num_layers, num_resnet_blocks, hidden_dim, num_tokens, codebook_dim };
  return readDiscreteVae('discrete-vae-decoder', new Map(Object.entries(sizes)));
}

/** How many in a row are there, from `first` on; one beyond the most that may be, where there are more. */
function countFrom(first: number, most: number, isThere: (at: number) => boolean): number {
  let count = 0;
  while (count <= most && isThere(first + count)) count++;
  return count;
}

/** What stands around the weights: of its own file its hparams, of a transformer's its vae_params. */
function checkStated(architecture: DiscreteVaeArchitecture, settings: SavedSettings | undefined): void {
  const stated = plainEntries(settings?.get(settings.has('vae_params') ? 'vae_params' : 'hparams'));
  if (!stated) return;
  const unknown = [...stated.keys()].filter((name) => !SEEN.includes(name) && !IGNORED.includes(name));
  if (unknown.length > 0) {
    const listed = unknown.slice(0, 8).map((name) => name.slice(0, 40));
    throw discreteVaeError(`hparams have fields of no known meaning, ${listed.join(', ')}`);
  }
  for (const [name, seen] of Object.entries(architecture)) {
    const value = stated.get(name);
    if (!SEEN.includes(name) || value === undefined || value === null || value === seen) continue;
    throw discreteVaeError(`hparams say that ${name} is ${String(value).slice(0, 20)}, and the tensors say ${seen}`);
  }
}
