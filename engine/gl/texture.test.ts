/** What the pool keeps for reuse: as much as its budget allows, or as the run under way takes by itself. */
import { expect, test } from 'vitest';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { TexturePool } from './texture.ts';

const spec = { width: 16, height: 16, layers: 1, format: 'f32' } as const; // 4 KiB
const bytes = 4096;

async function makePool(budgetBytes: number): Promise<TexturePool> {
  const { gl } = await openTestDevice();
  return new TexturePool(gl, 8, budgetBytes);
}

test('textures wait for reuse within the budget, the longest unused one goes first', async () => {
  const pool = await makePool(2 * bytes);
  const [first, second, third] = [spec, spec, spec].map((each) => pool.acquire(each, 'passing'));
  for (const texture of [first!, second!, third!]) pool.release(texture);
  expect(pool.ledger()).toMatchObject({ passingBytes: 0, pooledBytes: 2 * bytes, peakBytes: 3 * bytes });
  expect([pool.acquire(spec, 'passing'), pool.acquire(spec, 'passing')]).toEqual([third, second]);
  pool.dispose();
});

test('a run that takes more than the budget keeps as much for reuse, and no run later that takes less', async () => {
  const pool = await makePool(bytes);
  pool.beginRun(3 * bytes);
  const textures = [spec, spec, spec].map((each) => pool.acquire(each, 'passing'));
  for (const texture of textures) pool.release(texture);
  expect(pool.ledger()).toMatchObject({ pooledBytes: 3 * bytes, peakBytes: 3 * bytes });
  pool.beginRun(bytes);
  pool.release(pool.acquire(spec, 'passing'));
  expect(pool.ledger()).toMatchObject({ pooledBytes: bytes });
  pool.dispose();
});
