/** Two kills of `npm run test:training-kills`, which makes twenty: see test/kills/training-kills.mjs. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('a run that was killed twice, once within a checkpoint, ends as the unbroken one', { timeout: 240_000 }, () => {
  const program = fileURLToPath(new URL('../../test/kills/training-kills.mjs', import.meta.url));
  const { stdout, status } = spawnSync(process.execPath, [program, '--kills', '2'], { encoding: 'utf8' });
  expect(stdout).toMatch(/^2 kills, \d of them within the writing of a checkpoint: the same weights, bit for bit$/m);
  expect(status).toBe(0);
});
