/**
 * Ways to spoil bytes: bits, values at the edges of integers, digits, pieces cut, repeated, moved, or taken from
 * another file. One to eight of them at a time, so that most of a valid file stays valid.
 */

/** Lengths and counts that readers trip over, little-endian. */
const EDGES = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];
const MOST = 8;

/**
 * @param {Uint8Array} bytes left as they are
 * @param {Uint8Array} other where pieces may come from
 * @param {import('./random.mjs').Random} random
 * @returns {Uint8Array}
 */
export function mutate(bytes, other, random) {
  let changed = Buffer.from(bytes);
  for (let left = 1 + random.below(MOST); left > 0; left--) changed = random.pick(MUTATIONS)(changed, other, random);
  return changed;
}

/** Pieces that readers of text and of pickles trip over. */
const TROUBLE = [
  // A lone surrogate as Python writes it, half of one, what lies just below.
  ...['\xed\xa0\x80', '\xed\xbf', '\xed\x9f\xbf'],
  // Escapes that are cut.
  ...['\\x1', '\\u12', '\\U0011', '\\', "\\'"],
  // An end that is none; zeros behind; the start of a pickle, a call, a name by its number.
  ...['.', '\0\0\0\0', '\x80\x02', 'cevil\nrun\n(tR.', 'cos\nsystem\n', '\x82\x01'],
].map((text) => Buffer.from(text, 'latin1'));

const MUTATIONS = [
  flipBit,
  setByte,
  setByte,
  addOne,
  setEdge,
  setEdge,
  setDigit,
  cutEnd,
  removePiece,
  repeatPiece,
  splice,
  insertTrouble,
  appendOther,
];

function flipBit(bytes, _, random) {
  if (bytes.length > 0) bytes[random.below(bytes.length)] ^= 1 << random.below(8);
  return bytes;
}

function setByte(bytes, _, random) {
  if (bytes.length > 0) bytes[random.below(bytes.length)] = random.below(256);
  return bytes;
}

function addOne(bytes, _, random) {
  if (bytes.length > 0) bytes[random.below(bytes.length)] += random.pick([1, 255]);
  return bytes;
}

/** An integer of one to eight bytes. */
function setEdge(bytes, _, random) {
  const width = random.pick([1, 2, 4, 8]);
  if (bytes.length < width) return bytes;
  const at = random.below(bytes.length - width + 1);
  const high = width === 8 ? random.pick(EDGES) : 0;
  const value = Buffer.alloc(8);
  value.writeUInt32LE(random.pick(EDGES), 0);
  value.writeUInt32LE(high, 4);
  value.copy(bytes, at, 0, width);
  return bytes;
}

/** A digit of a number in text, if there is one near. */
function setDigit(bytes, _, random) {
  const from = random.below(bytes.length + 1);
  const near = bytes.subarray(from, from + 200).findIndex((byte) => byte >= 0x30 && byte <= 0x39);
  if (near >= 0) bytes[from + near] = random.pick([0x2d, 0x2e, 0x30, 0x31, 0x39, 0x65]);
  return bytes;
}

function cutEnd(bytes, _, random) {
  return bytes.subarray(0, bytes.length - random.below(Math.min(bytes.length, 64) + 1));
}

function removePiece(bytes, _, random) {
  const [from, to] = pickRange(bytes, random);
  return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
}

function repeatPiece(bytes, _, random) {
  const [from, to] = pickRange(bytes, random);
  const times = random.pick([1, 1, 1, 2, 50]);
  return Buffer.concat([bytes.subarray(0, to), ...Array(times).fill(bytes.subarray(from, to)), bytes.subarray(to)]);
}

function splice(bytes, other, random) {
  const [from, to] = pickRange(other, random);
  const at = random.below(bytes.length + 1);
  const replaced = random.pick([0, to - from]);
  return Buffer.concat([bytes.subarray(0, at), other.subarray(from, to), bytes.subarray(at + replaced)]);
}

function pickRange(bytes, random) {
  const from = random.below(bytes.length + 1);
  return [from, Math.min(bytes.length, from + 1 + random.below(random.pick([2, 8, 64, 512])))];
}

function insertTrouble(bytes, _, random) {
  const at = random.below(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, at), random.pick(TROUBLE), bytes.subarray(at)]);
}

/** Something behind the end: zeros or not, then a piece of another file, or all of it if that is short. */
function appendOther(bytes, other, random) {
  const between = Buffer.alloc(random.pick([0, 0, 1, 100]), random.pick([0, 0xff]));
  return Buffer.concat([bytes, between, other.subarray(0, random.pick([16, 256, 4096]))]);
}
