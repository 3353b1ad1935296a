/** The list of WebGL calls on EGL: every one does what the specification says. */
import { afterAll, expect, test } from 'vitest';
import { openEgl } from '../../engine/context/node/open-egl.ts';
import { contextCalls, observeCall } from './calls.ts';

const source = openEgl();
afterAll(() => source.dispose());

test.each(contextCalls)('$name', async (call) => {
  expect(await observeCall(source.gl, call)).toEqual(call.expected);
});
