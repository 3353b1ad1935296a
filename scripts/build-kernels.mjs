/**
 * Compiles the kernels of the CPU, `ops/<op>/cpu/*.wasm.ts` by way of ops/cpu/kernels.wasm.ts, from AssemblyScript to
 * WebAssembly: ops/cpu/kernels.wasm for every runtime with SIMD, kernels-relaxed.wasm for those whose multiply-add may
 * round once. Both are copied to dist/. Nothing is compiled where both say that they are of these sources.
 *
 * The memory is imported, so that one serves all threads. No function allocates, so a runtime is not needed.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { hashKernelSources, markSources, readSourceHash } from './kernel-sources.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const builds = { 'kernels.wasm': 'simd,threads', 'kernels-relaxed.wasm': 'simd,threads,relaxed-simd' };

/** A memory of 4 GiB, the most that a 32-bit address can tell; how much of it there is says who makes it. */
const memory = ['--importMemory', '--noExportMemory', '--sharedMemory', '--initialMemory', '1'];
const limits = ['--maximumMemory', '65536', '--memoryBase', '64'];
const speed = ['--optimizeLevel', '3', '--shrinkLevel', '0', '--noAssert', '--runtime', 'stub', '--use', 'abort='];

const hash = hashKernelSources();

function isCurrent() {
  const paths = Object.keys(builds).map((file) => `${root}ops/cpu/${file}`);
  return paths.every((path) => existsSync(path) && readSourceHash(readFileSync(path)) === hash);
}

/** @throws what the compiler says, where the sources are wrong */
async function compileKernels() {
  const { default: asc } = await import('assemblyscript/asc');
  for (const [file, features] of Object.entries(builds)) {
    const words = ['ops/cpu/kernels.wasm.ts', '--outFile', `ops/cpu/${file}`, '--enable', features, '--baseDir', root];
    const { error, stderr } = await asc.main([...words, ...memory, ...limits, ...speed]);
    if (error) throw new Error(`build-kernels: ${error.message}\n${stderr.toString()}`);
    const path = `${root}ops/cpu/${file}`;
    writeFileSync(path, markSources(readFileSync(path), hash));
  }
}

if (!isCurrent()) await compileKernels();
mkdirSync(`${root}dist/ops/cpu`, { recursive: true });
for (const file of Object.keys(builds)) copyFileSync(`${root}ops/cpu/${file}`, `${root}dist/ops/cpu/${file}`);
