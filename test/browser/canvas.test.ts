/**
 * What is no canvas, or one that gives no WebGL 2 any more, in the place of a canvas: an error of ours that says so.
 */
import { expect, test } from 'vitest';
import { open } from '../../index.ts';
import { run, tensor } from '../../ops/index.ts';

const canvas = document.createElement('canvas');
const wrong: Readonly<Record<string, unknown>> = {
  null: document.querySelector('canvas#nowhere'),
  number: 5,
  text: '#canvas',
  'another element': document.createElement('input'),
  'a list of them': [canvas],
  files: Object.assign(document.createElement('input'), { type: 'file' }).files,
  'its pixels': new ImageData(8, 8),
  window,
  'its context': new OffscreenCanvas(1, 1).getContext('2d'),
};

test.each(Object.entries(wrong))('%s', async (_name, value) => {
  await expect(open({ canvas: value as HTMLCanvasElement })).rejects.toMatchObject({
    name: 'UsageError',
    code: 'E_ARGUMENT',
    message: expect.stringMatching(/^open: wanted canvas, .+ got /),
  });
});

test('a canvas that is drawn on otherwise, or was handed to a worker', async () => {
  const flat = document.createElement('canvas');
  flat.getContext('2d');
  const away = document.createElement('canvas');
  const handed = away.transferControlToOffscreen();
  for (const used of [flat, away]) {
    await expect(open({ canvas: used })).rejects.toMatchObject({ code: 'E_GL_BROWSER_REFUSED' });
  }
  const device = await open({ canvas: handed });
  expect([...(await run(device, tensor([1], [1])))]).toEqual([1]);
  device.dispose();
});
