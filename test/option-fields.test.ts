/**
 * Options that are no options: a signal that is a number, a callback that is a text, a limit that is none. Each
 * function says so at its door with a DalleError, before it opens, downloads or draws anything; asynchronous ones by
 * rejecting.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as convert from '../convert.ts';
import { writeOutput } from '../base/node/write-file.ts';
import { readSource } from '../images/node/read.ts';
import { writeOfficialSizePickles } from '../weights-convert/node/write-official-size.ts';
import * as node from '../node.ts';
import { compile, tensor } from '../ops/index.ts';
import type { Clip, Dalle } from '../node.ts';
import type { WebGLDevice } from '../engine/index.ts';
import { makeTinyClip } from './helpers/tiny-clip.ts';
import { makeTinyDalle } from './helpers/tiny-dalle.ts';
import { makeWorkplace } from './helpers/workplace.ts';

const place = makeWorkplace();
let device: WebGLDevice;
let dalle: Dalle;
let clip: Clip;
beforeAll(async () => {
  await makeTinyDalle(place.path('model'));
  device = await node.open({ device: 'egl' });
  dalle = await node.loadDalle(place.path('model'), { device });
  clip = await node.loadClip(await makeTinyClip(place.path('clip')), { device });
});
afterAll(async () => {
  await dalle.dispose();
  await clip.dispose();
  device.dispose();
  place.remove();
});

const numbers = { data: new Float32Array(192).fill(0.5), shape: [1, 3, 8, 8] } as const;
const tokens = { data: new Int32Array(1), shape: [1, 1, 1] } as const;
const picture = { data: new Float32Array(3 * 32 * 24), shape: [1, 3, 32, 24] } as const;
const selection = { redraw: [{ x: 0, y: 0.5, width: 1, height: 0.5 }] };
const onePicture = { width: 1, height: 1, data: new Uint8Array(3) };
const nowhere = 'http://127.0.0.1:1/model';

/** Functions that take options by these names. None of the calls may get as far as to do its work. */
const calls: Readonly<Record<string, { fields: string; call: (options: never) => unknown }>> = {
  encode: { fields: 'signal onProgress', call: (options) => dalle.coder.encode(numbers, options) },
  decode: { fields: 'signal onProgress', call: (options) => dalle.coder.decode(tokens, options) },
  begin: { fields: 'signal onProgress', call: (options) => dalle.transformer.begin(new Int32Array(12), 1, options) },
  prepare: {
    fields: 'signal onProgress',
    call: (options) => dalle.coder.planFor('encode', [1, 3, 8, 8]).prepare(options),
  },
  run: {
    fields: 'signal onProgress',
    call: (options) => dalle.coder.planFor('encode', [1, 3, 8, 8]).run({ x: numbers.data }, options),
  },
  'run on the reference': {
    fields: 'signal onProgress',
    call: (options) => compile(node.referenceDevice, ({ x }) => x, { x: [1] }).run({ x: [1] }, options),
  },
  generate: {
    fields: 'signal truncate count temperature imageEvery',
    call: (options) => dalle.generate('x', options).next(),
  },
  complete: {
    fields: 'signal truncate selection',
    call: (options: object) => dalle.complete(picture, 'x', { selection, ...options }).next(),
  },
  score: { fields: 'signal truncate', call: (options) => dalle.score('x', picture, options) },
  'score by CLIP': { fields: 'signal truncate', call: (options) => clip.score('x', [], options) },
  rank: { fields: 'signal truncate', call: (options) => clip.rank('x', [], options) },
  tokenize: { fields: 'signal truncate', call: (options) => clip.tokenize('x', options) },
  encodePictures: { fields: 'signal onProgress', call: (options) => clip.encodePictures([onePicture], options) },
  encodeText: { fields: 'signal onProgress', call: (options) => clip.encodeText(new Int32Array(16), options) },
  loadClip: {
    fields: 'signal onProgress verify cache device',
    call: (options: object) => node.loadClip(place.path('clip'), { device, ...options }),
  },
  loadDVAE: {
    fields: 'signal onProgress verify maxBytes stallMs cache precision device',
    call: (options: object) => node.loadDVAE(nowhere, { device, ...options }),
  },
  'loadDVAE of a folder': {
    fields: 'signal onProgress verify precision',
    call: (options: object) => node.loadDVAE(undefined, { device, ...options }),
  },
  'loadDVAE of a pair': {
    fields: 'signal onProgress maxBytes stallMs cache precision',
    call: (options: object) => node.loadDVAE({ encoder: nowhere }, { device, ...options }),
  },
  loadPictureCoder: {
    fields: 'signal onProgress verify precision device',
    call: (options: object) => node.loadPictureCoder(undefined, { device, ...options }),
  },
  loadDalle: {
    fields: 'signal onProgress verify cache precision device',
    call: (options: object) => node.loadDalle(place.path('model'), { device, ...options }),
  },
  openModelFolder: {
    fields: 'signal onProgress verify cache',
    call: (options) => node.openModelFolder(node.bundledModel, undefined, options),
  },
  downloadFile: {
    fields: 'signal onProgress maxBytes stallMs cache',
    call: (options) => node.downloadFile(nowhere, options),
  },
  downloadBlob: {
    fields: 'signal onProgress maxBytes stallMs',
    call: (options) => convert.downloadBlob(nowhere, options),
  },
  readSource: { fields: 'signal maxBytes timeoutMs', call: (options) => readSource(nowhere, options) },
  loadImage: { fields: 'signal maxBytes timeoutMs', call: (options) => node.loadImage(nowhere, options) },
  convertToModelFolder: {
    fields: 'signal onProgress verify force dryRun',
    call: (options: object) => node.convertToModelFolder({ out: place.path('o'), sources: ['x'], ...options }),
  },
  exportCheckpoints: {
    fields: 'signal onBytes verify force',
    call: (options: object) => node.exportCheckpoints({ out: place.path('o'), folder: 'x', ...options }),
  },
  writeOutput: { fields: 'signal', call: (options) => writeOutput(place.path('o'), [], options) },
  writeOfficialSizePickles: {
    fields: 'signal',
    call: (options) => writeOfficialSizePickles(place.path('o'), options),
  },
};

const wrong = [null, -5, NaN, '', [], new Map(), Symbol('s'), 5n, Object.create(null)] as const;
/** Of no kind that such an option may have. */
const fitting: Readonly<Record<string, readonly unknown[]>> = { cache: [''] };

test.each(Object.entries(calls))('%s', async (_name, { fields, call }) => {
  for (const field of fields.split(' ')) {
    for (const value of wrong.filter((each) => !fitting[field]?.includes(each))) {
      const result = (() => {
        try {
          return Promise.resolve(call({ [field]: value } as never));
        } catch (error) {
          return error;
        }
      })();
      expect(result, `${field}: it threw at once`).toBeInstanceOf(Promise);
      const told = await (result as Promise<unknown>).then(
        () => 'accepted',
        (error: unknown) => error,
      );
      expect(told, `${field} ${String(wrong.indexOf(value))}`).toMatchObject({
        name: expect.stringMatching(/^(Usage|Shape)Error$/),
        code: expect.stringMatching(/^E_(ARGUMENT|ATTRIBUTE|SAMPLING|REGION)$/),
      });
    }
  }
  expect(device.isUsable).toBe(true);
});

test('a picture that is scored may be filled anew at once', async () => {
  const given = { ...picture, data: picture.data.map((_, at) => (at % 7) / 7) };
  const wanted = await dalle.score('x', { ...given, data: given.data.slice() });
  const scoring = dalle.score('x', given);
  given.data.fill(1);
  expect(await scoring).toBe(wanted);
});

test('parts that there are not', async () => {
  for (const wanted of [null, 5, 'encoder', {}, ['encoders'], [null]]) {
    await expect(node.openModelFolder(node.bundledModel, wanted as never)).rejects.toMatchObject({
      code: 'E_ARGUMENT',
    });
  }
});

test('a wish to stop need not be an AbortSignal for a run, and signals fire where they always did', async () => {
  expect(await node.run(tensor([1], [1]), { device })).toEqual(Float32Array.of(1));
  expect((await dalle.coder.encode(numbers, { signal: { aborted: false } })).shape).toEqual([1, 1, 1]);
  const aborted = { code: 'E_ABORTED' };
  const signal = AbortSignal.abort();
  await expect(dalle.coder.encode(numbers, { signal: { aborted: true } })).rejects.toMatchObject(aborted);
  await expect(dalle.generate('x', { signal }).next()).rejects.toMatchObject(aborted);
  await expect(dalle.complete(picture, 'x', { selection, signal }).next()).rejects.toMatchObject(aborted);
  await expect(dalle.score('x', picture, { signal })).rejects.toMatchObject(aborted);
  await expect(dalle.transformer.begin(new Int32Array(12), 1, { signal })).rejects.toMatchObject(aborted);
  await expect(node.loadDVAE(undefined, { device, signal })).rejects.toMatchObject(aborted);
  await expect(node.loadDVAE(nowhere, { device, signal })).rejects.toMatchObject(aborted);
  await expect(node.loadDalle(place.path('model'), { device, signal })).rejects.toMatchObject(aborted);
  await expect(readSource(nowhere, { signal })).rejects.toMatchObject(aborted);
});
