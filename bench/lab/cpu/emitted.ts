/**
 * AssemblyScript compiled beforehand against code emitted at run time, with the sizes of each product as constants:
 * every distinct product of both official nets at 256² (products.ts), in turns, one thread, CPU time. Emitted forms: k
 * by one, by four with ways out between as the kernels have them, and by four without.
 *
 * `node bench/lab/cpu/start-emitted.mjs [--rounds n]`
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import asc from 'assemblyscript/asc';
import binaryen from 'binaryen';
import { listProducts } from './products.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '7' } }, strict: false });
const rounds = Number(values['rounds']);
const relaxed = WebAssembly.validate(readFileSync('ops/cpu/kernels-relaxed.wasm'));

type Run = (panels: number, strips: number, inner: number, a: number, b: number, c: number) => void;
type RunEmitted = (a: number, b: number, c: number) => void;

const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

/** Where a spread panel lies. */
const SPREAD = 1024;
/** Operands: panels, strips and sums. */
const [A, B, C] = [1 << 20, 1 << 22, 1 << 24];

/** As multiplyPanel of ops/conv2d/cpu has it: sizes are arguments. */
const source = `
import { multiplyTile } from './ops/cpu/tile.wasm';
import { spreadFloats } from './ops/cpu/panels.wasm';
export function run(panels: i32, strips: i32, k: i32, a: usize, b: usize, c: usize): void {
  const stride = <usize>strips << 5;
  for (let p = 0; p < panels; p++, a += <usize>k << 4, c += stride << 2) {
    spreadFloats(a, k, ${SPREAD});
    for (let s = 0; s < strips; s++) multiplyTile(k, ${SPREAD}, b + (<usize>(s * k) << 5), c + (<usize>s << 5), stride, false);
  }
}
export function other(a: usize, b: usize): void { multiplyTile(7, a, b, a, 32, true); spreadFloats(a, 3, b); }
`;

async function compileScript(): Promise<Uint8Array<ArrayBuffer>> {
  const folder = mkdtempSync('tmp-lab-');
  try {
    writeFileSync(join(folder, 'product.ts'), source.replaceAll("'./ops", "'../ops"));
    const features = relaxed ? 'simd,relaxed-simd' : 'simd';
    const { error, stderr } = await asc.main([
      ...[
        join(folder, 'product.ts'),
        '--outFile',
        join(folder, 'product.wasm'),
        '--enable',
        features,
        '-O3',
        '--noAssert',
      ],
      ...['--runtime', 'stub', '--importMemory', '--noExportMemory', '--memoryBase', '64', '--use', 'abort='],
    ]);
    if (error) throw new Error(stderr.toString());
    return Uint8Array.from(readFileSync(join(folder, 'product.wasm')));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const madd = (a: string, b: string, c: string): string =>
  relaxed ? `(f32x4.relaxed_madd ${a} ${b} ${c})` : `(f32x4.add (f32x4.mul ${a} ${b}) ${c})`;

/** The text of one k: its place in the turn is a constant. */
function writeTurn(turn: number): string {
  const load = (name: string, from: string, offset: number): string =>
    `(local.set $${name} (v128.load offset=${offset} (local.get $${from})))`;
  const rows = range(4).flatMap((row) => [
    load('x', 'spread', 64 * turn + 16 * row),
    ...[0, 1].map((half) => {
      const sum = `$c${row}${half}`;
      return `(local.set ${sum} ${madd('(local.get $x)', `(local.get $b${half})`, `(local.get ${sum})`)})`;
    }),
  ]);
  return [load('b0', 'strip', 32 * turn), load('b1', 'strip', 32 * turn + 16), ...rows].join('\n');
}

function writeModule(panels: number, strips: number, inner: number, turns: number, ways: boolean): string {
  const sums = range(4).flatMap((row) => [0, 1].map((half) => `c${row}${half}`));
  const stride = 32 * strips;
  const whole = ways ? inner : inner - (inner % turns);
  const leave = (turn: number): string =>
    `(br_if $done (i32.ge_u (i32.add (local.get $strip) (i32.const ${32 * turn})) (local.get $end)))`;
  const turnsText = range(turns).map((turn) => (turn > 0 && ways ? leave(turn) + writeTurn(turn) : writeTurn(turn)));
  const next = (name: string, step: number): string =>
    `(local.set $${name} (i32.add (local.get $${name}) (i32.const ${step})))`;
  const rest = range(inner - whole).map(writeTurn);
  return `(module (import "env" "memory" (memory 1 65536))
  (func (export "run") (param $a i32) (param $b i32) (param $c i32)
    (local $spread i32) (local $strip i32) (local $end i32) (local $last i32) (local $all i32) (local $sums i32)
    (local $x v128) (local $b0 v128) (local $b1 v128) ${sums.map((name) => `(local $${name} v128)`).join(' ')}
    (local.set $last (i32.add (local.get $a) (i32.const ${16 * inner * panels})))
    (loop $panels
      (local.set $spread (i32.const ${SPREAD}))
      (loop $spreading
        ${range(4)
          .map(
            (at) =>
              `(v128.store offset=${16 * at} (local.get $spread) (v128.load32_splat offset=${4 * at} (local.get $a)))`,
          )
          .join('\n')}
        ${next('a', 16)} ${next('spread', 64)}
        (br_if $spreading (i32.lt_u (local.get $spread) (i32.const ${SPREAD + 64 * inner}))))
      (local.set $strip (local.get $b))
      (local.set $sums (local.get $c))
      (local.set $all (i32.add (local.get $b) (i32.const ${32 * inner * strips})))
      (loop $strips
        (local.set $spread (i32.const ${SPREAD}))
        (local.set $end (i32.add (local.get $strip) (i32.const ${32 * whole})))
        ${sums.map((name) => `(local.set $${name} (v128.const i32x4 0 0 0 0))`).join('\n')}
        (block $done (loop $turns
          ${turnsText.join('\n')}
          ${next('strip', 32 * turns)} ${next('spread', 64 * turns)}
          (br_if $turns (i32.lt_u (local.get $strip) (local.get $end)))))
        (local.set $strip (local.get $end))
        ${rest.join('\n')}
        ${rest.length > 0 ? next('strip', 32 * rest.length) : ''}
        ${sums
          .map(
            (name, at) =>
              `(v128.store offset=${(at >> 1) * stride + 16 * (at & 1)} (local.get $sums) (local.get $${name}))`,
          )
          .join('\n')}
        ${next('sums', 32)}
        (br_if $strips (i32.lt_u (local.get $strip) (local.get $all))))
      ${next('c', 4 * stride)}
      (br_if $panels (i32.lt_u (local.get $a) (local.get $last))))))`;
}

interface Emitted {
  readonly run: RunEmitted;
  readonly bytes: number;
  readonly emitting: number;
  readonly compiling: number;
}

function emit(text: string, memory: WebAssembly.Memory): Emitted {
  const start = performance.now();
  const module = binaryen.parseText(text);
  module.setFeatures(binaryen.Features.All);
  const bytes = Uint8Array.from(module.emitBinary());
  module.dispose();
  const emitted = performance.now();
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  const compiling = performance.now() - emitted;
  return { run: exports['run'] as RunEmitted, bytes: bytes.length, emitting: emitted - start, compiling };
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!;
}

const forms = [
  { name: 'k by 1', turns: 1, ways: true },
  { name: 'k by 4, ways out', turns: 4, ways: true },
  { name: 'k by 4', turns: 4, ways: false },
];

const memory = new WebAssembly.Memory({ initial: 512, maximum: 65536 });
new Float32Array(memory.buffer).forEach((_, at, all) => (all[at] = Math.sin(at)));
const script = await compileScript();
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(script), { env: { memory } });
const run = exports['run'] as Run;
console.log(`Node ${process.versions.node}, ${relaxed ? 'relaxed' : 'plain'} multiply-add; GFLOP/s of CPU time`);
const nets = (['encode', 'decode'] as const).map((half) => ({ half, products: listProducts(half) }));
const distinct = new Map(
  nets.flatMap(({ products }) => products.map((one) => [[one.panels, one.strips, one.inner].join(), one] as const)),
);
const rates = new Map<string, number[]>();
let [bytes, emitting, compiling] = [0, 0, 0];
for (const [key, { panels, strips, inner }] of distinct) {
  const emitted = forms.map(({ turns, ways }) => emit(writeModule(panels, strips, inner, turns, ways), memory));
  bytes += emitted[1]!.bytes;
  emitting += emitted[1]!.emitting;
  compiling += emitted[1]!.compiling;
  const contenders = [() => run(panels, strips, inner, A, B, C), ...emitted.map((one) => () => one.run(A, B, C))];
  const floats = (): Float32Array => new Float32Array(memory.buffer, C, panels * strips * 32).slice();
  const results = contenders.map((contender) => {
    contender();
    return floats();
  });
  if (results.some((result) => result.some((value, at) => value !== results[0]![at])))
    throw new Error(`${key} differs`);
  const macs = 32 * panels * strips * inner;
  const times = Math.ceil(40e6 / macs);
  const found: number[][] = contenders.map(() => []);
  for (let round = -2; round < rounds; round++) {
    contenders.forEach((contender, at) => {
      const before = process.cpuUsage();
      for (let i = 0; i < times; i++) contender();
      const { user, system } = process.cpuUsage(before);
      if (round >= 0) found[at]!.push((2 * macs * times) / (user + system) / 1e3);
    });
  }
  rates.set(key, found.map(median));
  console.log(
    `${panels} panels, ${strips} strips, ${inner} terms`.padEnd(38),
    found.map((one) => median(one).toFixed(1).padStart(6)).join(' '),
  );
}
for (const { half, products } of nets) {
  const seconds = range(1 + forms.length).map((at) =>
    products.reduce(
      (sum, one) => sum + (2 * one.macs) / rates.get([one.panels, one.strips, one.inner].join())![at]!,
      0,
    ),
  );
  const best = products.reduce((sum, one) => {
    return sum + (2 * one.macs) / Math.max(...rates.get([one.panels, one.strips, one.inner].join())!.slice(1));
  }, 0);
  const ratios = seconds.slice(1).map((one, at) => `${forms[at]!.name} ${(seconds[0]! / one).toFixed(2)}`);
  console.log(
    `${half}: AssemblyScript ${(seconds[0]! / 1e9).toFixed(2)} s of products; emitted is as many times as fast: ` +
      `${ratios.join(', ')}, the best form for each ${(seconds[0]! / best).toFixed(2)}`,
  );
}
console.log(
  `${distinct.size} modules, k by 4 with ways out: ${bytes} bytes, emitted by binaryen in ${emitting.toFixed(0)} ms, ` +
    `compiled by V8 in ${compiling.toFixed(0)} ms; AssemblyScript's module ${script.length} bytes`,
);
