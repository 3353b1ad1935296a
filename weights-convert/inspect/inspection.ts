/**
 * What looking at a file finds, as plain data that JSON can hold: its container, the names a pickle holds, its tensors,
 * the other values, and what net it is. inspect-file.ts fills it in; the command `dalle-gl inspect` prints it.
 *
 * Everything is bounded: a list that was cut says how many it left out.
 */
import type { GlobalStatus } from '../census/globals.ts';
import type { RecognisedNet } from '../families/family.ts';
import type { Container } from '../sniff.ts';

/** A list that a file cannot make longer than is useful. */
export interface Bounded<Item> {
  readonly items: readonly Item[];
  /** How many more there are. */
  readonly leftOut: number;
}

/** A class or function that a pickle names. */
export interface InspectedGlobal {
  /** `module.name`, in Python 3's spelling. */
  readonly name: string;
  readonly status: GlobalStatus;
  /** How often the pickles name it. */
  readonly count: number;
  /** How often Python would have called it. */
  readonly calls: number;
  /**
   * The first place that holds it, such as `root.state['_modules']`, or the pickle that names it, where that is not the
   * first of the file; null where nothing in the result does.
   */
  readonly place: string | null;
  /** Who says that it runs code (pickle/code-runners.ts explains the words); null for other names. */
  readonly source: string | null;
}

/** A pickle of the file. */
export interface InspectedPickle {
  /** Where it lies: empty for the first, else an entry of the zip, a byte, or what it is given to. */
  readonly place: string;
  readonly bytes: number;
  /** False if it breaks off. */
  readonly isWhole: boolean;
}

/** Names that Python would have called. */
interface InspectedCalls {
  /** They only make values. */
  readonly known: readonly string[];
  /** Nobody here knows what they do. */
  readonly unknown: readonly string[];
  readonly runCode: readonly string[];
}

/** A tensor that a file names. */
export interface InspectedTensor {
  /**
   * The way to it: in a state dict or a module, what `state_dict()` would call it. Cut after 200 characters, and
   * without what could disturb a terminal.
   */
  readonly name: string;
  /** As the file stores it, in safetensors' spelling: `F32`, `BF16`, `I64`. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Elements from one index to the next, by axis. */
  readonly stride: readonly number[];
  /** Elements of the storage before its first. */
  readonly offset: number;
  /** Which storage of the file it looks into, or which shard it is in; null where each tensor has its own. */
  readonly storage: string | null;
  /** Where the first element lies, in bytes of the file. */
  readonly position: number;
  /** Bytes of all its elements, each counted once for each index. */
  readonly bytes: number;
  /** Other tensors in the same storage, at most eight of them. */
  readonly sharedWith: readonly string[];
}

/** Something that is no tensor: a setting, a class, a step count. */
export interface InspectedValue {
  readonly path: string;
  /**
   * Numbers, text, booleans, null and lists of them in JSON's spelling; anything else in words. Cut after 200
   * characters.
   */
  readonly text: string;
}

/** One opcode of a pickle. */
export interface ExplainedOpcode {
  /** In bytes of the pickle. */
  readonly offset: number;
  readonly opcode: string;
  /** What it was given or made, in a few words; empty for none. */
  readonly argument: string;
  /** What it does, in a sentence. */
  readonly effect: string;
  /** Values on the stack afterwards. */
  readonly depth: number;
}

/** Why something cannot be done with the file. */
interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** A part of the file that is not as it should be. */
export interface InspectedProblem extends Refusal {
  readonly place: string;
}

/** What a file holds. */
export interface Inspection {
  readonly name: string;
  readonly bytes: number;
  readonly container: Container;
  /** Published nets that its tensors look like, by names and shapes alone. */
  readonly looksLike: readonly RecognisedNet[];
  /** The nets that a conversion would write, in words. */
  readonly nets: readonly string[];
  /** Why a conversion would refuse the file; null if it would not. */
  readonly refusal: Refusal | null;
  /** Every pickle in it, wherever it lies. */
  readonly pickles: Bounded<InspectedPickle>;
  readonly calls: InspectedCalls;
  /** Bytes behind and between pickles: zeros, and others that nothing is known of. */
  readonly trailing: { readonly padding: number; readonly other: number };
  /** The names in all its pickles; empty for containers without one. */
  readonly globals: Bounded<InspectedGlobal>;
  readonly tensors: Bounded<InspectedTensor>;
  /** What is no tensor; of safetensors, its notes. */
  readonly values: Bounded<InspectedValue>;
  /** Tensors that cannot be as they are described, or are of a type that is not read. */
  readonly problems: Bounded<InspectedProblem>;
  /** The opcodes of each pickle in the file; left out unless asked for. */
  readonly opcodes?: readonly Bounded<ExplainedOpcode>[];
}
