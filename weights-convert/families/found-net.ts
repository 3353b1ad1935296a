/** What looking for nets in a file gives, or the error that says there is none. */
import { FormatError } from '../../base/errors.ts';
import type { NetArchitecture } from '../../nets/net-kinds.ts';
import type { LeftOut, LeftOutValue, TakenOff, TensorData } from '../../nets/weights.ts';
import { listReadable, type Family, type SavedSettings, type SettingsFile, type StatedSettings } from './family.ts';

/** A net and the tensors that the file has for it, not yet checked against each other. */
export interface FoundNet {
  /** The name of its family; absent for the nets of a model folder. */
  readonly family?: string;
  readonly architecture: NetArchitecture;
  readonly tensors: ReadonlyMap<string, TensorData>;
  readonly takenOff?: readonly TakenOff[];
  readonly leftOut?: readonly LeftOut[];
  readonly leftOutValues?: readonly LeftOutValue[];
}

/** Where the nets are looked for. */
export interface SearchedFile {
  readonly name: string;
  /** Of which families they may be. */
  readonly families: readonly Family[];
  /** What lies in a file of its own beside the weights. */
  readonly settings?: FoundSettings | undefined;
  /** What the caller says of them. */
  readonly stated?: StatedSettings | undefined;
}

/** What a file of settings says, and what file that is. */
export interface FoundSettings {
  readonly file: SettingsFile;
  readonly entries: SavedSettings;
}

/** An error about a file with no net that dalle-gl knows. */
export function unknownNet({ name, families }: SearchedFile, what: string): FormatError {
  return new FormatError(
    'E_ARCHITECTURE',
    `openWeights: ${name} holds ${what}. dalle-gl reads ${listReadable(families)}.`,
  );
}
