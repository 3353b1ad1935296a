/**
 * What a family of checkpoints says of itself: by what its nets are found in a file, what they are called, how their
 * sizes are read, and how one is written back. A family is a folder that has such an entry, and a line in
 * all-families.ts. Nothing else of the converter names one: everything asks the table.
 */
import type { FileTensor } from '../contents/file-tensors.ts';
import type { Shapes } from '../contents/shapes.ts';
import type { ModuleRecord } from '../contents/state-dict.ts';
import type { ClipActivation } from '../../nets/clip/architecture.ts';
import type { NetArchitecture, NetPart } from '../../nets/net-kinds.ts';
import type { KnownModel } from '../known-models/known-model.ts';
import type { SamplingDefaults } from '../../nets/sampling/defaults.ts';
import type { PickleValue } from '../pickle/records.ts';
import type { TensorData } from '../../nets/weights.ts';

export interface Family<Architecture extends NetArchitecture = NetArchitecture> {
  /** The name of its folder. */
  readonly name: string;
  /** Its nets by the names people know them by, from the particular to the general: the first that fits is it. */
  readonly known: readonly Fingerprint[];
  /** How its checkpoints are read and written; absent where dalle-gl has no net for them yet. */
  readonly form?: CheckpointForm<Architecture>;
  /** Published models of it that may be called by name [none]. */
  readonly models?: readonly KnownModel[];
  /** The tokenizers of others' that its nets read text by; absent where they read none. */
  readonly tokenizers?: readonly FamilyTokenizer[];
}

/** A tokenizer that nets of a family were trained with, by the type of its model in `tokenizer.json`. */
interface FamilyTokenizer {
  readonly type: string;
  /** Whether its programs give it the text as it is, capitals and all, where a file does not say [false]. */
  readonly keepsCase?: boolean;
}

/** A net that is known by name. */
export interface RecognisedNet {
  readonly name: string;
  /** What of it dalle-gl can use, or why nothing: one sentence without a stop. */
  readonly note: string;
  /** Whether `convert` takes it. */
  readonly isSupported: boolean;
}

interface Fingerprint extends RecognisedNet {
  /** Tensors that all must be there, each with its rank behind a colon: `blocks.input.w:4`. */
  readonly tensors: readonly string[];
}

/** What holds for all weights of a family, and goes into `model.json` unless the caller says otherwise. */
export interface Provenance {
  /** Of the weights, as their authors state it. */
  readonly licence?: string;
  /** What whoever uses them must know, said when they are converted: a sentence with a stop. */
  readonly notice?: string;
  /** How their authors draw with them. */
  readonly sampling?: SamplingDefaults;
}

/** How the checkpoints of a family are laid out. */
export interface CheckpointForm<Architecture extends NetArchitecture = NetArchitecture> extends Provenance {
  /** What of it is taken, as it goes on after "dalle-gl reads". */
  readonly reads: string;
  /** Tensors by which its nets are found. */
  readonly anchors: readonly Anchor[];
  /** Its nets as pickled modules; absent where only their tensors are read. */
  readonly modules?: ModuleForm<Architecture>;
  /** Keys beside the weights that are read; the nearest dictionary around them that has the first is meant [none]. */
  readonly settings?: readonly string[];
  /** The same in a file of its own; absent where nobody writes such a file. */
  readonly settingsFile?: SettingsFile;
  /** Whether its nets are read out of TorchScript archives too; any other such archive is refused [false]. */
  readonly isInPrograms?: boolean;
  /** The name that a tensor bears from now on, where a program calls it otherwise; absent where all are kept. */
  ownName?(name: string): string;
  /**
   * The tensors of a place under these names, joined or turned as the net has them; absent where all are taken as they
   * are.
   */
  regroup?(own: ReadonlyMap<string, FileTensor>): ReadonlyMap<string, FileTensor>;
  /**
   * What such a net is.
   *
   * @returns undefined where the file does not say
   * @throws FormatError `E_ARCHITECTURE`, `E_NET_UNSUPPORTED`
   */
  readArchitecture(found: FoundTensors): Architecture | undefined | Promise<Architecture | undefined>;
  /**
   * Which nets a tensor is of, where several lie under one prefix: it may be of more than one. None for a tensor that
   * nobody knows. Absent where each net has names of its own.
   */
  partsOf?(name: string): readonly NetPart[];
  /** Why a tensor of the file is not needed; undefined for one that is, or that nobody knows. */
  whyLeftOut?(name: string): string | undefined;
  /**
   * Whether the tensors of such a net bear this family's names, in a checkpoint and in a model folder. Absent where its
   * `ownName` gives them those of another, which then writes them.
   */
  owns?(architecture: NetArchitecture): boolean;
  /**
   * What the net's own code calls a tensor; undefined for no tensor of it. Absent where it calls all of them the same.
   */
  netName?(name: string): NetName | undefined;
  /** How its authors draw with such a net, where that depends on its sizes [`sampling`]. */
  samplingOf?(architecture: Architecture): SamplingDefaults | undefined;
  /** What the family's own programs load, made around a state dict; absent where that is the state dict itself. */
  wrapStateDict?(architecture: Architecture, stateDict: PickleValue): PickleValue;
}

/** A tensor whose name only one net has. */
export interface Anchor {
  readonly name: string;
  /** Names that must be beside it. */
  readonly beside?: readonly string[];
  /**
   * The part its net is, be it by the shape of this tensor, or by what else is beside it; undefined for a shape that no
   * such net has.
   */
  readonly part: NetPart | ((shape: readonly number[], has: (name: string) => boolean) => NetPart | undefined);
  /** What begins so among the net's own names is no net by itself [nothing]. */
  readonly within?: readonly string[];
  /** Nor is one that larger nets hold under this name, for a purpose of their own. */
  readonly outside?: string;
}

/** Pickled modules, read as the state dict they hold if they are built as they should be. */
export interface ModuleForm<Architecture extends NetArchitecture = NetArchitecture> {
  /** The part that a net of such a class is. */
  readonly parts: ReadonlyMap<string, NetPart>;
  /** Every class that such nets consist of: a pickle may name them. */
  readonly classes: readonly string[];
  /** Throws FormatError `E_ARCHITECTURE`. */
  readArchitecture(modules: readonly ModuleRecord[]): Architecture;
  /** Throws FormatError `E_ARCHITECTURE` unless the modules are those of such a net, built as it is computed here. */
  check(architecture: Architecture, modules: readonly ModuleRecord[]): void;
}

/** What lies around weights, or in a file beside them, and says what they are. */
export type SavedSettings = ReadonlyMap<string, PickleValue>;

/** A file that has such settings and no weights. */
export interface SettingsFile {
  /** The part it belongs to. */
  readonly part: NetPart;
  /** Whether these are such settings. */
  isSuch(entries: SavedSettings): boolean;
  /**
   * The settings that a text holds; undefined for a text of another kind. Absent where such a file is no text.
   *
   * @throws FormatError `E_ARCHITECTURE` for a text of this kind that cannot be read
   */
  readText?(text: string): SavedSettings | undefined;
  /** What to do with it, as it goes on after "convert the weights": for whoever has only these. */
  readonly companion: string;
  /** What it is and what to name beside it, as it goes on after "auxiliary.pt is". */
  readonly alone: string;
}

/** What a caller says of nets whose files do not. */
export interface StatedSettings {
  /** Of a CLIP whose file does not say what it was trained with [what the file says, or a config beside it]. */
  readonly activation?: ClipActivation;
}

/** The tensors of a net in a file, and what lies around them. */
export interface FoundTensors {
  /** By the family's own names. */
  readonly shapes: Shapes;
  /** What tells such nets apart that have the same shapes; undefined for a tensor that cannot be read. */
  dataOf(name: string): TensorData | undefined;
  /** What other nets of the same dictionary have, by their names there [nothing]. */
  readonly others?: Shapes;
  readonly settings: SavedSettings | undefined;
  readonly stated?: StatedSettings | undefined;
  /** For messages. */
  readonly sourceName: string;
}

/** The net's name, and where the file's tensor has more axes: the ones to keep, all others being of length one. */
export interface NetName {
  readonly name: string;
  readonly keepAxes?: readonly number[];
}

/** How a net's checkpoints are laid out, by whose names its tensors bear. */
export function formOf(architecture: NetArchitecture, families: readonly Family[]): CheckpointForm | undefined {
  return families.find(({ form }) => form?.owns?.(architecture))?.form;
}

/** Whether every family that a known model needs is read. */
export function isReadable(model: KnownModel, families: readonly Family[]): boolean {
  return model.families.every((name) => families.some((family) => family.name === name && family.form !== undefined));
}

/** Everything that is read, as it goes on after "dalle-gl reads". */
export function listReadable(families: readonly Family[]): string {
  const forms = families.flatMap(({ form }) => (form ? [form.reads] : []));
  return forms.length > 1 ? `${forms.slice(0, -1).join(', ')}, and ${forms.at(-1)}` : forms.join();
}
