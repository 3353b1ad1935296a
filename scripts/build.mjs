/**
 * `npm run build`: TypeScript to dist/, and the kernels of the CPU beside (build-kernels.mjs), both at once, since each
 * keeps one core busy for seconds. Words go on to tsc: `npm run build -- --noCheck`.
 */
import { spawn } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

function run(...words) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, words, { cwd: root, stdio: 'inherit' });
    child.on('error', () => resolve(1));
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

const codes = await Promise.all([
  run(fileURLToPath(new URL('build-kernels.mjs', import.meta.url))),
  run(tsc, '-p', 'tsconfig.build.json', ...process.argv.slice(2)),
]);
process.exitCode = Math.max(...codes);
// npx makes the command executable once for each path and remembers that it did, so a dist/ that is made anew there
// would answer "Permission denied".
if (!process.exitCode) chmodSync(new URL('../dist/cli/main.js', import.meta.url), 0o755);
