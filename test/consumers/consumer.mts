/**
 * A program of someone who uses the package, with every entry in it and nothing of a platform, so that it compiles with
 * and without `lib.dom` and the types of Node. declarations.test.ts and scripts/check-consumers.mjs compile it.
 */
import * as browser from 'dalle-gl';
import * as convert from 'dalle-gl/convert';
import * as engine from 'dalle-gl/engine';
import { bundledModel, fromPixels, loadDVAE, loadImage, open, preparePicture, savePng, toPixels } from 'dalle-gl/node';
import * as ops from 'dalle-gl/ops';

export const entries = [browser, convert, engine, ops];

export async function reconstruct(): Promise<void> {
  const device = await open();
  const dvae = await loadDVAE(bundledModel, { device });
  const picture = preparePicture(await loadImage('picture.png'), { size: 256 });
  const tokens = await dvae.encode({ data: toPixels(picture), shape: [1, 3, 256, 256] });
  const pixels = await dvae.decode(tokens);
  const [reconstruction = picture] = fromPixels(pixels.data, pixels.shape);
  await savePng('reconstruction.png', reconstruction);
  // @ts-expect-error: the declarations say what is wanted
  await dvae.decode(pixels.data);
  device.dispose();
}
