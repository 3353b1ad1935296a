/**
 * Register tiles of m rows by n columns over packed panels, in AssemblyScript, against a loop of multiply-adds that
 * touches registers alone: the ceiling. One thread, CPU time, tiles in turns.
 *
 * `node bench/lab/cpu/tiles.mjs [--rounds n] [--k n]`. With relaxed SIMD where the runtime has it.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import asc from 'assemblyscript/asc';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '15' }, k: { type: 'string', default: '256' } },
});
const rounds = Number(values.rounds);
const inner = Number(values.k);

const range = (length) => Array.from({ length }, (_, index) => index);

/** The function of one tile: panels of m rows lie one after another, and one panel of n columns; so many k a turn. */
function writeTile(m, n, turns, form) {
  const vectors = range(n / 4);
  const sums = range(m).flatMap((row) => vectors.map((v) => `c${row}_${v}`));
  const name = `${m}x${n}x${turns}${form}`;
  const isSpread = form !== 'plain';
  const step = isSpread ? 16 : 4;
  const writeTurn = (turn) => `
    ${turn > 0 && form === 'ways' ? `if (b + ${4 * n * turn} >= end) break;` : ''}
    ${vectors.map((v) => `const b${v}_${turn} = v128.load(b, ${4 * n * turn + 16 * v});`).join('\n    ')}
    ${range(m)
      .map((row) =>
        [
          `const a${row}_${turn} = v128.load${isSpread ? '' : '32_splat'}(a, ${step * (m * turn + row)});`,
          ...vectors.map((v) => `c${row}_${v} = madd(a${row}_${turn}, b${v}_${turn}, c${row}_${v});`),
        ].join(' '),
      )
      .join('\n    ')}`;
  return `
export function tile${name}(k: i32, a: usize, b: usize, c: usize): void {
  ${sums.map((sum) => `let ${sum} = f32x4.splat(0);`).join('\n  ')}
  const end = b + k * ${4 * n};
  for (; b < end; b += ${4 * n * turns}, a += ${step * m * turns}) {
    ${range(turns).map(writeTurn).join('')}
  }
  ${sums.map((sum, at) => `v128.store(c, ${sum}, ${16 * at});`).join('\n  ')}
}
export function run${name}(times: i32, k: i32, panels: i32, a: usize, b: usize, c: usize): void {
  for (let t = 0; t < times; t++) {
    for (let p = 0; p < panels; p++) tile${name}(k, a${isSpread ? '' : ` + p * k * ${4 * m}`}, b, c + p * ${4 * m * n});
  }
}`;
}

/**
 * Multiplications and additions of registers alone, as many of each: products that change in every turn, so that none
 * is taken out of the loop. Where both are one instruction, as many of those as hide the latency.
 */
function writeCeiling(count) {
  const sums = range(count).map((at) => `c${at}`);
  const half = count / 2;
  const turn = (relaxed) =>
    relaxed
      ? sums.map((sum) => `${sum} = f32x4.relaxed_madd(x, y, ${sum});`)
      : range(half).map((at) => `c${at} = f32x4.mul(c${at}, x); c${at + half} = f32x4.add(c${at + half}, y);`);
  return `
export function ceiling${count}(times: i32, c: usize): void {
  const x = v128.load(c), y = v128.load(c, 16);
  ${sums.map((sum, at) => `let ${sum} = v128.load(c, ${16 * at});`).join('\n  ')}
  for (let t = 0; t < times; t++) {
    if (ASC_FEATURE_RELAXED_SIMD) {
      ${turn(true).join('\n      ')}
    } else {
      ${turn(false).join('\n      ')}
    }
  }
  ${sums.map((sum, at) => `v128.store(c, ${sum}, ${16 * at});`).join('\n  ')}
}`;
}

const shapes = [
  [2, 16],
  [3, 8],
  [3, 16],
  [4, 8],
  [4, 12],
  [5, 8],
  [6, 8],
  [8, 8],
  [2, 24],
  [12, 4],
];
/** Numbers of a are spread as they are read, or lie spread; then also with ways out of a turn. */
const forms = { plain: 'spread on read', spread: 'spread before', ways: 'spread before, ways out' };
const tiles = shapes.flatMap(([m, n]) => [
  ...[1, 2].map((turns) => [m, n, turns, 'plain']),
  [m, n, 1, 'spread'],
  ...[2, 4].map((turns) => [m, n, turns, 'ways']),
]);
const counts = [8, 10, 12];
const madd = `
// @ts-ignore: decorator
@inline
function madd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}`;
const source = [madd, ...tiles.map((tile) => writeTile(...tile)), ...counts.map(writeCeiling)].join('\n');

async function compile(features) {
  const folder = mkdtempSync(join(import.meta.dirname ?? '.', 'tmp-'));
  try {
    writeFileSync(join(folder, 'tiles.ts'), source);
    const words = ['tiles.ts', '--outFile', 'tiles.wasm', '--baseDir', folder, '--enable', features];
    const { error, stderr } = await asc.main([
      ...words,
      ...['-O3', '--noAssert', '--runtime', 'stub', '--importMemory', '--noExportMemory', '--memoryBase', '64'],
    ]);
    if (error) throw new Error(stderr.toString());
    return readFileSync(join(folder, 'tiles.wasm'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

async function measure(features) {
  const memory = new WebAssembly.Memory({ initial: 256 });
  new Float32Array(memory.buffer).forEach((_, at, all) => (all[at] = Math.sin(at)));
  const { instance } = await WebAssembly.instantiate(await compile(features), { env: { memory } });
  const { exports } = instance;
  const rows = 256; // of a, in all its panels: what a weight of 256 outputs has
  const [a, b, c] = [1 << 20, 1 << 19, 1 << 12];
  const jobs = [
    ...counts.map((count) => ({
      name: `ceiling, ${count} sums`,
      flops: (features === 'simd' ? 4 : 8) * count * 400_000,
      run: () => exports[`ceiling${count}`](400_000, c),
    })),
    ...tiles.map(([m, n, turns, form]) => {
      const panels = Math.floor(rows / m);
      const times = Math.ceil(30e6 / (2 * m * n * inner * panels));
      return {
        name: `${m}×${n}, k by ${turns}, ${forms[form]}`,
        flops: 2 * m * n * inner * panels * times,
        run: () => exports[`run${m}x${n}x${turns}${form}`](times, inner, panels, a, b, c),
      };
    }),
  ];
  const rates = jobs.map(() => []);
  for (let round = -3; round < rounds; round++) {
    jobs.forEach(({ flops, run }, at) => {
      const before = process.cpuUsage();
      for (let i = 0; i < 6; i++) run();
      const { user, system } = process.cpuUsage(before);
      if (round >= 0) rates[at].push((6 * flops) / (user + system) / 1e3);
    });
  }
  console.log(`\n${features}, Node ${process.versions.node}, k = ${inner}, GFLOP/s (best)`);
  jobs.forEach(({ name }, at) => {
    console.log(
      `${name.padEnd(40)} ${median(rates[at]).toFixed(1).padStart(6)} (${Math.max(...rates[at]).toFixed(1)})`,
    );
  });
}

await measure('simd');
try {
  await measure('simd,relaxed-simd');
} catch (error) {
  if (!(error instanceof WebAssembly.CompileError)) throw error;
  console.log('\nno relaxed SIMD in this runtime');
}
