/** Plans whose steps are timed on the CPU: both nets of the official dVAE, and what two transformers run to draw. */
import type { Device, RunInputs } from '../engine/index.ts';
import { OFFICIAL_DECODER, OFFICIAL_ENCODER } from '../nets/dvae/architecture.ts';
import { Dvae } from '../nets/dvae/dvae.ts';
import { imagePositions, textPositions } from '../nets/transformer/architecture.ts';
import { createCaches } from '../nets/transformer/caches.ts';
import { nextInputs, nextLogits } from '../nets/transformer/sequence.ts';
import { deriveTables } from '../nets/transformer/tables.ts';
import { growTree } from '../nets/weight-tree.ts';
import type { Precision } from '../nets/weight-tree.ts';
import { compile } from '../ops/index.ts';
import type { Compiled, Tensor } from '../ops/index.ts';
import { createRandom } from '../test/helpers/random.ts';
import { makeWeights } from './generated-weights.ts';
import type { TransformerModel } from './peers/transformer-peer.ts';
import { halveModel, makeRandomModel, PAPER_SHAPED, readEmojiModel } from './transformer-models.ts';

/** A plan, and numbers to run it on. */
export interface ProfiledNet {
  readonly name: string;
  readonly plan: Compiled<Tensor>;
  readonly inputs: RunInputs;
  dispose(): void;
}

export interface NetMaker {
  readonly name: string;
  make(device: Device): Promise<ProfiledNet>;
}

const random = createRandom(20211);

function dvaeNet(half: 'encode' | 'decode', precision: Precision): NetMaker {
  const name = `official ${half} 256²${precision === 'half' ? ', halves' : ''}`;
  return {
    name,
    async make(device) {
      const weights = makeWeights(half === 'encode' ? OFFICIAL_ENCODER : OFFICIAL_DECODER);
      const dvae = new Dvae(half === 'encode' ? { encoder: weights } : { decoder: weights }, { device, precision });
      const plan = dvae.planFor(half, half === 'encode' ? [1, 3, 256, 256] : [1, 32, 32]);
      const pixels = Float32Array.from({ length: 3 * 256 * 256 }, () => 0.1 + 0.8 * random.uniform());
      const x = half === 'encode' ? pixels : random.integers(1024, 0, 8191);
      return { name, plan, inputs: { x }, dispose: () => plan.dispose() };
    },
  };
}

/** A step in the middle of the picture, or the text before it. */
function transformerNet(
  model: string,
  work: 'step' | 'text',
  batch: number,
  makeModel: () => Promise<TransformerModel>,
): NetMaker {
  const name = `${model}, ${work}${batch > 1 ? `, batch ${batch}` : ''}`;
  return {
    name,
    async make(device) {
      const { architecture, tensors, text } = await makeModel();
      const caches = createCaches(architecture, batch);
      const tree = growTree(deriveTables(architecture, tensors));
      const [texts, first] = [textPositions(architecture), imagePositions(architecture) >> 1];
      const plan = compile(
        device,
        (given) => nextLogits(architecture, tree, work === 'step' ? 'image' : 'text', { ...given, caches, batch }),
        work === 'step' ? nextInputs(batch, 1) : nextInputs(1, texts),
      );
      const inputs =
        work === 'step'
          ? { tokens: new Int32Array(batch), position: [texts + first] }
          : { tokens: text, position: [0] };
      return {
        name,
        plan,
        inputs,
        dispose() {
          plan.dispose();
          for (const layer of caches) for (const cache of layer.values()) cache.dispose();
        },
      };
    },
  };
}

const large = async (): Promise<TransformerModel> => makeRandomModel('100 million', PAPER_SHAPED);
const largeInHalves = async (): Promise<TransformerModel> => halveModel(await large());

export const profiledNets: readonly NetMaker[] = [
  dvaeNet('encode', 'full'),
  dvaeNet('decode', 'full'),
  dvaeNet('encode', 'half'),
  dvaeNet('decode', 'half'),
  transformerNet('emoji', 'step', 1, readEmojiModel),
  transformerNet('emoji', 'step', 8, readEmojiModel),
  transformerNet('emoji', 'text', 1, readEmojiModel),
  transformerNet('100 million', 'step', 1, large),
  transformerNet('100 million, halves', 'step', 1, largeInHalves),
  transformerNet('100 million', 'text', 1, large),
];
