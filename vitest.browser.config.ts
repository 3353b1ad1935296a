/**
 * The tests of test/browser, in a headless Chromium that renders with SwiftShader. `npm test` runs them as a project of
 * vitest.config.ts; `npx vitest run --config vitest.browser.config.ts` runs them alone. Where there is no Chromium they
 * are skipped, and both the skipped test and a line of its own say so.
 */
import { playwright } from '@vitest/browser-playwright';
import { defineProject, type UserProjectConfigExport } from 'vitest/config';
import { findChromium, ROOT_FLAGS, SWIFTSHADER_FLAGS } from './test/browser/chromium.ts';
import { startOtherSite } from './test/browser/other-site.ts';

const executablePath = findChromium();

const inChromium = (path: string): UserProjectConfigExport => ({
  // Found while a test runs, a dependency would make vite reload the page under it.
  optimizeDeps: {
    include: [
      ...['@huggingface/tokenizers', '@jsquash/jpeg/codec/dec/mozjpeg_dec.js'],
      '@jsquash/webp/codec/dec/webp_dec.js',
      ...['@noble/hashes/sha2.js', '@noble/hashes/utils.js'],
    ],
  },
  test: {
    name: 'browser',
    include: ['test/browser/*.test.ts'],
    isolate: false,
    testTimeout: 60_000,
    // After the tests in Node, not beside them: both take all cores.
    sequence: { groupOrder: 1 },
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      commands: { startOtherSite: () => startOtherSite() },
      provider: playwright({ launchOptions: { executablePath: path, args: [...SWIFTSHADER_FLAGS, ...ROOT_FLAGS] } }),
      instances: [{ browser: 'chromium' }],
    },
  },
});

const withoutChromium: UserProjectConfigExport = {
  test: { name: 'browser', include: ['test/browser/no-chromium.ts'], sequence: { groupOrder: 1 } },
};

if (executablePath === undefined) {
  process.stderr.write(
    'test/browser is skipped: no Chromium on the PATH. Debian or Ubuntu: apt-get install chromium\n',
  );
}

const config: UserProjectConfigExport = defineProject(
  executablePath === undefined ? withoutChromium : inChromium(executablePath),
);
export default config;
