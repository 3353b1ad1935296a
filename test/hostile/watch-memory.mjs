/**
 * Counts the buffers a program asks for, from its first line on: `node --import ./test/hostile/watch-memory.mjs …`.
 *
 * Every way to a buffer is wrapped (`ArrayBuffer`, typed arrays, `Buffer.alloc…`), since a heap flag bounds none of
 * them. The program reads the count by importing this file again.
 */
import { readFileSync } from 'node:fs';

/** Bytes: the largest buffer asked for, and all of them together. */
export const asked = { largest: 0, total: 0 };

export function forgetAsked() {
  asked.largest = 0;
  asked.total = 0;
}

function count(bytes) {
  // A length that is no number is the constructor's to refuse.
  if (!(bytes > 0)) return;
  asked.total += bytes;
  if (bytes > asked.largest) asked.largest = bytes;
}

/** What a typed array's constructor will allocate: nothing where it looks into a buffer that is there. */
function bytesOf(constructor, [first]) {
  if (typeof first === 'number') return first * constructor.BYTES_PER_ELEMENT;
  if (typeof first !== 'object' || first === null || isBuffer(first)) return 0;
  return (first.length ?? 0) * constructor.BYTES_PER_ELEMENT;
}

const isBuffer = (value) => value instanceof ArrayBuffer || value instanceof SharedArrayBuffer;

function watchConstructor(name, measure) {
  globalThis[name] = new Proxy(globalThis[name], {
    construct(target, args, newTarget) {
      count(measure(target, args));
      return Reflect.construct(target, args, newTarget);
    },
  });
}

for (const name of ['ArrayBuffer', 'SharedArrayBuffer']) watchConstructor(name, (_, [bytes]) => bytes);
const typedArray = /^((Big)?(Ui|I)nt|Float)\d+(Clamped)?Array$/;
for (const name of Object.getOwnPropertyNames(globalThis).filter((global) => typedArray.test(global))) {
  watchConstructor(name, bytesOf);
}
for (const name of ['alloc', 'allocUnsafe', 'allocUnsafeSlow']) {
  const allocate = Buffer[name];
  Buffer[name] = (bytes, ...rest) => {
    count(bytes);
    return allocate(bytes, ...rest);
  };
}
const { concat } = Buffer;
Buffer.concat = (list, length = list.reduce((sum, part) => sum + part.length, 0)) => {
  count(length);
  return concat(list, length);
};

/** Bytes of resident memory at its peak. */
export function readPeak() {
  // Not resourceUsage() where there is better: Linux counts what the process that started this one held in there.
  const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readStatus()) ?? [];
  return 1024 * (kilobytes === undefined ? process.resourceUsage().maxRSS : Number(kilobytes));
}

function readStatus() {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return '';
  }
}
