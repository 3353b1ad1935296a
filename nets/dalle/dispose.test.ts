/**
 * `dispose` ends a drawing at once, of the model, a part of it or the device, at whatever moment: the loop hears
 * `E_DISPOSED`, nothing hangs, nothing is left on the device and no rejection goes unheard.
 */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { WebGLDevice } from '../../engine/index.ts';
import { loadDalle, open, referenceDevice, run } from '../../node.ts';
import { tensor } from '../../ops/index.ts';
import { makeTinyDalle } from '../../test/helpers/tiny-dalle.ts';
import { makeWorkplace } from '../../test/helpers/workplace.ts';
import type { Dvae } from '../dvae/dvae.ts';
import type { Dalle } from './dalle.ts';
import type { GenerateStep } from './generate-options.ts';

const place = makeWorkplace();
const disposed = expect.objectContaining({ name: 'ContextError', code: 'E_DISPOSED' });
const unheard: unknown[] = [];
const hear = (reason: unknown): void => void unheard.push(reason);

beforeAll(async () => {
  process.on('unhandledRejection', hear);
  await makeTinyDalle(place.path('model'));
});
afterEach(async () => {
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(unheard.splice(0)).toEqual([]);
});
afterAll(() => {
  process.off('unhandledRejection', hear);
  place.remove();
});

/** A drawing on a device of its own, with turns for others all along its runs. */
async function begin(
  device?: WebGLDevice,
): Promise<{ dalle: Dalle; device: WebGLDevice; steps: AsyncGenerator<GenerateStep> }> {
  const own = device ?? (await open({ device: 'egl', portionMilliseconds: 0.0001 }));
  const dalle = await loadDalle(place.path('model'), { device: own });
  return { dalle, device: own, steps: dalle.generate('red heart', { count: 1, seed: 1, imageEvery: 2 }) };
}

type Disposing = (drawing: { dalle: Dalle; device: WebGLDevice }) => unknown;
const ways: Readonly<Record<string, Disposing>> = {
  'the model': ({ dalle }) => dalle.dispose(),
  'its dVAE': ({ dalle }) => dalle.coder.dispose(),
  'its transformer': ({ dalle }) => dalle.transformer.dispose(),
  'the device': ({ device }) => device.dispose(),
};
const moments = [
  { moment: 'before the first step', taken: 0 },
  { moment: 'after a few', taken: 4 },
  { moment: 'before the last', taken: 11 },
];
const cases = moments.flatMap((moment) =>
  Object.entries(ways).map(([what, dispose]) => ({ ...moment, what, dispose })),
);

async function take(steps: AsyncGenerator<GenerateStep>, count: number): Promise<void> {
  for (let step = 0; step < count; step++) expect((await steps.next()).done).toBe(false);
}

async function expectNothingLeft({ dalle, device }: { dalle: Dalle; device: WebGLDevice }): Promise<void> {
  await dalle.dispose();
  await dalle.dispose();
  expect(device.gpu.textures.ledger()).toMatchObject({
    weightBytes: 0,
    stateBytes: 0,
    passingBytes: 0,
    liveTextures: 0,
  });
  device.dispose();
  device.dispose();
}

test.each(cases)('$what is disposed between two steps, $moment', async ({ taken, dispose }) => {
  const drawing = await begin();
  await take(drawing.steps, taken);
  await dispose(drawing);
  await expect(drawing.steps.next()).rejects.toEqual(disposed);
  expect(await drawing.steps.next()).toEqual({ done: true, value: undefined });
  await expectNothingLeft(drawing);
});

test.each(cases)('$what is disposed within a step, $moment', async ({ taken, dispose }) => {
  for (const turns of [0, 1, 12]) {
    const drawing = await begin();
    await take(drawing.steps, taken);
    const next = drawing.steps.next().then(() => drawing.steps.next());
    next.catch(() => {});
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    await dispose(drawing);
    await expect(next).rejects.toEqual(disposed);
    await expectNothingLeft(drawing);
  }
});

test('a drawing that nobody goes on with leaves nothing behind either', async () => {
  const drawing = await begin();
  await take(drawing.steps, 3);
  await expectNothingLeft(drawing);
});

test('a loop that is left early lets go of what it holds', async () => {
  const drawing = await begin();
  for await (const { step } of drawing.steps) if (step === 6) break;
  const { dalle, device } = drawing;
  const { liveTextures } = device.gpu.textures.ledger();
  for await (const { step } of dalle.generate('red heart', { count: 1, seed: 1 })) if (step === 6) break;
  expect(device.gpu.textures.ledger()).toMatchObject({ passingBytes: 0, liveTextures });
  const steps = dalle.generate('red heart', { count: 1, seed: 1 });
  await steps.next();
  const [next, left] = await Promise.all([steps.next(), steps.return(undefined)]);
  expect([next.done, left.done]).toEqual([false, true]);
  await expectNothingLeft(drawing);
});

test('completing and scoring end too', async () => {
  const { dalle, device } = await begin();
  const pixels = { data: new Float32Array(3 * 32 * 24), shape: [1, 3, 32, 24] } as const;
  const scoring = dalle.score('red heart', pixels);
  const selection = { redraw: [{ x: 0, y: 0.5, width: 1, height: 0.5 }] };
  const completing = dalle.complete(pixels, 'red heart', { selection }).next();
  const ends = Promise.all([
    expect(scoring).rejects.toEqual(disposed),
    expect(completing.then(() => 'a step')).rejects.toEqual(disposed),
  ]);
  await new Promise((resolve) => setImmediate(resolve));
  await dalle.dispose();
  await ends;
  await expectNothingLeft({ dalle, device });
});

test('on the reference device a drawing ends as soon', async () => {
  const dalle = await loadDalle(place.path('model'), { device: referenceDevice });
  const steps = dalle.generate('red heart', { count: 1, seed: 1 });
  await steps.next();
  const ending = expect(steps.next().then(() => steps.next())).rejects.toEqual(disposed);
  await dalle.dispose();
  await ending;
});

test('what is called afterwards says so', async () => {
  const { dalle, device } = await begin();
  const pixels = { data: new Float32Array(3 * 32 * 24), shape: [1, 3, 32, 24] } as const;
  const grid = { data: new Int32Array(12), shape: [1, 4, 3] } as const;
  const dvae = dalle.coder as Dvae;
  const text = new Int32Array(12);
  const decoding = await dalle.transformer.begin(text, 1);
  await dalle.dispose();
  for (const call of [
    () => dalle.generate('x').next(),
    () => dalle.complete(pixels, 'x', { selection: { keep: [] } }).next(),
    () => dalle.score('x', pixels),
    () => dalle.coder.encode(pixels),
    () => dvae.encodeLogits(pixels),
    () => dalle.coder.decode(grid),
    () => dvae.decodeStatistics(grid),
    () => dvae.reconstruct(pixels),
    async () => dalle.coder.planFor('encode', [1, 3, 8, 8]),
    () => dalle.transformer.begin(text, 1),
    () => dalle.transformer.imageLogits(text, new Int32Array(12)),
    () => decoding.step(new Int32Array(1)),
    () => decoding.stepGreedy(new Int32Array(1)),
    () => decoding.readRow(new Int32Array(3)),
  ]) {
    await expect(call()).rejects.toEqual(disposed);
  }
  device.dispose();
  await expect(run(tensor([1], [1]), { device })).rejects.toEqual(disposed);
});
