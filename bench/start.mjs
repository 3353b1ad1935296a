/**
 * `npm run bench -- [suite …]`: sees that the peers are installed, then runs main.ts, TypeScript and all, through vite.
 * The peers have an install of their own (bench/package.json), so that the library's stays small.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';
import { builtProcess } from '../scripts/built-process.mjs';

const bench = fileURLToPath(new URL('.', import.meta.url));
if (!existsSync(`${bench}node_modules`)) {
  console.error('The peers are not installed yet: npm --prefix bench ci');
  const { status } = spawnSync('npm', ['--prefix', bench, 'ci'], { stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}
await runnerImport(`${bench}main.ts`, {
  root: `${bench}..`,
  configFile: false,
  logLevel: 'error',
  plugins: [builtProcess],
});
