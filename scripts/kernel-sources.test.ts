/** A build of the kernels says of which sources it is, and engines take it as they took it before. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../base/node/package-files.ts';
import { hashKernelSources, markSources, readSourceHash } from './kernel-sources.mjs';

test.each(['ops', 'dist/ops'])('what lies in %s/cpu is of the sources here', (folder) => {
  for (const file of ['kernels.wasm', 'kernels-relaxed.wasm']) {
    const kernels = readFileSync(join(packageRoot, folder, 'cpu', file));
    expect({ file, sources: readSourceHash(kernels) }).toEqual({ file, sources: hashKernelSources() });
  }
});

test('the mark is a section that engines skip, and a module without it has none', () => {
  const empty = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  const hash = '0123456789abcdef'.repeat(4);
  const marked = Uint8Array.from(markSources(empty, hash));
  const [section] = WebAssembly.Module.customSections(new WebAssembly.Module(marked), 'sources');
  expect(new TextDecoder().decode(section)).toBe(hash);
  expect([readSourceHash(marked), readSourceHash(empty)]).toEqual([hash, undefined]);
});
