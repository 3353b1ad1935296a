/**
 * The opcodes of pickle protocols 0 to 5, each as what it does to the machine.
 *
 * Names and meanings as in CPython's `pickletools`. Left out, and so refused: NEXT_BUFFER
 * (data kept outside the stream).
 */
import type { PickleMachine } from './machine.ts';
import { isRecord, type CallRecord, type PickleValue } from './records.ts';
import {
  parseFloatLine,
  parseIndexLine,
  parseIntegerLine,
  parseIntLine,
  unescapeString,
  unescapeUnicode,
} from './text-values.ts';

interface Opcode {
  readonly name: string;
  readonly run: (machine: PickleMachine) => void;
}

const NEWEST_PROTOCOL = 5;

/** Opcode by its byte. */
export const OPCODES: ReadonlyMap<number, Opcode> = new Map(
  (
    [
      // The stream itself.
      [0x80, 'PROTO', readProtocol],
      [0x95, 'FRAME', readFrame],
      ['.', 'STOP', (m) => void (m.result = m.pop())],
      // Stack and memo.
      ['(', 'MARK', (m) => m.mark()],
      ['0', 'POP', (m) => m.popValueOrMark()],
      ['1', 'POP_MARK', (m) => void m.popMark()],
      ['2', 'DUP', (m) => m.push(m.top())],
      ['p', 'PUT', (m) => m.memoize(parseIndexLine(m, m.cursor.line()))],
      ['q', 'BINPUT', (m) => m.memoize(m.cursor.byte())],
      ['r', 'LONG_BINPUT', (m) => m.memoize(m.cursor.uint32())],
      [0x94, 'MEMOIZE', (m) => m.memoizeNext()],
      ['g', 'GET', (m) => m.recall(parseIndexLine(m, m.cursor.line()))],
      ['h', 'BINGET', (m) => m.recall(m.cursor.byte())],
      ['j', 'LONG_BINGET', (m) => m.recall(m.cursor.uint32())],
      // Constants and numbers.
      ['N', 'NONE', (m) => m.push(null)],
      [0x88, 'NEWTRUE', (m) => m.push(true)],
      [0x89, 'NEWFALSE', (m) => m.push(false)],
      ['I', 'INT', (m) => m.push(parseIntLine(m, m.cursor.line()))],
      ['J', 'BININT', (m) => m.push(m.cursor.int32())],
      ['K', 'BININT1', (m) => m.push(m.cursor.byte())],
      ['M', 'BININT2', (m) => m.push(m.cursor.uint16())],
      ['L', 'LONG', (m) => m.push(parseIntegerLine(m, m.cursor.line().replace(/L$/, '')))],
      [0x8a, 'LONG1', (m) => m.push(m.cursor.integer(m.cursor.byte()))],
      [0x8b, 'LONG4', (m) => m.push(m.cursor.integer(m.cursor.uint32()))],
      ['F', 'FLOAT', (m) => m.push(parseFloatLine(m, m.cursor.line()))],
      ['G', 'BINFLOAT', (m) => m.push(m.cursor.float64())],
      // Text and bytes. Python 2's STRING kinds are bytes that were meant as text.
      ['S', 'STRING', (m) => m.push(unescapeString(m, m.cursor.line()))],
      ['T', 'BINSTRING', (m) => m.push(m.cursor.latin1(m.cursor.uint32()))],
      ['U', 'SHORT_BINSTRING', (m) => m.push(m.cursor.latin1(m.cursor.byte()))],
      ['V', 'UNICODE', (m) => m.push(unescapeUnicode(m, m.cursor.line()))],
      ['X', 'BINUNICODE', (m) => m.push(m.cursor.utf8(m.cursor.uint32()))],
      [0x8c, 'SHORT_BINUNICODE', (m) => m.push(m.cursor.utf8(m.cursor.byte()))],
      [0x8d, 'BINUNICODE8', (m) => m.push(m.cursor.utf8(m.cursor.uint64()))],
      ['B', 'BINBYTES', (m) => m.push(m.cursor.bytes(m.cursor.uint32()))],
      ['C', 'SHORT_BINBYTES', (m) => m.push(m.cursor.bytes(m.cursor.byte()))],
      [0x8e, 'BINBYTES8', (m) => m.push(m.cursor.bytes(m.cursor.uint64()))],
      [0x96, 'BYTEARRAY8', (m) => m.push(m.cursor.bytes(m.cursor.uint64()))],
      [0x98, 'READONLY_BUFFER', requireBytes],
      // Containers.
      [')', 'EMPTY_TUPLE', (m) => m.pushTuple([])],
      ['t', 'TUPLE', (m) => m.pushTuple(m.popMark())],
      [0x85, 'TUPLE1', (m) => m.pushTuple(popSeveral(m, 1))],
      [0x86, 'TUPLE2', (m) => m.pushTuple(popSeveral(m, 2))],
      [0x87, 'TUPLE3', (m) => m.pushTuple(popSeveral(m, 3))],
      [']', 'EMPTY_LIST', (m) => m.pushList([])],
      ['l', 'LIST', (m) => m.pushList(m.popMark())],
      ['a', 'APPEND', (m) => m.append([m.pop()], ['list', 'call'])],
      ['e', 'APPENDS', (m) => m.append(m.popMark(), ['list', 'call'])],
      ['}', 'EMPTY_DICT', (m) => m.pushDict([])],
      ['d', 'DICT', (m) => m.pushDict(m.popMark())],
      ['s', 'SETITEM', (m) => m.assign(popSeveral(m, 2))],
      ['u', 'SETITEMS', (m) => m.assign(m.popMark())],
      [0x8f, 'EMPTY_SET', (m) => m.pushSet([])],
      [0x90, 'ADDITEMS', (m) => m.append(m.popMark(), ['set', 'call'])],
      [0x91, 'FROZENSET', (m) => m.pushSet(m.popMark())],
      // Names, and what Python would call or construct. Here they only become records.
      ['c', 'GLOBAL', (m) => m.pushGlobal(m.cursor.lineUtf8(), m.cursor.lineUtf8())],
      [0x93, 'STACK_GLOBAL', pushStackGlobal],
      [0x82, 'EXT1', (m) => m.pushExtension(m.cursor.byte())],
      [0x83, 'EXT2', (m) => m.pushExtension(m.cursor.uint16())],
      [0x84, 'EXT4', (m) => m.pushExtension(m.cursor.int32())],
      ['R', 'REDUCE', (m) => pushCallOfTwo(m, 'reduce')],
      [0x81, 'NEWOBJ', (m) => pushCallOfTwo(m, 'newobj')],
      [0x92, 'NEWOBJ_EX', pushCallWithKeywords],
      ['o', 'OBJ', pushMarkedCall],
      ['i', 'INST', pushNamedCall],
      ['b', 'BUILD', (m) => m.build(m.pop())],
      ['P', 'PERSID', (m) => m.pushPersistent(m.cursor.lineUtf8())],
      ['Q', 'BINPERSID', (m) => m.pushPersistent(m.pop())],
    ] satisfies [string | number, string, Opcode['run']][]
  ).map(([byte, name, run]) => [typeof byte === 'string' ? byte.charCodeAt(0) : byte, { name, run }]),
);

function readProtocol(machine: PickleMachine): void {
  const protocol = machine.cursor.byte();
  if (protocol > NEWEST_PROTOCOL) throw machine.error('E_PICKLE_OPCODE', `names protocol ${protocol}; 5 is the newest`);
}

/** Frames only help programs that read ahead; their length must still be true. */
function readFrame(machine: PickleMachine): void {
  const length = machine.cursor.uint64();
  if (length > machine.cursor.remaining)
    throw machine.error('E_PICKLE_TRUNCATED', `announces ${length} bytes, too many`);
}

function popSeveral(machine: PickleMachine, count: number): PickleValue[] {
  const values = Array.from({ length: count }, () => machine.pop());
  return values.reverse();
}

function pushStackGlobal(machine: PickleMachine): void {
  const name = machine.pop();
  const module = machine.pop();
  if (typeof name !== 'string' || typeof module !== 'string') {
    throw machine.error('E_PICKLE_TYPE', 'wants two strings');
  }
  machine.pushGlobal(module, name);
}

/** Says that the bytes on top are not to be changed. */
function requireBytes(machine: PickleMachine): void {
  if (!(machine.top() instanceof Uint8Array)) throw machine.error('E_PICKLE_TYPE', 'wants bytes');
}

/** REDUCE and NEWOBJ: a callable or class below its tuple of arguments. */
function pushCallOfTwo(machine: PickleMachine, by: CallRecord['by']): void {
  const args = machine.pop();
  // Noted before it is refused: not every program that reads pickles insists on a tuple.
  machine.pushCall(by, machine.pop(), args);
  if (!isRecord(args) || args.tag !== 'tuple') throw machine.error('E_PICKLE_TYPE', 'wants a tuple of arguments');
}

function pushCallWithKeywords(machine: PickleMachine): void {
  const [callee, args, keywords] = popSeveral(machine, 3);
  machine.pushTuple([args!, keywords!]);
  machine.pushCall('newobj', callee!, machine.pop());
}

function pushMarkedCall(machine: PickleMachine): void {
  const [callee, ...args] = machine.popMark();
  if (callee === undefined) throw machine.error('E_PICKLE_UNDERFLOW', 'finds no class above its mark');
  machine.pushTuple(args);
  machine.pushCall('reduce', callee, machine.pop());
}

function pushNamedCall(machine: PickleMachine): void {
  machine.pushGlobal(machine.cursor.lineUtf8(), machine.cursor.lineUtf8());
  const callee = machine.pop();
  machine.pushTuple(machine.popMark());
  machine.pushCall('reduce', callee, machine.pop());
}
