/**
 * Tests run straight from the TypeScript sources: `node` here, then `browser` (vitest.browser.config.ts). Two processes
 * at a time in Node: a test is seldom busy on every core, and each process may take the memory of a large one.
 */
import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { builtProcess } from './scripts/built-process.mjs';
import { workerProcesses } from './test/helpers/worker-process.ts';

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
