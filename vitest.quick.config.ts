/**
 * `npm run test:quick`: what fits into a minute, chosen by folder. Below the nets, as the layers lie, no test opens a
 * whole one; a folder `node/` is where files, downloads, other programs and the system's libraries are waited for.
 */
import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { inNode, reporters } from './vitest.config.ts';

const { plugins, test } = inNode(
  ['{base,engine,ops,images,weights-convert}/**/*.test.ts', 'test/helpers/*.test.ts'],
  ['**/node/**'],
);

const config: ViteUserConfig = defineConfig({ plugins: plugins!, test: { ...test, reporters } });
export default config;
