/**
 * Tests run straight from the TypeScript sources: `node` here, then `browser` (vitest.browser.config.ts). Two processes
 * at a time in Node: a test is seldom busy on every core, and each process may take the memory of a large one.
 */
import { pathToFileURL } from 'node:url';
import { defineConfig, type Plugin, type ViteUserConfig } from 'vitest/config';
import { workerProcesses } from './test/helpers/worker-process.ts';

/** Node starts processes from files, and Node 20 from none in TypeScript: that of the built program is started. */
const builtProcess: Plugin = {
  name: 'built-process',
  enforce: 'pre',
  transform(code, id) {
    if (!id.endsWith('/nets/tokenizer/node/start-process.ts')) return undefined;
    const built = pathToFileURL(id.replace('/nets/', '/dist/nets/')).href;
    return code.replace(/(new URL\('\.\/foreign-process\.js', )import\.meta\.url/, `$1${JSON.stringify(built)}`);
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
