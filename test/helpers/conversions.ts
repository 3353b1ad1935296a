/**
 * What tests of conversions share: OpenAI's nets at n_hid 4 as pickles, and for each test a folder that is not there
 * yet.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach } from 'vitest';
import { packageRoot } from '../../base/node/package-files.ts';

export const golden = (name: string): string => join(packageRoot, 'test/golden/hidden-4', name);
export const encoder: string = golden('encoder.zip.channels-last.pkl');
export const decoder: string = golden('decoder.legacy.channels-last.pkl');

interface ConversionPlace {
  /** Goes when the tests of the file are done. */
  readonly scratch: string;
  /** Where the model of this test goes. */
  readonly out: string;
}

/** Makes them for the tests of a file. */
export function keepConversions(): ConversionPlace {
  const scratch = mkdtempSync(join(tmpdir(), 'dalle-gl-convert-'));
  let run = 0;
  beforeEach(() => void run++);
  afterAll(() => rmSync(scratch, { recursive: true }));
  return {
    scratch,
    get out() {
      return join(scratch, String(run), 'deep', 'model');
    },
  };
}

export function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
