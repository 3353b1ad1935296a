/**
 * A device on a context that others use too: whatever state and errors they left, numbers come out right; and options
 * that mean nothing are refused.
 */
import { expect, test } from 'vitest';
import { add, tensor } from '../../ops/index.ts';
import { wrapContext } from '../context/caller.ts';
import { createContext, openNodeContext } from '../context/node/open.ts';
import { WebGLDevice, run } from '../index.ts';

const sum = add(tensor([1, 2, 3], [3]), tensor([10, 20, 30], [3]));

/** What other users of a context leave behind. */
function disturb(gl: WebGL2RenderingContext): void {
  gl.enable(gl.SCISSOR_TEST);
  gl.scissor(5, 5, 1, 1);
  gl.colorMask(false, true, false, true);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE);
  gl.enable(gl.RASTERIZER_DISCARD);
  gl.bindBuffer(gl.PIXEL_UNPACK_BUFFER, gl.createBuffer());
  gl.pixelStorei(gl.UNPACK_ROW_LENGTH, 7);
  gl.enable(0xdead); // an error nobody fetched
}

test('a context with any state is taken, and any state between runs is borne', async () => {
  const gl = createContext();
  disturb(gl);
  const device = new WebGLDevice(wrapContext(gl));
  expect([...(await run(device, sum, { rules: [] }))]).toEqual([11, 22, 33]);
  disturb(gl);
  expect([...(await run(device, sum, { rules: [] }))]).toEqual([11, 22, 33]);
  device.dispose();
  gl.dispose();
});

test('a run leaves nothing that would surprise the next user', async () => {
  const source = await openNodeContext({ source: 'egl' });
  const device = new WebGLDevice(source);
  await run(device, sum, { rules: [] });
  expect(source.gl.isEnabled(source.gl.SCISSOR_TEST)).toBe(false);
  expect(source.gl.getError()).toBe(source.gl.NO_ERROR);
  device.dispose();
});

test.each([
  { targets: 0 },
  { targets: 3 },
  { fetch: 'foo' as 'texelFetch' },
  { block: 'square' as 'block' },
  { without: 'pack_conv2d' as unknown as string[] },
  { without: [1] as unknown as string[] },
  { maxTextureSize: 0 },
  { portionMilliseconds: NaN },
])('%o is refused', async (options) => {
  const source = await openNodeContext({ source: 'egl' });
  expect(() => new WebGLDevice(source, options)).toThrow(expect.objectContaining({ code: 'E_ATTRIBUTE' }));
  source.dispose();
});

test('a tensor of more layers than the device has says so', async () => {
  const device = new WebGLDevice(await openNodeContext({ source: 'egl' }), { maxTextureSize: 4 });
  const large = tensor(new Float32Array(4 * 4 * 4 * 2049), [4, 4 * 4 * 2049]);
  await expect(run(device, add(large, large), { rules: [] })).rejects.toMatchObject({
    code: 'E_MEMORY',
    message: expect.stringMatching(/needs \d+ layers/),
  });
  device.dispose();
});
