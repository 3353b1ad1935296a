/** That verification sees what it is for: one bit of one number, anywhere, in one file or in shards, in either type. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { convertToModelFolder } from './convert.ts';
import { openSources, type OpenedSources } from './open-sources.ts';
import { verifyModelFolder } from './verify-model-folder.ts';

const encoder = fileURLToPath(new URL('../../test/golden/hidden-4/encoder.zip.channels-last.pkl', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'dalle-gl-verify-'));
afterAll(() => rmSync(scratch, { recursive: true }));

async function verify(out: string, dtype: 'f32' | 'f16'): Promise<void> {
  const sources: OpenedSources = await openSources([encoder], {});
  await verifyModelFolder(out, sources, dtype, {}).finally(() => sources.close());
}

test.each([
  ['f32', undefined],
  ['f16', undefined],
  ['f32', 20_000],
] as const)('%s, shards of %s bytes', async (dtype, shardBytes) => {
  const out = join(scratch, `${dtype}-${shardBytes}`);
  await convertToModelFolder({ sources: [encoder], out, dtype, ...(shardBytes && { shardBytes }) });
  await expect(verify(out, dtype)).resolves.toBeUndefined();
  for (const name of readdirSync(out).filter((file) => file.endsWith('.safetensors'))) {
    const good = readFileSync(join(out, name));
    for (const position of [good.length - 1, Number(good.readBigUInt64LE(0)) + 8]) {
      const bad = Buffer.from(good);
      bad[position]! ^= 1;
      writeFileSync(join(out, name), bad);
      await expect(verify(out, dtype)).rejects.toMatchObject({ code: 'E_VERIFY' });
    }
    writeFileSync(join(out, name), good);
  }
});
