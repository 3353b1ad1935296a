/**
 * Zip archives that are no checkpoint, known by the names in them: many programs save a model as a zip, and a name says
 * more to people than a method of compression.
 */

interface ForeignZip {
  /** One name of the archive that fits is enough. */
  readonly pattern: RegExp;
  /** What it is, and what to do: the end of a sentence. */
  readonly what: string;
}

const TORCH_SCRIPT: ForeignZip = {
  pattern: /(^|\/)(constants\.pkl|bytecode\.pkl|code\/__torch__(\.py|\/.+\.py))$/,
  what:
    'a TorchScript program (torch.jit.save), not a checkpoint. Load it in Python with torch.jit.load, save the ' +
    "model's state dict with torch.save, as in torch.save(model.state_dict(), 'weights.pt'), and convert that",
};

const FOREIGN_ZIPS: readonly ForeignZip[] = [
  {
    // Of exported programs; before TorchScript, since they may carry its files too.
    pattern: /(^|\/)(serialized_exported_program\.json|archive_format|models\/[^/]+\.json)$/,
    what:
      'a program of torch.export (.pt2), not a checkpoint. Load it in Python with torch.export.load, save its state ' +
      'dict (program.state_dict) with torch.save, and convert that',
  },
  TORCH_SCRIPT,
  {
    pattern: /(^|\/)model\.weights\.h5$/,
    what: 'a Keras model. dalle-gl reads PyTorch checkpoints, safetensors and NumPy arrays',
  },
  {
    pattern: /^\[Content_Types\]\.xml$|^META-INF\/|^mimetype$/,
    what: 'a document or a package, not a checkpoint. Pass the checkpoint instead',
  },
];

/** What an archive of these entries is, if it is one that other programs write; undefined if it is not known. */
export function recogniseForeignZip(names: Iterable<string>): string | undefined {
  return findForeign([...names])?.what;
}

function findForeign(names: readonly string[]): ForeignZip | undefined {
  return FOREIGN_ZIPS.find(({ pattern }) => names.some((name) => pattern.test(name)));
}

/** Whether an archive is TorchScript's, with data of its own beside the program: its data may be of use. */
export function isProgram(names: readonly string[]): boolean {
  const has = (file: string): boolean => names.some((name) => name === file || name.endsWith(`/${file}`));
  return findForeign(names) === TORCH_SCRIPT && has('data.pkl') && !has('bytecode.pkl');
}

/** The text of a program of TorchScript's, and where each line of it came from: all that such an archive compresses. */
export function isProgramText(name: string): boolean {
  return /^[^/]+\/code\/.+\.(py|debug_pkl)$/.test(name);
}
