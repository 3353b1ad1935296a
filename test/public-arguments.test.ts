/**
 * Every function that the library exports refuses wrong arguments with an error of its own: each is called with things
 * of every wrong kind in every place, alone and beside right ones, and may give a result or a DalleError, never a bare
 * TypeError, a hang or memory without bound. A new export fails here until it is in one of the lists.
 */
import { expect, test } from 'vitest';
import { DalleError } from '../base/errors.ts';
import * as convert from '../convert.ts';
import * as engine from '../engine/index.ts';
import * as browser from '../index.ts';
import * as node from '../node.ts';
import * as ops from '../ops/index.ts';
import * as train from '../train.ts';
import { loadDVAE, referenceDevice } from '../node.ts';
import { tensor } from '../ops/index.ts';

/**
 * Files, pictures and their folders have tests of their own beside them: images/, base/node/, weights-convert/node/.
 */
const elsewhere = new Set([
  ...['composeGrid', 'composeSideBySide', 'decodeJpeg', 'fromPixels', 'pictureFromRgba', 'preparePicture'],
  ...['psnr', 'toPixels', 'decodeImage', 'loadImage', 'decodePng', 'encodePng', 'savePng', 'openFileSource'],
  ...['convertToModelFolder', 'downloadFile', 'exportCheckpoints', 'openModelFolder', 'readNpy', 'writeNpy'],
  ...['decodeWebp'],
]);

const x = tensor([1, 2, 3, 4], [1, 1, 2, 2]);
const revoked = Proxy.revocable({}, {}).proxy;
const detached = new Float32Array(12);
structuredClone(detached, { transfer: [detached.buffer] });

const wrong: Readonly<Record<string, unknown>> = {
  undefined: undefined,
  null: null,
  NaN: NaN,
  negative: -1,
  huge: 1e9,
  text: 'x',
  symbol: Symbol('s'),
  boolean: true,
  bigint: 5n,
  'empty object': {},
  'frozen object': Object.freeze({ shape: 5 }),
  'object without prototype': Object.create(null),
  proxy: revoked,
  'empty list': [],
  'sparse list': Object.assign(new Array<unknown>(3), { 1: 1 }),
  'list of nulls': [null, null],
  bytes: new Uint8Array(4),
  detached,
  function: () => 1,
  'huge shape': [1, 1e9, 1e9],
  'shape without data': { shape: [1, 1e9, 1e9] },
  FileList: { length: 1, item: () => null, 0: new Blob(['x']) },
  blob: new Blob(['x']),
};

/** Calls, with what is wrong in each of the first places, alone and behind right things. */
const fillings: readonly ((value: unknown) => unknown[])[] = [
  (value) => [value],
  (value) => [value, value, value],
  (value) => [x, value],
  (value) => [x, x, value],
  (value) => [x, x, x, value],
  (value) => [[x], value],
  (value) => [referenceDevice, value],
  (value) => [referenceDevice, x, value],
  (value) => ['text', value],
  (value) => [{ device: referenceDevice }, value],
  (value) => [value, { device: referenceDevice }],
];

/** Undefined, or what came in the place of a DalleError. */
async function fault(call: () => unknown): Promise<string | undefined> {
  try {
    const result = await call();
    const iterator = (result as Partial<AsyncGenerator> | undefined)?.next;
    if (typeof iterator === 'function') await iterator.call(result);
  } catch (error) {
    return error instanceof DalleError ? undefined : String(error);
  }
  return undefined;
}

async function listFaults(name: string, call: (...given: unknown[]) => unknown): Promise<string[]> {
  const faults: string[] = [];
  for (const [kind, value] of Object.entries(wrong)) {
    for (const [place, fill] of fillings.entries()) {
      const found = await fault(() => call(...fill(value)));
      if (found !== undefined) faults.push(`${name}, ${kind} in filling ${place}: ${found.slice(0, 120)}`);
    }
  }
  return faults;
}

type Callable = (...given: unknown[]) => unknown;
type Constructible = new (...given: unknown[]) => unknown;

function isClass(value: Callable): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value));
}

/** Exported functions and classes by name; the same under two entries is one. */
function listExports(): [string, Callable][] {
  const found = new Map<Callable, [string, Callable]>();
  for (const [entry, module] of Object.entries({ ops, engine, browser, convert, node, train })) {
    for (const [name, value] of Object.entries(module) as [string, unknown][]) {
      if (typeof value !== 'function' || value.prototype instanceof Error) continue;
      if (elsewhere.has(name) || found.has(value as Callable)) continue;
      const call = isClass(value as Callable)
        ? (...given: unknown[]): unknown => new (value as unknown as Constructible)(...given)
        : (value as Callable);
      found.set(value as Callable, [`${entry}.${name}`, call]);
    }
  }
  return [...found.values()];
}

/** Those that would open a device, or time one, for each call that is right by chance. */
const slow = new Set([
  'node.open',
  'node.createContext',
  'browser.measureSpeed',
  'node.run',
  'node.loadDVAE',
  'node.loadDalle',
  'node.loadPictureCoder',
]);

test.each(listExports().filter(([name]) => !slow.has(name)))('%s', async (name, call) => {
  expect(await listFaults(name, call)).toEqual([]);
});

test.each([
  ['open', node.open],
  ['createContext', node.createContext],
  ['measureSpeed', browser.measureSpeed],
  ['run', node.run],
  ['loadDVAE', node.loadDVAE],
  ['loadDalle', node.loadDalle],
  ['loadPictureCoder', node.loadPictureCoder],
] as [string, Callable][])('%s, which does much when it is called rightly', async (name, call) => {
  for (const kind of ['null', 'NaN', 'bigint', 'symbol', 'text', 'bytes', 'function'] as const) {
    expect([kind, await fault(() => call(wrong[kind]))]).toEqual([kind, undefined]);
  }
  expect(name).not.toBe('');
});

test('methods of a dVAE', async () => {
  const dvae = await loadDVAE(undefined, { device: referenceDevice });
  const pixels = { data: new Float32Array(192).fill(0.5), shape: [1, 3, 8, 8] } as const;
  const spoil = (changes: object): object => ({ ...pixels, ...changes });
  const given: unknown[] = [
    ...Object.values(wrong),
    ...Object.values(wrong).flatMap((value) => [spoil({ data: value }), spoil({ shape: value })]),
    spoil({ shape: [1, 3, 8, 16] }),
    spoil({ shape: [1, 3, -8, -8] }),
    spoil({ shape: [1, 3, 8, 8, 1] }),
    spoil({ shape: [1, 3, 1e9, 1e9] }),
    spoil({ data: pixels.data.map(() => 2) }),
    spoil({ data: pixels.data.map(() => NaN) }),
    spoil({ data: new Uint8Array(192) }),
    spoil({ data: { length: 192 } }),
    spoil({ data: new Array(192) }),
  ];
  for (const method of ['encode', 'encodeLogits', 'decode', 'decodeSoft', 'decodeStatistics', 'reconstruct'] as const) {
    for (const value of given) {
      const call = (dvae[method] as Callable).bind(dvae);
      await expect(Promise.resolve(call(value)), `${method} of ${String(given.indexOf(value))}`).rejects.toBeInstanceOf(
        DalleError,
      );
    }
  }
  for (const value of given) {
    for (const work of ['encode', 'decode', 'decodeSoft'] as const) {
      expect(() => dvae.planFor(work, value as number[])).toThrow(DalleError);
    }
    expect(() => dvae.planFor(value as 'encode', [1, 3, 8, 8])).toThrow(DalleError);
    expect(await fault(() => dvae.encode(pixels, value as object))).toBe(undefined);
  }
  await dvae.dispose();
  // Where a value happens to be right, the reference device draws, which takes its time.
}, 180_000);

test('pixels: what is refused, and why', async () => {
  const dvae = await loadDVAE(undefined, { device: referenceDevice });
  const shape = [1, 3, 8, 8] as const;
  const encode = (data: unknown): Promise<unknown> => dvae.encode({ data: data as Float32Array, shape });
  await expect(encode(new Float32Array(192).fill(255))).rejects.toMatchObject({ code: 'E_PIXEL_RANGE' });
  await expect(encode(new Float32Array(192).fill(-0.01))).rejects.toMatchObject({ code: 'E_PIXEL_RANGE' });
  await expect(encode(new Float32Array(192).fill(Infinity))).rejects.toMatchObject({ code: 'E_NOT_FINITE' });
  await expect(encode(new Uint8Array(192))).rejects.toMatchObject({ code: 'E_ARGUMENT', message: /divided by 255/ });
  await expect(encode(new Float32Array(191))).rejects.toMatchObject({ code: 'E_SHAPE' });
  await expect(dvae.encode(new Uint8Array(4) as never)).rejects.toMatchObject({ message: /toPixels/ });
  await expect(dvae.decode({ shape: [1, 1e9, 1e9] } as never)).rejects.toMatchObject({ code: 'E_ARGUMENT' });
  const huge = { data: new Int32Array(1), shape: [1, 1e9, 1e9] } as const;
  await expect(dvae.decode(huge)).rejects.toMatchObject({ code: 'E_SHAPE', message: /64 million/ });
  // A strip of few pixels, and longer than any picture.
  for (const shape of [[1, 8192, 1] as const, [1, 1, 500_000] as const]) {
    const strip = { data: new Int32Array(shape[1] * shape[2]), shape };
    await expect(dvae.decode(strip)).rejects.toMatchObject({ code: 'E_SHAPE', message: /65,535 pixels a side/ });
  }
  const strip = { data: new Float32Array(3 * 8 * 65_536), shape: [1, 3, 8, 65_536] as const };
  await expect(dvae.encode(strip)).rejects.toMatchObject({ code: 'E_SHAPE', message: /65,535 pixels a side/ });
  await dvae.dispose();
});
