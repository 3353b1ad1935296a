/**
 * Compiles the kernels of the CPU, `ops/<op>/cpu/*.wasm.ts` by way of ops/cpu/kernels.wasm.ts, from AssemblyScript to
 * WebAssembly: ops/cpu/kernels.wasm for every runtime with SIMD, kernels-relaxed.wasm for those whose multiply-add may
 * round once. Both are copied to dist/. Nothing is compiled where both are newer than all sources and this script.
 *
 * The memory is imported, so that one serves all threads. No function allocates, so a runtime is not needed.
 */
import { copyFileSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const builds = { 'kernels.wasm': 'simd,threads', 'kernels-relaxed.wasm': 'simd,threads,relaxed-simd' };

/** A memory of 4 GiB, the most that a 32-bit address can tell; how much of it there is says who makes it. */
const memory = ['--importMemory', '--noExportMemory', '--sharedMemory', '--initialMemory', '1'];
const limits = ['--maximumMemory', '65536', '--memoryBase', '64'];
const speed = ['--optimizeLevel', '3', '--shrinkLevel', '0', '--noAssert', '--runtime', 'stub', '--use', 'abort='];

function timeOf(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function isCurrent() {
  const sources = readdirSync(`${root}ops`, { recursive: true }).filter((path) => path.endsWith('.wasm.ts'));
  const newest = Math.max(
    timeOf(fileURLToPath(import.meta.url)),
    ...sources.map((path) => timeOf(`${root}ops/${path}`)),
  );
  return Object.keys(builds).every((file) => timeOf(`${root}ops/cpu/${file}`) > newest);
}

/** @throws what the compiler says, where the sources are wrong */
async function compileKernels() {
  const { default: asc } = await import('assemblyscript/asc');
  for (const [file, features] of Object.entries(builds)) {
    const words = ['ops/cpu/kernels.wasm.ts', '--outFile', `ops/cpu/${file}`, '--enable', features, '--baseDir', root];
    const { error, stderr } = await asc.main([...words, ...memory, ...limits, ...speed]);
    if (error) throw new Error(`build-kernels: ${error.message}\n${stderr.toString()}`);
  }
}

if (!isCurrent()) await compileKernels();
mkdirSync(`${root}dist/ops/cpu`, { recursive: true });
for (const file of Object.keys(builds)) copyFileSync(`${root}ops/cpu/${file}`, `${root}dist/ops/cpu/${file}`);
