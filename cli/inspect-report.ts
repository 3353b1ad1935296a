/**
 * An inspection as text for people: short tables of at most 100 columns. Long lists are cut and say so; `--json` holds
 * more of them.
 */
import type {
  Bounded,
  ExplainedOpcode,
  InspectedGlobal,
  InspectedPickle,
  InspectedTensor,
  InspectedValue,
  Inspection,
} from '../weights-convert/inspect/inspection.ts';
import { alignColumns, REPORT_WIDTH, shortenMiddle, wrapWords } from './columns.ts';

const MAX_GLOBALS = 60;
const MAX_PICKLES = 20;
const MAX_TENSORS = 1_000;
const MAX_VALUES = 40;
const MAX_OPCODES = 2_000;
const MAX_SHARERS = 8;
const INDENT = '  ';

/** What `dalle-gl inspect` prints, line by line: a line break inside one is of the file. */
export function formatInspection(inspection: Inspection): string[] {
  const { name, bytes, container, pickles, globals, tensors, values, problems, opcodes } = inspection;
  return [
    `${name}: ${container}, ${bytes} bytes`,
    ...formatNets(inspection),
    ...(pickles.items.length > 1 ? section('pickles', pickles, MAX_PICKLES, formatPickles) : []),
    ...formatTrailing(inspection),
    ...section(`names in the pickle${pickles.items.length > 1 ? 's' : ''}`, globals, MAX_GLOBALS, formatGlobals),
    ...section(`tensors, ${sumBytes(tensors)} bytes`, tensors, MAX_TENSORS, formatTensors),
    ...section('other values', values, MAX_VALUES, formatValues),
    ...section('problems', problems, Infinity, (items) =>
      items.flatMap(({ place, code, message }) => indent(wrapWords(`${place}: ${message} (${code})`, inside))),
    ),
    ...(opcodes ?? []).flatMap((pickle, index) =>
      section(`opcodes of pickle ${index + 1}`, pickle, MAX_OPCODES, formatOpcodes),
    ),
    ...(opcodes?.length === 0 ? ['', 'There is no pickle in it, so nothing to explain.'] : []),
  ];
}

const inside = REPORT_WIDTH - INDENT.length;

function formatNets({ looksLike, nets, refusal }: Inspection): string[] {
  return [
    ...looksLike.flatMap(({ name, note }) => wrapWords(`looks like ${name}: ${note}`)),
    ...nets.flatMap((net) => wrapWords(`convert would write ${net}`)),
    ...(refusal ? wrapWords(`convert would refuse it: ${refusal.message} (${refusal.code})`) : []),
  ];
}

/** A title with the number of items, the first of them, and how many were left out; nothing for none. */
function section<Item>(
  title: string,
  { items, leftOut }: Bounded<Item>,
  limit: number,
  format: (items: readonly Item[]) => string[],
): string[] {
  const total = items.length + leftOut;
  if (total === 0) return [];
  const rest = total - Math.min(items.length, limit);
  return [
    '',
    `${total} ${title}`,
    ...format(items.slice(0, limit)),
    ...(rest > 0 ? [`${INDENT}… and ${rest} more`] : []),
  ];
}

function sumBytes({ items }: Bounded<InspectedTensor>): number {
  return items.reduce((sum, { bytes }) => sum + bytes, 0);
}

function formatPickles(pickles: readonly InspectedPickle[]): string[] {
  const rows = pickles.map(({ place, bytes, isWhole }) => [
    shortenMiddle(place || 'the first', 60),
    `${bytes} bytes${isWhole ? '' : ', breaks off'}`,
  ]);
  return indent(alignColumns(rows, 'll'));
}

/** Bytes that belong to no pickle where pickles are. */
function formatTrailing({ trailing: { padding, other } }: Inspection): string[] {
  return [
    ...(padding > 0 ? ['', `${padding} zero bytes behind or between pickles`] : []),
    ...(other > 0 ? ['', `${other} bytes behind or between pickles that are neither a pickle nor zeros`] : []),
  ];
}

const STATUS_WORDS = { allowed: 'known', unknown: 'UNKNOWN', 'runs code': 'RUNS CODE' } as const;

function formatGlobals(globals: readonly InspectedGlobal[]): string[] {
  const rows = globals.map(({ name, status, count, calls, place }) => [
    STATUS_WORDS[status],
    `${count}×`,
    shortenMiddle(name, 40),
    shortenMiddle(place ?? 'not used', 28),
    calls > 0 && status !== 'allowed' ? 'called' : '',
  ]);
  return indent(alignColumns(rows, 'lrlll'));
}

/** Strides are told only where elements do not follow each other in the order of the shape. */
function formatTensors(tensors: readonly InspectedTensor[]): string[] {
  const rows = tensors.map(({ name, dtype, shape, stride, offset, storage, bytes }) => [
    shortenMiddle(name, 40),
    dtype,
    shortenMiddle(`[${shape.join(', ')}]`, 20),
    isRowMajor(shape, stride) ? '' : shortenMiddle(stride.join(', '), 20),
    storage === null ? '' : shortenMiddle(offset === 0 ? storage : `${storage}+${offset}`, 14),
    `${bytes}`,
  ]);
  const lines = alignColumns([['name', 'type', 'shape', 'strides', 'storage', 'bytes'], ...rows], 'lllllr');
  return [...indent(lines), ...formatSharing(tensors)];
}

function isRowMajor(shape: readonly number[], stride: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis]! > 1 && stride[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

/** Each storage that several tensors look into, with their names. */
function formatSharing(tensors: readonly InspectedTensor[]): string[] {
  const names = new Map<string | null, string[]>();
  for (const { name, storage, sharedWith } of tensors) {
    if (sharedWith.length > 0) names.set(storage, [...(names.get(storage) ?? []), name]);
  }
  return [...names].flatMap(([storage, sharers]) => {
    const rest = sharers.length > MAX_SHARERS ? `, and ${sharers.length - MAX_SHARERS} more` : '';
    return indent(
      wrapWords(`storage ${storage} is shared: ${sharers.slice(0, MAX_SHARERS).join(', ')}${rest}`, inside),
    );
  });
}

function formatValues(values: readonly InspectedValue[]): string[] {
  const rows = values.map(({ path, text }) => [shortenMiddle(path, 44), shortenMiddle(text, 52)]);
  return indent(alignColumns(rows, 'll'));
}

/** The effect is wrapped within its own column. */
function formatOpcodes(opcodes: readonly ExplainedOpcode[]): string[] {
  const rows = opcodes.flatMap(({ offset, opcode, argument, effect, depth }) => {
    const [first, ...more] = wrapWords(effect, 40);
    const facts = [`${offset}`, opcode, shortenMiddle(argument, 24), `${depth}`, first!];
    return [facts, ...more.map((line) => ['', '', '', '', line])];
  });
  return indent(alignColumns([['offset', 'opcode', 'argument', 'stack', 'what it does'], ...rows], 'rllrl'));
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `${INDENT}${line}`);
}
