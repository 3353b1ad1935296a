/**
 * min-dalle's own classes on PyTorch's CPU, from a checkout that MIN_DALLE names: what tokens and pictures cost there.
 * Their sources are not in this repository.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import os from 'node:os';
import { join } from 'node:path';
import type { BartDecoderArchitecture, BartEncoderArchitecture } from '../../nets/bart/architecture.ts';
import type { VqganDecoderArchitecture } from '../../nets/vqgan/architecture.ts';
import type { TensorData, Weights } from '../../nets/weights.ts';
import type { Net } from './net.ts';
import { startPytorch } from './pytorch-process.ts';
import type { TransformerPeer } from './transformer-peer.ts';

/** @throws Error where no checkout is named */
export function findMinDalle(): string {
  const source = process.env['MIN_DALLE'];
  if (source !== undefined && existsSync(join(source, 'min_dalle/models/dalle_bart_decoder.py'))) return source;
  throw new Error(
    'MIN_DALLE does not name a checkout of min-dalle: git clone https://github.com/kuprel/min-dalle, and set it to that folder',
  );
}

interface MiniWeights {
  readonly encoder: Weights<BartEncoderArchitecture>;
  readonly decoder: Weights<BartDecoderArchitecture>;
}

/** @param text two rows, the prompt's and the empty one's @param batch candidates and as many twins */
export async function createMinDallePeer(
  threads: number,
  { encoder, decoder }: MiniWeights,
  text: Int32Array,
  batch: number,
): Promise<TransformerPeer> {
  const source = findMinDalle();
  const { name, ask, cpuTime, stop } = await startPytorch(threads);
  const folder = mkdtempSync(join(os.tmpdir(), 'dalle-gl-bench-'));
  const answer = join(folder, 'answer');
  const named = (prefix: string, { tensors }: MiniWeights[keyof MiniWeights]): [string, TensorData][] =>
    [...tensors].map(([tensor, data]) => [`${prefix}.${tensor}`, data]);
  const tensors = [...named('text_encoder', encoder), ...named('transformer', decoder)];
  const file = join(folder, 'weights.f32');
  const sizes = decoder.architecture;
  const { text_vocab, text_length } = encoder.architecture;
  const rows = [text.slice(0, text_length), text.slice(text_length)].map((row) => [...row]);
  await writeWeights(file, tensors);
  await ask({
    prepare: 'min-dalle',
    with: {
      ...{ source, file, answer, text: rows },
      tensors: tensors.map(([tensor, { shape }]) => [tensor, shape]),
      sizes: { ...sizes, text_vocab, candidates: batch / 2 },
    },
  });
  rmSync(file);
  const compute = async (position: number, tokens: readonly number[]): Promise<Float32Array> => {
    await ask({ do: 'run', given: [position, tokens] });
    return readNumbers(answer);
  };
  return {
    name: `min-dalle, ${name}`,
    elsewhere: true,
    cpuTime,
    read: () => compute(-1, []),
    step: (position, tokens) => compute(position, [...tokens]),
    textureBytes: () => undefined,
    async dispose() {
      stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A decoder of pictures: `run` ends with pixels [3, H, W] in memory. */
export async function createMinDalleDetokenizer(
  threads: number,
  { tensors }: Weights<VqganDecoderArchitecture>,
  tokens: Int32Array,
): Promise<Net> {
  const source = findMinDalle();
  const { name, ask, cpuTime, stop } = await startPytorch(threads);
  const folder = mkdtempSync(join(os.tmpdir(), 'dalle-gl-bench-'));
  const [file, answer] = ['weights.f32', 'answer'].map((part) => join(folder, part)) as [string, string];
  return {
    name: `min-dalle, ${name}`,
    elsewhere: true,
    cpuTime,
    hasGeneratedWeights: true,
    async prepare() {
      await writeWeights(file, [...tensors]);
      const shapes = [...tensors].map(([tensor, { shape }]) => [nameInDetokenizer(tensor), shape]);
      await ask({ prepare: 'detokenizer', with: { source, file, answer, tensors: shapes, tokens: [...tokens] } });
      rmSync(file);
    },
    async run() {
      await ask({ do: 'run' });
      return readNumbers(answer);
    },
    peakTextureBytes: () => undefined,
    dispose() {
      stop();
      rmSync(folder, { recursive: true });
    },
  };
}

function nameInDetokenizer(tensor: string): string {
  return tensor.replace(/^quantize\.embedding\./, 'embedding.');
}

async function writeWeights(path: string, tensors: readonly (readonly [string, TensorData])[]): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (const [, { read }] of tensors) await file.write(new Uint8Array((await read()).buffer));
  } finally {
    await file.close();
  }
}

function readNumbers(path: string): Float32Array {
  const bytes = readFileSync(path);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}
