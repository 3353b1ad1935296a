/**
 * `dalle-gl/convert`: checkpoints in, plain weights out, in the browser and in Node alike. `dalle-gl/node` adds files
 * and folders.
 */
export * from './weights-convert/index.ts';
