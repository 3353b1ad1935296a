/** Work goes on in a hidden tab, where timers and frames hardly come: here they never do. */
import { expect, test, vi } from 'vitest';
import { sourceFromBlob } from '../../convert.ts';
import { add, run, tensor } from '../../ops/index.ts';
import { loadDalle, loadDVAE, open } from '../../index.ts';

/** The server of the tests has the repository as its root. */
const address = (path: string): URL => new URL(path, location.origin);
const never = (): number => 0;

test('pictures and tokens are computed without timers', async () => {
  // Portions as short as can be: there is much to wait for.
  const device = await open({ device: 'webgl', portionMilliseconds: 0.01 });
  const encoder = sourceFromBlob(await (await fetch(address('models/emoji/encoder.safetensors'))).blob(), 'encoder');
  const dvae = await loadDVAE({ encoder }, { device });
  const dalle = await loadDalle(address('models/emoji'), { device });
  for (const name of ['setTimeout', 'setInterval', 'requestAnimationFrame', 'requestIdleCallback'] as const) {
    vi.stubGlobal(name, never);
  }
  try {
    const sum = add(tensor([1], [1]), tensor([2], [1]));
    expect([...(await run(device, sum))]).toEqual([3]);
    const tokens = await dvae.encode({ data: new Float32Array(3 * 32 * 32), shape: [1, 3, 32, 32] });
    expect(tokens.shape).toEqual([1, 4, 4]);
    for await (const { step } of dalle.generate('red heart', { topK: 1, count: 1 })) if (step === 3) break;
  } finally {
    vi.unstubAllGlobals();
  }
  await Promise.all([dvae.dispose(), dalle.dispose()]);
  device.dispose();
});

test('others have their turn while a plan runs', async () => {
  const device = await open({ device: 'webgl', portionMilliseconds: 0.01 });
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  const big = tensor(new Float32Array(512 * 512), [512, 512]);
  await run(device, add(add(add(big, big), big), big));
  clearInterval(timer);
  expect(turns).toBeGreaterThan(0);
  device.dispose();
});
