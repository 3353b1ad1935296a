/**
 * Decodes one pickle, protocols 0 to 5, into inert records (records.ts). No name in the file is ever looked up, no
 * function called, no class made: whatever a hostile pickle would do, here it is only described.
 *
 * One loop over opcodes, no recursion; time and memory are bounded by the budgets and by the bytes there are.
 */
import { FormatError } from '../../base/errors.ts';
import { checkBudget, DEFAULT_BUDGETS, type PickleBudgets } from './budgets.ts';
import { PickleMachine } from './machine.ts';
import { makeTrace, type PickleTrace } from './trace.ts';
import { OPCODES } from './opcodes.ts';
import type { CallRecord, GlobalRecord, PersistentRecord, PickleValue } from './records.ts';

export interface DecodedPickle {
  readonly root: PickleValue;
  /** Every naming of a global, in the order of the stream. */
  readonly globals: readonly GlobalRecord[];
  /** Every call and construction, also of what is not in the result. */
  readonly calls: readonly CallRecord[];
  /** Every persistent id, in the order of the stream. */
  readonly persistents: readonly PersistentRecord[];
  /** Bytes used, up to and with STOP. */
  readonly length: number;
}

interface DecodePickleOptions {
  readonly budgets?: PickleBudgets;
  /** Receives what is named and called as it is read, so that it is known even if decoding then fails. */
  readonly trace?: PickleTrace;
  /** Called after each opcode: how a pickle is explained. */
  readonly onStep?: (step: PickleStep) => void;
}

/** One opcode that was executed. */
export interface PickleStep {
  /** Where it begins, in bytes of the pickle. */
  readonly offset: number;
  readonly opcode: string;
  /** The bytes of its argument. A view: copy what is to be kept. */
  readonly argument: Uint8Array;
  /** Values on the stack afterwards. */
  readonly depth: number;
  /** The last of them, or with STOP the result; undefined above a mark. */
  readonly top: PickleValue | undefined;
}

/**
 * Decodes the pickle that `bytes` begin with; bytes after its STOP are ignored.
 *
 * @throws FormatError `E_PICKLE_OPCODE`, `_UNDERFLOW`, `_TRUNCATED`, `_MEMO`, `_TYPE`, `_VALUE`, `_LIMIT`
 */
export function decodePickle(bytes: Uint8Array, options: DecodePickleOptions = {}): DecodedPickle {
  const budgets = options.budgets ?? DEFAULT_BUDGETS;
  const { trace = makeTrace() } = options;
  const machine = new PickleMachine(bytes, budgets, trace);
  try {
    runMachine(machine, bytes, options);
  } finally {
    trace.length = machine.cursor.position;
  }
  // STOP has set the result.
  return { ...trace, root: machine.result ?? null, persistents: machine.persistents };
}

/** Runs opcode after opcode until STOP. */
function runMachine(machine: PickleMachine, bytes: Uint8Array, { onStep }: DecodePickleOptions): void {
  const { cursor, budgets } = machine;
  for (let steps = 1; machine.result === undefined; steps++) {
    machine.offset = cursor.position;
    machine.opcode = 'the next opcode';
    checkBudget(budgets, 'opcodes', steps, machine.offset);
    checkBudget(budgets, 'streamBytes', machine.offset, machine.offset);
    const byte = cursor.byte();
    const opcode = OPCODES.get(byte);
    if (!opcode) throw unknownOpcode(byte, machine.offset);
    machine.opcode = opcode.name;
    opcode.run(machine);
    onStep?.({
      offset: machine.offset,
      opcode: opcode.name,
      argument: bytes.subarray(machine.offset + 1, cursor.position),
      depth: machine.depth,
      top: machine.result === undefined ? machine.peek() : machine.result,
    });
  }
}

function unknownOpcode(byte: number, offset: number): FormatError {
  const hex = byte.toString(16).padStart(2, '0');
  const what = REFUSED.get(byte) ?? 'which is no opcode';
  return new FormatError(
    'E_PICKLE_OPCODE',
    `decodePickle: byte ${offset} is 0x${hex}, ${what}. The file is damaged or not a pickle; fetch it again.`,
  );
}

const REFUSED: ReadonlyMap<number, string> = new Map([
  [0x97, 'NEXT_BUFFER, which wants data from outside the file: refused'],
]);
