/**
 * Tests run straight from the TypeScript sources: `node` here, then `browser` (vitest.browser.config.ts). Two processes
 * at a time in Node: a test is seldom busy on every core, and each process may take the memory of a large one.
 */
import { pathToFileURL } from 'node:url';
import { defineConfig, type Plugin, type ViteUserConfig } from 'vitest/config';
import { workerProcesses } from './test/helpers/worker-process.ts';

/** What starts a process or a thread, and from which file: the built one, for Node 20 starts none in TypeScript. */
const started: readonly (readonly [starter: string, file: string])[] = [
  ['/nets/tokenizer/node/start-process.ts', './foreign-process.js'],
  ['/ops/cpu/node/start-worker.ts', './worker.js'],
];

const builtProcess: Plugin = {
  name: 'built-process',
  enforce: 'pre',
  transform(code, id) {
    const found = started.find(([starter]) => id.endsWith(starter));
    if (!found) return undefined;
    const [starter, file] = found;
    const built = pathToFileURL(id.replace(starter, `/dist${starter}`)).href;
    return code.replace(`new URL('${file}', import.meta.url)`, `new URL('${file}', ${JSON.stringify(built)})`);
  },
};

export const reporters: string[] = ['default', './test/helpers/plain-reporter.ts'];

/** A project of tests in Node. */
export const inNode = (include: string[], exclude: string[]): ViteUserConfig => ({
  plugins: [builtProcess],
  test: {
    name: 'node',
    include,
    exclude: ['node_modules/**', 'dist/**', 'bench/**', ...exclude],
    pool: workerProcesses,
    maxWorkers: 2,
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

const config: ViteUserConfig = defineConfig({
  test: {
    reporters,
    projects: [inNode(['**/*.test.ts'], ['test/browser/**']), './vitest.browser.config.ts'],
  },
});
export default config;
