/** The list of WebGL calls in Chromium: what the specification says must be seen, and so the same as on EGL. */
import { afterAll, expect, test } from 'vitest';
import { openBrowserContext } from '../../engine/context/browser.ts';
import { contextCalls, observeCall } from '../context/calls.ts';

const source = openBrowserContext();
afterAll(() => source.dispose());

test('the context says that a CPU plays the GPU', () => {
  expect(source).toMatchObject({ kind: 'browser', software: true });
});

test.each(contextCalls)('$name', async (call) => {
  expect(await observeCall(source.gl, call)).toEqual(call.expected);
});
