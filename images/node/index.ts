/**
 * Pictures in Node: files, addresses, stdin and stdout, PNG both ways, and the terminal.
 */
export { decodeImage } from './decode.ts';
export { loadImage, type LoadOptions } from './load.ts';
export { decodePng, encodePng } from './png.ts';
export { countPreviewLines, detectGraphics, renderPreview, rewindPreview, type TerminalGraphics } from './preview.ts';
export { readSource, type ReadOptions } from './read.ts';
export { savePng, type SaveOptions } from './save.ts';
