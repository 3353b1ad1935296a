/**
 * Tests run straight from the TypeScript sources: `node` here, then `browser` (vitest.browser.config.ts). One process:
 * every suite shares two cores with a software rasteriser that takes both, so parallel workers would only queue.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    reporters: ['default', './test/helpers/plain-reporter.ts'],
    projects: [
      {
        test: {
          name: 'node',
          include: ['**/*.test.ts'],
          exclude: ['node_modules/**', 'dist/**', 'bench/**', 'test/browser/**'],
          pool: 'forks',
          maxWorkers: 1,
          isolate: false,
          // Kernel choices of tests stay out of the user's own cache.
          env: { DALLE_GL_CACHE: join(tmpdir(), 'dalle-gl-test-cache') },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      './vitest.browser.config.ts',
    ],
  },
});
export default config;
