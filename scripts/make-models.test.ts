/** models/emoji is what the package ships: it must be exactly what the script makes from the checkpoints. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

test('models/emoji equals what npm run models makes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dalle-gl-models-'));
  try {
    execFileSync(process.execPath, ['scripts/make-models.mjs', folder], { cwd: root });
    const shipped = join(root, 'models/emoji');
    expect(readdirSync(shipped).sort()).toEqual(readdirSync(folder).sort());
    for (const file of readdirSync(folder)) {
      expect(readFileSync(join(shipped, file)).equals(readFileSync(join(folder, file))), file).toBe(true);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
