/** What callers without TypeScript hand over is refused by a code, by every function that they can call. */
import { describe, expect, it } from 'vitest';
import { DalleError } from '../base/errors.ts';
import { composeGrid, composeSideBySide } from './compose.ts';
import { decodeJpeg } from './jpeg.ts';
import { resizeLanczos } from './lanczos.ts';
import { decodeImage } from './node/decode.ts';
import { loadImage } from './node/load.ts';
import { decodePng, encodePng } from './node/png.ts';
import { countPreviewLines, detectGraphics, renderPreview, rewindPreview } from './node/preview.ts';
import { savePng } from './node/save.ts';
import { createPicture, cropPicture, pastePicture, pictureFromRgba } from './picture.ts';
import { addPngText, readPngText } from './png-text.ts';
import { preparePicture } from './prepare.ts';
import { psnr } from './psnr.ts';
import { sniffImage } from './sniff.ts';
import { fromPixels, toPixels } from './tensor.ts';
import { decodeWebp } from './webp.ts';

const pure = {
  ...{ addPngText, composeGrid, composeSideBySide, createPicture, cropPicture, decodeJpeg, decodeWebp, fromPixels },
  ...{ pastePicture, pictureFromRgba, preparePicture, psnr, readPngText, resizeLanczos, sniffImage, toPixels },
};
const node = {
  ...{ countPreviewLines, decodeImage, decodePng, detectGraphics, encodePng, loadImage, renderPreview },
  ...{ rewindPreview, savePng },
};

type Call = (...values: unknown[]) => unknown;

/** Every function for others, without its types. `readSource` speaks for itself in read.test.ts. */
const mine = Object.entries({ ...pure, ...node }).filter(
  (entry): entry is [string, Call] => typeof entry[1] === 'function',
);

const picture = { width: 2, height: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
const odd = [
  ...[null, undefined, 0, -1, 1.5, NaN, Infinity, '', 'cat.png', true, Symbol('x'), 7n, () => 1],
  ...[[], {}, [null], new ArrayBuffer(8), new Uint8Array(), new Uint8Array(5), new Float32Array(3), new Date()],
  ...[
    { ...picture, width: 3 },
    { ...picture, width: 1.5 },
    { ...picture, height: -1 },
    { width: 2, height: 1 },
  ],
  ...[{ ...picture, data: 'abcdef' }, { ...picture, data: [1, 2, 3, 4, 5, 6] }, { width: 1e9, height: 1e9 }, picture],
];

/** The call returns or fails by a code of ours; nothing else. */
async function expectCoded(call: Call, values: readonly unknown[]): Promise<void> {
  try {
    await call(...values);
  } catch (error) {
    expect(error, describeCall(values)).toBeInstanceOf(DalleError);
  }
}

function describeCall(values: readonly unknown[]): string {
  return values.map((value) => Object.prototype.toString.call(value)).join(', ');
}

describe('any argument at all', () => {
  // Nothing is to be written by a test of arguments, and no picture of that name exists.
  const called = mine.filter(([name]) => name !== 'savePng');

  it.each(called)('gives a result or an error of ours in %s', async (_, call) => {
    for (const first of odd) {
      await expectCoded(call, [first]);
      for (const second of odd) await expectCoded(call, [first, second]);
    }
    for (const value of odd) {
      await expectCoded(call, [picture, value, 1]);
      await expectCoded(call, [picture, 1, value]);
      await expectCoded(call, [picture, 1, 1, value]);
      await expectCoded(call, [picture, picture, value, 0]);
      await expectCoded(call, [new Uint8Array(8), 2, value]);
      await expectCoded(call, [[picture, picture], { columns: value, gap: value }]);
      await expectCoded(call, [picture, { size: value, upscale: true }]);
      await expectCoded(call, [picture, { size: 8, upscale: true, name: value }]);
      await expectCoded(call, [Uint8Array.of(0x89, 0x50), { maxPixels: value, name: value }]);
    }
  });
});

describe('each wrong argument has its code', () => {
  const wrong = <T>(value: unknown): T => value as T;

  it.each<[code: string, call: () => unknown]>([
    ['E_SHAPE', () => pure.createPicture(1.5, 1)],
    ['E_SHAPE', () => pure.createPicture(0, 1)],
    ['E_SHAPE', () => pure.createPicture(1, 1, wrong('red'))],
    ['E_MEMORY', () => pure.createPicture(2 ** 30, 2 ** 20)],
    ['E_MEMORY', () => pure.composeGrid([picture], { columns: 2 ** 50 })],
    ['E_SHAPE', () => pure.composeGrid([])],
    ['E_SHAPE', () => pure.composeGrid(wrong(null))],
    ['E_SHAPE', () => pure.composeGrid([picture, wrong(null)])],
    ['E_SHAPE', () => pure.composeGrid([picture], { gap: -1 })],
    ['E_SHAPE', () => pure.composeGrid([picture], { columns: 1.5 })],
    ['E_ARGUMENT', () => pure.composeGrid([picture], wrong(null))],
    ['E_SHAPE', () => pure.composeSideBySide(wrong(picture))],
    ['E_SHAPE', () => pure.cropPicture(picture, { left: 1, top: 0, width: 2, height: 1 })],
    ['E_SHAPE', () => pure.cropPicture(picture, wrong(null))],
    ['E_SHAPE', () => pure.pastePicture(picture, picture, 1, 0)],
    ['E_SHAPE', () => pure.pastePicture(picture, picture, -1, 0)],
    ['E_SHAPE', () => pure.pictureFromRgba(new Uint8Array(7), 2, 1)],
    ['E_SHAPE', () => pure.psnr(picture, wrong(null))],
    ['E_SHAPE', () => pure.resizeLanczos(picture, 2.5, 1)],
    ['E_SHAPE', () => pure.resizeLanczos(picture, 2, 2, { left: 0, top: 1, width: 2, height: 2 })],
    ['E_MEMORY', () => pure.resizeLanczos(picture, 2 ** 40, 2)],
    ['E_SHAPE', () => pure.preparePicture(wrong(null))],
    ['E_IMAGE_SIZE', () => pure.preparePicture(picture, { size: wrong(null) })],
    ['E_IMAGE_SIZE', () => pure.preparePicture(picture, { size: 12 })],
    ['E_IMAGE_SIZE', () => pure.preparePicture(picture, { size: wrong('256') })],
    ['E_IMAGE_SIZE', () => pure.preparePicture(picture, { size: wrong({ width: 8 }) })],
    ['E_ARGUMENT', () => pure.preparePicture(picture, wrong(null))],
    ['E_SHAPE', () => pure.toPixels({ ...picture, data: new Uint8Array(8) })],
    ['E_SHAPE', () => pure.fromPixels(new Float32Array(0), [0, 3, 1, 1])],
    ['E_SHAPE', () => pure.fromPixels(new Float32Array(3), [3, 0.5, 2])],
    ['E_SHAPE', () => pure.fromPixels(wrong([1, 2, 3]), [3, 1, 1])],
    ['E_SHAPE', () => pure.fromPixels(new Float32Array(3), wrong(null))],
    ['E_ARGUMENT', () => pure.sniffImage(wrong('cat.png'))],
    ['E_ARGUMENT', () => pure.readPngText(wrong(new ArrayBuffer(8)))],
    ['E_ARGUMENT', () => pure.addPngText(wrong(null), {})],
    ['E_PNG_TEXT', () => pure.addPngText(node.encodePng(picture), { key: wrong(7) })],
    ['E_ARGUMENT', () => node.encodePng(picture, wrong(null))],
    ['E_SHAPE', () => node.encodePng({ ...picture, width: 3 })],
    ['E_ARGUMENT', () => node.decodePng(node.encodePng(picture), { maxPixels: NaN })],
    ['E_ARGUMENT', () => node.decodePng(node.encodePng(picture), { maxPixels: wrong('9') })],
    ['E_ARGUMENT', () => node.renderPreview(picture, 0, 'blocks')],
  ])('%s (case %#)', (code, call) => {
    expect(call).toThrow(expect.objectContaining({ code }));
  });

  it.each<[call: () => Promise<unknown>]>([
    [() => node.loadImage(wrong(null))],
    [() => node.loadImage('cat.png', wrong(null))],
    [() => node.savePng(wrong(null), picture)],
    [() => node.savePng('cat.png', picture, wrong(null))],
    [() => node.decodeImage(wrong(null))],
    [() => pure.decodeJpeg(new Uint8Array(4), wrong(null))],
    [() => pure.decodeWebp(new Uint8Array(4), wrong('webp_dec.wasm'))],
  ])('E_ARGUMENT (case %#)', async (call) => {
    await expect(call()).rejects.toThrow(expect.objectContaining({ code: 'E_ARGUMENT' }));
  });

  it('savePng refuses what is no picture before it touches the file', async () => {
    const save = node.savePng('/nowhere/at/all.png', wrong({ width: 1, height: 1, data: null }));
    await expect(save).rejects.toThrow(expect.objectContaining({ code: 'E_SHAPE' }));
  });
});
