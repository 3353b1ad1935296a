/** What looking for nets in a file gives, or the error that says there is none. */
import { FormatError } from '../../base/errors.ts';
import type { SavedSettings } from './dalle-pytorch/open-transformer.ts';
import type { LeftOutValue } from '../../nets/weights.ts';
import type { NetArchitecture } from '../../nets/net-kinds.ts';
import type { LeftOut, TakenOff, TensorData } from '../../nets/weights.ts';

/** A net and the tensors that the file has for it, not yet checked against each other. */
export interface FoundNet {
  readonly architecture: NetArchitecture;
  readonly tensors: ReadonlyMap<string, TensorData>;
  readonly takenOff?: readonly TakenOff[];
  readonly leftOut?: readonly LeftOut[];
  readonly leftOutValues?: readonly LeftOutValue[];
}

/** Where the nets are looked for. */
export interface SearchedFile {
  readonly name: string;
  /** What DALLE-pytorch keeps in a file of its own beside the weights, where training ran under DeepSpeed. */
  readonly settings?: SavedSettings | undefined;
}

/** An error about a file with no net that dalle-gl knows. */
export function unknownNet(sourceName: string, what: string): FormatError {
  return new FormatError(
    'E_ARCHITECTURE',
    `openWeights: ${sourceName} holds ${what}. dalle-gl reads an encoder or decoder of OpenAI's dVAE as a module ` +
      `(encoder.pkl, decoder.pkl) or a state dict, and transformers of its own and of DALLE-pytorch as saved by training.`,
  );
}
