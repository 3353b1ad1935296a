/**
 * dalle-gl in Node: a device with no display, models from files, pictures from paths and addresses.
 *
 *     const dvae = await loadDVAE();
 *     const picture = preparePicture(await loadImage('cat.jpg'));
 *     const { tokens, pixels } = await dvae.reconstruct({ data: toPixels(picture), shape: [1, 3, 256, 256] });
 *     await savePng('again.png', fromPixels(pixels.data, pixels.shape)[0]!);
 *
 * Everything of the entry for browsers is here too, except that `open` looks for EGL and not for a canvas.
 */
export * from './index.ts';
export * from './images/node/index.ts';
export { writeFileAtomically, writeOutput, type Parts, type WriteOptions } from './base/node/write-file.ts';
export * from './weights-convert/node/index.ts';
export { createContext } from './engine/context/node/open.ts';
export { isKernelChoice } from './ops/kernel-choice.ts';
export { bundledModel } from './base/node/package-files.ts';
export { open, type DeviceName, type OpenOptions } from './load/node/open.ts';
export { createDalle, loadDalle, loadDVAE, openTokenizer, run } from './load/node/models.ts';
export type { LoadDalleOptions, LoadDvaeOptions } from './load/node/models.ts';
