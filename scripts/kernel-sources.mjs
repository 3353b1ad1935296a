/**
 * Which sources a build of the CPU's kernels was made of: their hash stands at the end of the file, in a section that
 * engines skip. Arguments of kernels are only words, so kernels of other sources would compute nonsense without a word.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const NAME = 'sources';
const HASH_LENGTH = 64;

/** Of every kernel and of what compiles them, by names and contents. */
export function hashKernelSources() {
  const kernels = readdirSync(`${root}ops`, { recursive: true }).filter((path) => path.endsWith('.wasm.ts'));
  const hash = createHash('sha256').update(readFileSync(`${root}scripts/build-kernels.mjs`));
  for (const path of kernels.sort())
    hash.update(`\0${path.replaceAll('\\', '/')}\0`).update(readFileSync(`${root}ops/${path}`));
  return hash.digest('hex');
}

/** A module with the hash behind it: a section of number 0, its length, and a name with its length before it. */
export function markSources(module, hash) {
  const section = [0, 1 + NAME.length + HASH_LENGTH, NAME.length, ...Buffer.from(NAME + hash, 'latin1')];
  return Buffer.concat([module, Uint8Array.from(section)]);
}

/** The hash that a module was marked with; undefined for one that was not. */
export function readSourceHash(module) {
  const text = Buffer.from(module.subarray(-NAME.length - HASH_LENGTH)).toString('latin1');
  return text.startsWith(NAME) ? text.slice(NAME.length) : undefined;
}
