/**
 * Tests run straight from the TypeScript sources: `node` here, then `browser` (vitest.browser.config.ts). One process:
 * every suite shares two cores with a software rasteriser that takes both, so parallel workers would only queue.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

const config: ViteUserConfig = defineConfig({
  test: {
    reporters: ['default', './test/helpers/plain-reporter.ts'],
    projects: [
      {
        plugins: [builtProcess],
        test: {
          name: 'node',
          include: ['**/*.test.ts'],
          exclude: ['node_modules/**', 'dist/**', 'bench/**', 'test/browser/**'],
          pool: workerProcesses,
          maxWorkers: 2,
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
