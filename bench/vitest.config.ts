/** Tests that need a peer installed here (`npm ci --prefix bench`). They run on the root's vitest. */
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  root: import.meta.dirname, // whatever folder it is run from
  test: {
    include: ['**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
export default config;
