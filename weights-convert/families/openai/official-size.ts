/**
 * Weights of the full official size without OpenAI's files: a documented integer generator, bit-equal in any language.
 * Nothing in it rounds except one conversion named below, so NumPy and PyTorch make the same bits. It follows no
 * trained model; scales are chosen so that activations stay near 1 and tokens vary over a photograph.
 *
 * All arithmetic on `u32` wraps modulo 2^32. `mix` is the hash (shifts are logical; constants of Chris Wellons'
 * public-domain lowbias32):
 *
 *     mix(x):  x ^= x >> 16;  x *= 0x7feb352d;  x ^= x >> 15;  x *= 0x846ca68b;  x ^= x >> 16;  return x
 *
 * `net` is 1 for the encoder and 2 for the decoder; `t` numbers the tensors of one net from 0 in the order of
 * `expectedTensors` (nets/dvae/architecture.ts: the state dict's order, `.w` before `.b`); `i` numbers the elements of
 * a tensor from 0 in row-major (OIHW) order:
 *
 *     stream = mix(net * 65536 + t)
 *     h      = mix(mix(i XOR stream) + stream)
 *     k      = (h >> 8) - 2^23                      an integer in [-2^23, 2^23)
 *     value  = k * 2^(-23 - e)                      exact in float32, uniform in [-2^-e, 2^-e)
 *
 * For a bias, e = 4. For a weight, e is the largest integer (it may be negative) with 3 * g * 4^e <= 2 * f, which
 * makes the variance g / f within a factor of two. f = inputs * kernel * kernel, and
 *
 *     g = 16    encoder blocks.input.w          (neighbouring pixels are alike, so their sum needs less)
 *     g = 1     every id_path.w                 (no ReLU before it)
 *     g = 2048  every res_path.conv_4.w         (2, times 32^2: post_gain 1/64 then leaves half, not 1/64)
 *     g = 1/8   decoder blocks.output.conv.w    (pixels stay inside the sigmoid's middle)
 *     g = 1, f = 1   decoder blocks.input.w     (its input is one-hot: one element counts)
 *     g = 2     every other weight
 *
 * One exception: the bias of the encoder's blocks.input makes mid-grey zero, else its mean would drown the picture.
 * For output channel o, with s the exact sum of k over that channel's weights (|s| < 2^31) and e their exponent,
 * b[o] = float32(0 - s) * 2^(-24 - e), where float32() rounds to nearest, ties to even: the only rounding there is.
 *
 * Test vectors at the official sizes, first four float32 values in shortest decimal form:
 *
 *     encoder blocks.input.w        -0.2959495186805725  -0.36254340410232544  0.11030501127243042  0.06611663103103638
 *     encoder blocks.input.b        -0.22093665599822998  0.0043114423751831055  3.1584155559539795  2.62161922454834
 *     decoder blocks.output.conv.b  -0.03580513596534729  -0.03294897824525833  0.002973414957523346
 *     0.001983232796192169
 *
 * and the SHA-256 of all tensors of a net in order, as raw little-endian float32 (NumPy gives the same):
 *
 *     encoder bb5e0289d387b5ddf3e5aa8ac7d442289b9832dcbeed9a1ca66a8a76c9640d19
 *     decoder 4e50e65e3de215332773e6ce3a87832efb3454a70cb8edcea19bcf01262c67fb
 *
 * With scikit-image's astronaut (256×256, mapPixels) the encoder gives about 60 different tokens, the two best logits
 * of a position differ by 0.001 or more, and no activation exceeds 20.
 */
import { expectedTensors } from '../../../nets/dvae/tensors.ts';
import { OFFICIAL_DECODER, OFFICIAL_ENCODER, type DvaeArchitecture } from '../../../nets/dvae/architecture.ts';

/** One tensor of a generated net; `make` computes its values, row-major. */
interface GeneratedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  make(): Float32Array;
}

/** The two nets at the sizes OpenAI released: 215 MB and 175 MB of float32. */
export const OFFICIAL_SIZES: readonly DvaeArchitecture[] = [OFFICIAL_ENCODER, OFFICIAL_DECODER];

const BIAS_EXPONENT = 4;

function mix(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** The integers `k` of tensor `t` of a net, exact in float32. */
function makeIntegers(net: number, t: number, length: number): Float32Array {
  const stream = mix(net * 65536 + t);
  const integers = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    const hash = mix((mix(i ^ stream) + stream) | 0);
    integers[i] = (hash >>> 8) - 0x800000;
  }
  return integers;
}

/** Fan-in `f` and gain `g` of a weight, by the table in this file's head. */
function weightScale(kind: DvaeArchitecture['kind'], name: string, shape: readonly number[]): { f: number; g: number } {
  const f = shape.slice(1).reduce((product, size) => product * size, 1);
  if (name === 'blocks.input.w') return kind === 'dvae-encoder' ? { f, g: 16 } : { f: 1, g: 1 };
  if (name === 'blocks.output.conv.w') return { f, g: kind === 'dvae-decoder' ? 1 / 8 : 2 };
  if (name.endsWith('.id_path.w')) return { f, g: 1 };
  return { f, g: name.endsWith('.res_path.conv_4.w') ? 2048 : 2 };
}

/** The largest integer e with 3·g·4^e ≤ 2·f. */
function weightExponent({ f, g }: { f: number; g: number }): number {
  let exponent = -32;
  while (3 * g * 4 ** (exponent + 1) <= 2 * f) exponent++;
  return exponent;
}

function scaleInPlace(values: Float32Array, factor: number): Float32Array {
  for (let i = 0; i < values.length; i++) values[i] = values[i]! * factor;
  return values;
}

/** The bias that makes mid-grey zero: minus half of each filter's sum. `integers` are the filters', [outputs, f]. */
function centringBias(integers: Float32Array, outputs: number, exponent: number): Float32Array {
  const size = integers.length / outputs;
  return Float32Array.from({ length: outputs }, (_, o) => {
    let sum = 0;
    for (let i = o * size; i < (o + 1) * size; i++) sum += integers[i]!;
    return Math.fround(0 - sum) * 2 ** (-24 - exponent);
  });
}

/**
 * The tensors of a net, generated one at a time as they are asked for.
 *
 * @param architecture sizes of the net; the recipe is tuned for the official ones
 * @returns one entry a tensor, in the order of `expectedTensors`
 */
export function generateTensors(architecture: DvaeArchitecture): GeneratedTensor[] {
  const { kind } = architecture;
  const net = kind === 'dvae-encoder' ? 1 : 2;
  const specs = [...expectedTensors(architecture)];
  return specs.map(([name, shape], t) => ({
    name,
    shape,
    make(): Float32Array {
      const length = shape.reduce((product, size) => product * size, 1);
      if (name.endsWith('.w')) {
        return scaleInPlace(makeIntegers(net, t, length), 2 ** (-23 - weightExponent(weightScale(kind, name, shape))));
      }
      if (t === 1 && kind === 'dvae-encoder') {
        const [weight, weightShape] = specs[0]!;
        const integers = makeIntegers(net, 0, length * weightShape.slice(1).reduce((a, b) => a * b, 1));
        return centringBias(integers, length, weightExponent(weightScale(kind, weight, weightShape)));
      }
      return scaleInPlace(makeIntegers(net, t, length), 2 ** (-23 - BIAS_EXPONENT));
    },
  }));
}
