/**
 * What there is to know of a model that people call by its name: where its files lie, how long they are, whose they
 * are, and which nets it takes to read them. Families state their own; known-models.ts lists all. Nothing here
 * downloads.
 */

/** One file of a known model. */
export interface KnownFile {
  readonly url: string;
  /** Its exact length, where somebody wrote it down. */
  readonly bytes?: number;
  /** Its length as its tensors tell it, or as others round it; absent for small files and where nobody knows. */
  readonly about?: number;
  /** Lower-case hex, where it is known. */
  readonly sha256?: string;
  /** Of an archive: the same of what others state, which tells damage and not deceit. */
  readonly md5?: string;
  /** Of an archive that is unpacked while it is converted: the bytes that it holds, roughly. */
  readonly unpacked?: number;
}

/** A model that may be called by name. */
export interface KnownModel {
  readonly name: string;
  /** What it does, as it goes on after its name and a colon. */
  readonly what: string;
  /** The language of its texts; absent where it takes none. */
  readonly language?: 'English' | 'Russian';
  /** Whose the weights are, as far as it is said. */
  readonly licence: string;
  /** The families of checkpoints that its files belong to, all of which must be read. */
  readonly families: readonly string[];
  /** In the order in which they are converted. */
  readonly files: readonly KnownFile[];
  /** How many numbers the files keep as halves and as floats, of those that are taken. */
  readonly numbers: { readonly halves: number; readonly floats: number };
}

/** The model of that name, exactly as it is written. */
export function findKnownModel(name: string, models: readonly KnownModel[]): KnownModel | undefined {
  return models.find((model) => model.name === name);
}

/** Bytes that a file has, as far as they are known; 0 where nobody knows. */
export function fileBytes({ bytes, about }: KnownFile): number {
  return bytes ?? about ?? 0;
}

/** Bytes that the model folder of it takes, headers aside. Without a dtype halves stay halves. */
export function outputBytes({ numbers }: KnownModel, dtype: 'f32' | 'f16' | undefined): number {
  const { halves, floats } = numbers;
  if (dtype === undefined) return 2 * halves + 4 * floats;
  return (dtype === 'f16' ? 2 : 4) * (halves + floats);
}
