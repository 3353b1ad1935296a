/**
 * How the WebAssembly decoders of jSquash are run: with our own instance, their words caught, and no trace left among
 * the globals. The caller brings the compiled program, so that this works alike in Node, a page and a worker.
 *
 * Pure: runs in Node and in the browser.
 */

/** What the decoders give: RGBA. The bytes may lie in the decoder's memory. */
export interface RgbaImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

interface DecoderOverrides {
  noInitialRun: boolean;
  printErr: (line: string) => void;
  instantiateWasm: (
    imports: WebAssembly.Imports,
    done: (instance: WebAssembly.Instance) => void,
  ) => WebAssembly.Exports;
}

/** The glue's own types name a namespace it forgets to import; these are the parts used here. */
export type CreateDecoder<Decoder> = (overrides: DecoderOverrides) => Promise<Decoder>;

interface Decoded {
  /** None when the decoder gave up. */
  readonly image: RgbaImage | null;
  /** The lines that it printed. */
  readonly said: readonly string[];
  /** What it threw. */
  readonly cause?: unknown;
}

/** A fresh instance for each picture costs a millisecond, gives its memory back, and outlives no broken file. */
export async function runDecoder<Decoder>(
  create: CreateDecoder<Decoder>,
  program: WebAssembly.Module,
  decode: (decoder: Decoder) => RgbaImage | null,
): Promise<Decoded> {
  const said: string[] = [];
  const overrides: DecoderOverrides = {
    noInitialRun: true,
    printErr: (line) => said.push(line),
    instantiateWasm: (imports, done) => {
      const instance = new WebAssembly.Instance(program, imports);
      done(instance);
      return instance.exports;
    },
  };
  const decoder = await withImageData(() => create(overrides));
  try {
    return { image: withImageData(() => decode(decoder)), said };
  } catch (cause) {
    return { image: null, said, cause };
  }
}

/** Stands in for the browser's `ImageData`, which the decoder constructs by its global name. */
class PlainImageData {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;

  constructor(data: Uint8ClampedArray, width: number, height: number) {
    this.data = data;
    this.width = width;
    this.height = height;
  }
}

/**
 * Runs with a global `ImageData` and leaves the globals as they were: in Node the glue would define one for good, and
 * other libraries take that for a browser.
 */
function withImageData<T>(run: () => T): T {
  if ('ImageData' in globalThis) return run();
  Object.assign(globalThis, { ImageData: PlainImageData });
  try {
    return run();
  } finally {
    Reflect.deleteProperty(globalThis, 'ImageData');
  }
}
