/**
 * GLSL lies in `ops/<op>/gl/`, and what writes it for all of them in `ops/shader/`: what every device needs of an op is
 * read without it, and another device's kernels find the attributes beside it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../base/node/package-files.ts';
import { listProductFiles } from '../test/helpers/product-files.ts';

/** A formula of one line stands beside the JavaScript that it repeats; authors of ops get the writers from the door. */
const BESIDE = [
  'ops/adam/adam.ts',
  'ops/elementwise/binary.ts',
  'ops/elementwise/unary.ts',
  'ops/index.ts',
  'ops/reduce/reduce.ts',
  'ops/rewrite/split-long-sums.ts',
  'ops/user-kernel/math.ts',
  'ops/user-kernel/user-kernel.ts',
];

const sources = listProductFiles()
  .filter((file) => file.startsWith('ops/'))
  .map((file) => ({ file, text: readFileSync(join(packageRoot, file), 'utf8') }));

test('only kernels for WebGL use what writes shaders', () => {
  const others = sources.filter(({ file }) => !/^ops\/(shader|[^/]+\/gl)\//.test(file));
  expect(others.length).toBeGreaterThan(60);
  const writes = /from '(\.\.?\/)+([\w-]+\/)?(shader\/|gl\/accurate)/;
  expect(
    others
      .filter(({ text }) => writes.test(text))
      .map(({ file }) => file)
      .sort(),
  ).toEqual(BESIDE);
});

test('a kernel takes its name from its op and its device', () => {
  for (const { file, text } of sources.filter(({ text }) => /export const \w+: GlKernel</.test(text))) {
    expect(file).toMatch(/^ops\/[^/]+\/gl\//);
    expect(text.match(/export const \w+(?=: GlKernel<)/g)!.filter((name) => !name.endsWith('Gl'))).toEqual([]);
  }
});
