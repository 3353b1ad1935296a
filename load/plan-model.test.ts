/**
 * What is planned is what a device then takes: bytes of weights and caches of the bundled model on both devices, and
 * the numbers that the shapes of known models decide. Nothing here depends on time.
 */
import { describe, expect, test } from 'vitest';
import { bundledModel } from '../base/node/package-files.ts';
import { Dvae } from '../nets/dvae/dvae.ts';
import { Transformer } from '../nets/transformer/transformer.ts';
import { openCpuTestDevice } from '../test/helpers/cpu-device.ts';
import { openTestDevice } from '../test/helpers/devices.ts';
import { KNOWN_MODELS } from '../weights-convert/known-models/known-models.ts';
import { openModelFolder } from '../weights-convert/node/open-model-folder.ts';
import { findKnownNets } from './known-nets.ts';
import { estimateWork, planModel, type ModelPlan, type NetToPlan, type PlannedGroup } from './plan-model.ts';
import type { PlannedForm } from './planning-device.ts';

const onCpu: PlannedForm = { kind: 'cpu', kernels: { multiplyAdd: 'plain', without: [] } };
const onWebGL: PlannedForm = {
  kind: 'webgl',
  limits: { targets: 8, maxTextureSize: 8192, fetch: 'textureLod' },
  kernels: { targets: 8, fetch: 'textureLod', block: 'strip', without: [] },
};

function findGroup({ groups }: ModelPlan, name: PlannedGroup['name']): PlannedGroup {
  return groups.find((group) => group.name === name)!;
}

async function planBundled(form: PlannedForm): Promise<ModelPlan> {
  const { manifest, close } = await openModelFolder(bundledModel);
  await close();
  const { encoder, decoder, transformer } = manifest!.parts;
  return planModel([encoder!, decoder!, transformer!] satisfies NetToPlan[], form, { candidates: 2 });
}

test.each(['cpu', 'webgl'] as const)('the bundled model takes on %s what was planned', async (kind) => {
  const webgl = kind === 'webgl' ? await openTestDevice() : undefined;
  const device = webgl ?? openCpuTestDevice();
  const takes = (): number => {
    if (device.kind === 'cpu') return device.memory.bytes.kept;
    const { weightBytes, stateBytes } = webgl!.gpu.textures.ledger();
    return weightBytes + stateBytes;
  };
  const form: PlannedForm = webgl ? { kind: 'webgl', limits: webgl, kernels: webgl.kernels } : onCpu;
  const plan = await planBundled(form);
  const model = await openModelFolder(bundledModel);
  const [before, transformer] = [takes(), new Transformer(model.transformer as never, { device })];
  const decoding = await transformer.begin(new Int32Array(16), 2);
  await decoding.step(Int32Array.of(1, 2));
  const drawing = findGroup(plan, 'drawing').bytes;
  // The CPU device rounds each value up to a line of its cache, and keeps a line behind it.
  expect((takes() - before) / (drawing.weights + drawing.states)).toBeCloseTo(1, 1);
  await transformer.dispose();
  const coder = new Dvae({ decoder: model.decoder as never }, { device });
  const empty = takes();
  await coder.decode({ data: new Int32Array(256), shape: [1, 16, 16] });
  expect((takes() - empty) / findGroup(plan, 'decoder').bytes.weights).toBeCloseTo(1, 1);
  await coder.dispose();
  await model.encoder!.close();
});

describe('known models', () => {
  const planned = KNOWN_MODELS.flatMap(({ name }) => (findKnownNets(name) ? [name] : []));

  test('most have nets that are computed', () => {
    expect(planned).toEqual(expect.arrayContaining(['min-dalle-mini', 'rudalle-malevich', 'clip-vit-b-32']));
  });

  test.each(planned)('%s has as many numbers as its files', async (name) => {
    const nets = findKnownNets(name)!;
    const { numbers } = KNOWN_MODELS.find((model) => model.name === name)!;
    const plan = await planModel(nets, onCpu);
    const held = plan.parts.reduce((sum, { parameters }) => sum + parameters, 0);
    // Norms that the files lack are few. Both halves of a VQGAN have the codebook, which their file has once.
    const inFiles = numbers.halves + numbers.floats;
    expect(held / inFiles).toBeGreaterThan(0.99);
    expect(held / inFiles).toBeLessThan(1.06);
  });

  test.each([
    ['cpu', onCpu],
    ['webgl', onWebGL],
  ] as const)('1.3 billion weights that came as halves take two bytes each on %s', async (_, form) => {
    const plan = await planModel(findKnownNets('rudalle-malevich')!, form);
    const { parameters, bytes, works } = findGroup(plan, 'drawing');
    expect(parameters).toBe(1_310_410_880);
    expect(bytes.weights / (2 * parameters)).toBeGreaterThan(0.95);
    expect(bytes.weights / (2 * parameters)).toBeLessThan(1.02);
    // Keys and values of 24 layers for all positions but the last.
    expect(bytes.states / (2 * 24 * 1151 * 2048 * 4)).toBeCloseTo(1, 2);
    expect(works.token!.macs / 1.24e9).toBeCloseTo(1, 1);
    expect(plan.imageTokens).toBe(1024);
  });

  test('guidance and candidates multiply caches, not weights', async () => {
    const nets = findKnownNets('min-dalle-mini')!;
    const one = findGroup(await planModel(nets, onCpu), 'drawing');
    const many = findGroup(await planModel(nets, onCpu, { candidates: 3, guided: true }), 'drawing');
    expect(many.bytes.weights / one.bytes.weights).toBeCloseTo(1, 6);
    // The text's keys and values are of two texts, whatever is drawn.
    expect(many.bytes.states / one.bytes.states).toBeGreaterThan(4);
    expect(many.works.token!.macs / one.works.token!.macs).toBeCloseTo(6, 0);
  });

  test('CLIP: a picture and a text', async () => {
    const { works } = findGroup(await planModel(findKnownNets('clip-vit-b-32')!, onCpu), 'clip');
    expect(works.clipPicture!.macs / 4.41e9).toBeCloseTo(1, 2);
    expect(works.clipText!.macs / ((16 / 77) * 2.98e9)).toBeCloseTo(1, 1);
  });
});

test('time is what takes longest: reads, or weights from memory', () => {
  const speed = { secondsPerDraw: 1e-3, fetchesPerSecond: 1e9, streamedFetchesPerSecond: 1e8, macsPerSecond: 1e10 };
  const work = { draws: 10, macs: 0, fetches: 1e9, denseMacs: 1e10, weightBytes: 2 ** 20 };
  expect(estimateWork(work, speed)).toBeCloseTo(0.01 + 1 + 1, 9);
  expect(estimateWork({ ...work, weightBytes: 16e9 }, speed)).toBeCloseTo(0.01 + 10, 9);
});
