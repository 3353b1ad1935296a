/**
 * Contexts that are lost and given back: a new device on one computes as ever, and an old one keeps saying that its
 * context was lost, whatever it is asked, and does the new one no harm.
 */
import { expect, test } from 'vitest';
import { add, compile, run, tensor } from '../../ops/index.ts';
import { loadDalle, open, type Device } from '../../index.ts';

const sum = add(tensor([1, 2, 3], [3]), tensor([10, 20, 30], [3]));
const lost = expect.objectContaining({ name: 'ContextError', code: 'E_GL_LOST' });

interface Page {
  readonly canvas: OffscreenCanvas;
  readonly gl: WebGL2RenderingContext;
  lose(): Promise<void>;
  restore(): Promise<void>;
}

/** A page that wants its context back. */
function makePage(): Page {
  const canvas = new OffscreenCanvas(1, 1);
  const gl = canvas.getContext('webgl2')!;
  const extension = gl.getExtension('WEBGL_lose_context')!;
  const hear = (name: string): Promise<void> =>
    new Promise((resolve) => canvas.addEventListener(name, () => resolve(), { once: true }));
  canvas.addEventListener('webglcontextlost', (event) => event.preventDefault());
  return {
    canvas,
    gl,
    async lose() {
      const heard = hear('webglcontextlost');
      extension.loseContext();
      await heard;
    },
    async restore() {
      const heard = hear('webglcontextrestored');
      // Chromium takes the wish only once it has told everybody of the loss.
      await new Promise((resolve) => setTimeout(resolve, 10));
      extension.restoreContext();
      await heard;
    },
  };
}

async function expectSum(device: Device): Promise<void> {
  expect([...(await run(device, sum))]).toEqual([11, 22, 33]);
}

test('a context that was given back serves a new device, and no old one', async () => {
  const page = makePage();
  const before = await open({ gl: page.gl });
  const plan = compile(before, ({ x }) => add(x, x), { x: [3] });
  await plan.run({ x: [1, 2, 3] });
  await page.lose();
  await expect(run(before, sum)).rejects.toEqual(lost);
  await expect(open({ gl: page.gl })).rejects.toEqual(lost);
  await page.restore();
  const after = await open({ gl: page.gl });
  await expectSum(after);
  await expect(run(before, sum)).rejects.toEqual(lost);
  await expect(plan.run({ x: [1, 2, 3] })).rejects.toEqual(lost);
  expect([before.isUsable, after.isUsable]).toEqual([false, true]);
  plan.dispose();
  before.dispose();
  expect(page.gl.getError()).toBe(page.gl.NO_ERROR);
  await expectSum(after);
  after.dispose();
  // And the same again.
  await page.lose();
  await page.restore();
  const last = await open({ gl: page.gl });
  await expectSum(last);
  last.dispose();
});

test('a context that was lost while nothing ran is not taken for the one before', async () => {
  const page = makePage();
  const before = await open({ gl: page.gl });
  await page.lose();
  await page.restore();
  await expect(run(before, sum)).rejects.toEqual(lost);
  const after = await open({ gl: page.gl });
  await expectSum(after);
});

test("a canvas's context goes on when the device of its former life is disposed", async () => {
  const page = makePage();
  const before = await open({ canvas: page.canvas });
  await expectSum(before);
  await page.lose();
  await expect(open({ canvas: page.canvas })).rejects.toEqual(lost);
  await page.restore();
  const after = await open({ canvas: page.canvas });
  before.dispose();
  await expectSum(after);
  after.dispose();
  expect(page.gl.isContextLost()).toBe(true);
});

test('a drawing ends when its context is lost', async () => {
  const page = makePage();
  const device = await open({ gl: page.gl });
  const dalle = await loadDalle(new URL('models/emoji', location.origin), { device });
  const drawing = dalle.generate('red heart', { count: 1 });
  await drawing.next();
  const next = drawing.next();
  await page.lose();
  await expect(next.then(() => drawing.next())).rejects.toEqual(lost);
  await dalle.dispose();
  device.dispose();
});
