/**
 * Files of relatives of which one tensor is gone, of no size, of whole numbers or of a type that nobody reads: each is
 * refused in a paragraph that names the file, the family and the tensor.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../base/node/package-files.ts';
import { sourceFromBytes } from '../../weights-convert/index.ts';
import { openNets } from '../../weights-convert/open-weights.ts';
import { openSafetensors } from '../../weights-convert/safetensors/read-safetensors.ts';
import { readNumbers, type Numbers } from '../helpers/rewritten-checkpoint.ts';

const at = (path: string): string => join(packageRoot, path);

interface Relative {
  readonly family: string;
  /** What its files are called in the errors about tensors. */
  readonly called: RegExp;
  /** A tensor that tells a size, and one that tells none. */
  readonly telling: string;
  readonly other: string;
  readonly load: () => Promise<Map<string, Numbers>>;
}

async function readSafetensors(path: string): Promise<Map<string, Numbers>> {
  const { tensors } = await openSafetensors(sourceFromBytes(readFileSync(path), path));
  const numbers = new Map<string, Numbers>();
  for (const [name, tensor] of tensors) numbers.set(name, { shape: tensor.shape, values: await tensor.read() });
  return numbers;
}

const relatives: readonly Relative[] = [
  {
    family: 'min-dalle',
    called: /the text encoder of a DALL·E mini/,
    telling: 'embed_positions.weight',
    other: 'layers.1.glu.ln0.bias',
    load: () => readNumbers(at('weights-convert/corpus/min-dalle/encoder.pt')),
  },
  {
    family: 'min-dalle',
    called: /the image decoder of a DALL·E mini/,
    telling: 'embed_positions.weight',
    other: 'layers.1.glu.ln0.bias',
    load: () => readNumbers(at('weights-convert/corpus/min-dalle/decoder.pt')),
  },
  {
    family: 'clip',
    called: /a CLIP/,
    telling: 'text_projection',
    other: 'ln_final.bias',
    load: () => readSafetensors(at('weights-convert/corpus/clip/openai.safetensors')),
  },
  {
    family: 'taming',
    called: /a vqgan-encoder/,
    telling: 'encoder.conv_in.weight',
    other: 'encoder.norm_out.bias',
    load: async () => without(await readNumbers(at('test/golden/vqgan/two-levels.ckpt')), /^loss\.|^exp_avg/),
  },
  {
    family: 'min-dalle-detokeniser',
    called: /a vqgan-decoder/,
    telling: 'decoder.up.0.block.0.conv1.weight',
    other: 'decoder.norm_out.bias',
    load: () => readNumbers(at('test/golden/vqgan/two-levels.detoker.pt')),
  },
];

function without(numbers: Map<string, Numbers>, names: RegExp): Map<string, Numbers> {
  return new Map([...numbers].filter(([name]) => !names.test(name)));
}

const BYTES: Readonly<Record<string, number>> = { F32: 4, I8: 1, U8: 1, BOOL: 1, I64: 8, F8_E4M3: 1 };

/** Safetensors of these shapes; what the numbers are does not matter here. */
function write(numbers: ReadonlyMap<string, Numbers>, dtypes: Readonly<Record<string, string>> = {}): Uint8Array {
  let end = 0;
  const entries = [...numbers].map(([name, { shape }]) => {
    const dtype = dtypes[name] ?? 'F32';
    const begin = end;
    end += shape.reduce((product, size) => product * size, BYTES[dtype]!);
    return [name, { dtype, shape, data_offsets: [begin, end] }];
  });
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, new Uint8Array(end)]);
}

async function refusal(bytes: Uint8Array): Promise<Error> {
  const source = sourceFromBytes(bytes, 'weights.safetensors');
  const error: unknown = await openNets(source, { stated: { activation: 'quick-gelu' } }).catch((reason) => reason);
  const { message } = error as Error;
  expect(message).toContain('weights.safetensors');
  expect(message).not.toContain('\n');
  expect(message.length).toBeLessThan(1500);
  return error as Error;
}

describe.each(relatives)('$family, $called', ({ family, called, telling, other, load }) => {
  test('is read as it is', async () => {
    const source = sourceFromBytes(write(await load()), 'weights.safetensors');
    const [net] = await openNets(source, { stated: { activation: 'quick-gelu' } });
    expect(net!.family).toBe(family);
  });

  test('without a tensor that tells a size', async () => {
    const numbers = await load();
    numbers.delete(telling);
    const { message } = await refusal(write(numbers));
    expect(message).toContain(telling);
    expect(message).toMatch(new RegExp(`family ${family}|${called.source}|VQGAN`));
  });

  test.each([
    ['no size at all', []],
    ['one size', [7]],
    ['sizes of nothing', [0, 0]],
    ['more sizes than any', [1, 1, 1, 1, 1, 1]],
  ])('with one of %s', async (_, shape) => {
    const numbers = (await load()).set(telling, { shape, values: new Float32Array() });
    const { message } = await refusal(write(numbers));
    expect(message).toContain(telling);
    expect(message).toMatch(new RegExp(`family ${family}|${called.source}|VQGAN`));
  });

  test.each(['I8', 'U8', 'BOOL', 'I64'])('of %s, as what is quantised is', async (dtype) => {
    const numbers = await load();
    const all = Object.fromEntries([...numbers.keys()].map((name) => [name, dtype]));
    for (const dtypes of [{ [other]: dtype }, all]) {
      const error = await refusal(write(numbers, dtypes));
      expect(error).toMatchObject({ code: 'E_TENSOR_DTYPE', message: expect.stringMatching(called) });
      expect(error.message).toContain(`(${dtype})`);
    }
  });

  test('of eight bits, which are not read', async () => {
    const numbers = await load();
    const all = Object.fromEntries([...numbers.keys()].map((name) => [name, 'F8_E4M3']));
    for (const [dtypes, named] of [
      [{ [telling]: 'F8_E4M3' }, telling],
      [{ [other]: 'F8_E4M3' }, other],
      [all, ''],
    ] as const) {
      const error = await refusal(write(numbers, dtypes));
      expect(error).toMatchObject({ code: 'E_TENSOR_DTYPE', message: expect.stringContaining('F8_E4M3') });
      expect(error.message).toContain(named);
    }
  });
});
