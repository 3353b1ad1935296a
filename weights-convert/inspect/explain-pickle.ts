/**
 * A pickle opcode by opcode, for people who want to see how it works or what a suspicious one would have done. The
 * machine that runs here is the one that reads checkpoints: it notes, and calls nothing.
 */
import type { PickleStep } from '../pickle/decode-pickle.ts';
import { BoundedList } from './bounded-list.ts';
import { formatValue } from './format-value.ts';
import type { Bounded, ExplainedOpcode } from './inspection.ts';
import { OPCODE_EFFECTS } from './opcode-effects.ts';

/** More than anyone reads, and enough for the whole of OpenAI's encoder. */
const MAX_OPCODES = 20_000;
const MAX_ARGUMENT = 60;

/** Takes the steps of one pickle as they are made. */
export class PickleExplanation {
  readonly #opcodes: BoundedList<ExplainedOpcode> = new BoundedList(MAX_OPCODES);

  get opcodes(): Bounded<ExplainedOpcode> {
    return this.#opcodes;
  }

  add(step: PickleStep): void {
    const { offset, opcode, depth } = step;
    const argument = this.#opcodes.items.length < MAX_OPCODES ? describeArgument(step) : '';
    this.#opcodes.add({ offset, opcode, argument, effect: OPCODE_EFFECTS.get(opcode)!, depth });
  }
}

/** The number or name in the stream where that is the point, else what has been pushed or made. */
function describeArgument({ opcode, argument, top }: PickleStep): string {
  if (NUMBERED.has(opcode)) return String(readUnsigned(argument));
  if (opcode === 'PUT' || opcode === 'GET') return String.fromCharCode(...argument.subarray(0, -1));
  return SILENT.has(opcode) || top === undefined ? '' : formatValue(top, MAX_ARGUMENT);
}

/** Opcodes whose argument is an unsigned little-endian number. */
const NUMBERED: ReadonlySet<string> = new Set(['PROTO', 'FRAME', 'BINPUT', 'LONG_BINPUT', 'BINGET', 'LONG_BINGET']);

/** Opcodes whose effect says it all. */
const SILENT: ReadonlySet<string> = new Set([
  ...['MARK', 'POP', 'POP_MARK', 'DUP', 'MEMOIZE', 'NONE', 'NEWTRUE', 'NEWFALSE'],
  ...['EMPTY_TUPLE', 'EMPTY_LIST', 'EMPTY_DICT', 'EMPTY_SET'],
]);

function readUnsigned(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return value;
}
