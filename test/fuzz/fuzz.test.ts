/**
 * The fuzzer, for as long as `DALLE_GL_FUZZ_SECONDS` says [3], with the seed of the day. `.ci/run` gives it a minute;
 * `npm run fuzz -- --minutes 30` is for a person with time.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../base/node/package-files.ts';

const seconds = Number(process.env['DALLE_GL_FUZZ_SECONDS'] ?? 3);
const fuzzer = join(packageRoot, 'test/fuzz/fuzz.mjs');

async function fuzz(...words: readonly string[]): Promise<string> {
  const args = ['--disallow-code-generation-from-strings', fuzzer, ...words];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return stdout;
}

describe('any file at all is read or refused', () => {
  test(
    `for ${seconds} s`,
    async () => {
      const said = await fuzz('--seconds', String(seconds));
      process.stdout.write(said);
      expect(said).toMatch(/^fuzz: seed \d+, .+\nfuzz: \d{2,} executions of \d+ seeds in \d+ s, nothing found: .+\n$/);
    },
    1000 * (seconds + 120),
  );

  test('and what the fuzzer is told must make sense', async () => {
    await expect(fuzz('--minutes', 'many')).rejects.toThrow(/wanted: --minutes M/);
  });
});
