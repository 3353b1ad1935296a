/**
 * What the transformer suite asks of whoever draws image tokens one by one from caches of keys and values. B candidates
 * of one text, V image tokens.
 */
import type { TransformerArchitecture } from '../../nets/transformer/architecture.ts';
import type { TensorData } from '../../nets/weights.ts';

/** A transformer in memory, by the names of nets/transformer/architecture.ts, and what it is given to read. */
export interface TransformerModel {
  readonly name: string;
  readonly architecture: TransformerArchitecture;
  readonly tensors: ReadonlyMap<string, TensorData>;
  /** Whether its weights were rounded to half, and take 2 bytes: its logits differ from the others' by more. */
  readonly isHalf?: boolean;
  /** One prompt, i32 [text positions], pads in place. */
  readonly text: Int32Array;
}

/** Bytes of textures. An engine that keeps one ledger for everything tells `peak` alone. */
export interface TextureBytes {
  readonly weights?: number;
  /** Keys and values. */
  readonly states?: number;
  /** The most that was allocated at a time, all things together. */
  readonly peak: number;
}

export interface TransformerPeer {
  readonly name: string;
  /** Reads the text anew: logits of the first image token of every candidate, [B, V]. */
  read(): Promise<ArrayLike<number>>;
  /** The image token at `position` (0 to H·W − 2) of every candidate → logits of the one after it, [B, V]. */
  step(position: number, tokens: Int32Array): Promise<ArrayLike<number>>;
  /** Undefined where there are no textures. */
  textureBytes(): TextureBytes | undefined;
  /** Of ours on the CPU alone: bytes of weights that a step must read. */
  readonly stepBytes?: number;
  /** As in its model. */
  readonly isHalf?: boolean;
  /** As those of a contender, where it computes in a process of its own. */
  readonly elsewhere?: boolean;
  cpuTime?(): number;
  dispose(): Promise<void>;
}
