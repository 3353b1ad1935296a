/**
 * A run ends with the same weights whatever stopped it on the way, keeps its old checkpoint where the disk is full,
 * passes over a damaged one, and takes no more memory the longer it lasts.
 */
import { appendFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ContextError } from '../../base/errors.ts';
import { openExclusively, type OpenHandle } from '../../base/node/output-file.ts';
import type { CpuDevice, Device } from '../../engine/index.ts';
import { makeCpuTestDevice } from '../../test/helpers/cpu-device.ts';
import { makeLineStage } from '../../test/helpers/line-stage.ts';
import { makeWorkplace, type Workplace } from '../../test/helpers/workplace.ts';
import { Checkpoints, type TrackNumbers } from './checkpoint.ts';
import { Run, type RunOptions, type RunResult } from './run.ts';
import type { RunStage } from './run-stage.ts';

let place: Workplace;
beforeAll(() => {
  place = makeWorkplace();
});
afterAll(() => place.remove());

interface Made {
  readonly notes: string[];
  readonly result: RunResult;
}

/** Trains in a folder of the workplace, from its newest checkpoint. */
async function train(
  name: string,
  stage: RunStage,
  { openHandle, ...options }: Partial<RunOptions> & { openHandle?: OpenHandle } = {},
): Promise<Made> {
  const notes: string[] = [];
  const out = place.path(name);
  const checkpoints = await Checkpoints.open(out, 2, openHandle);
  try {
    const from = await checkpoints.findNewest((path, reason) => notes.push(`damaged ${path}: ${reason}`));
    const result = await new Run(stage, {
      ...{ out, checkpoints, from, checkpointMinutes: 0, lookMinutes: 1, signal: new AbortController().signal },
      openDevice: async () => makeCpuTestDevice(),
      onNote: (line) => notes.push(line),
      ...options,
    }).train();
    return { notes, result };
  } finally {
    checkpoints.close();
  }
}

async function readLast(name: string): Promise<TrackNumbers> {
  const checkpoints = await Checkpoints.open(place.path(name), 2);
  try {
    return await (await checkpoints.findNewest())!.read();
  } finally {
    checkpoints.close();
  }
}

const readLog = (name: string): { kind: string; step: number; loss?: number }[] =>
  readFileSync(place.path(name, 'log.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string; step: number });

const stepsOf = (name: string): number[] => readLog(name).flatMap(({ kind, step }) => (kind === 'step' ? [step] : []));

test('a run that was stopped again and again ends with the weights of one that was not, bit for bit', async () => {
  const { result, notes } = await train('whole', makeLineStage(30), { checkpointMinutes: 9 });
  expect(result).toMatchObject({ steps: 30, skipped: 0 });
  expect(result.loss).toBeLessThan(0.5 * readLog('whole').find(({ kind }) => kind === 'step')!.loss!);
  expect(notes[0]).toMatch(/^memory {2}0\.\d MB on the device at most; a checkpoint has 0\.0 MB$/);
  for (const stopAt of [1, 2, 17]) {
    const controller = new AbortController();
    const stopped = train('stopped', makeLineStage(30), {
      signal: controller.signal,
      onStep: (step) => (step === stopAt ? controller.abort() : undefined),
    });
    await expect(stopped).rejects.toMatchObject({ code: 'E_ABORTED' });
    expect(readdirSync(place.path('stopped', 'checkpoints')).at(-1)).toBe(String(stopAt).padStart(8, '0'));
  }
  await train('stopped', makeLineStage(30));
  expect(await readLast('stopped')).toEqual(await readLast('whole'));
  expect(readdirSync(place.path('stopped', 'checkpoints')).sort()).toEqual(['00000029', '00000030']);
  expect(stepsOf('stopped')).toEqual(Array.from({ length: 30 }, (_, at) => at + 1));
  expect(readFileSync(place.path('stopped', 'curves.svg'), 'utf8')).toContain('>loss</text>');
});

test('a checkpoint that was damaged is passed over, half a one is removed, and steps after it are made again', async () => {
  await train('damaged', makeLineStage(30));
  const folder = place.path('damaged', 'checkpoints');
  const state = readFileSync(join(folder, '00000030', 'state.safetensors'));
  state[state.length - 5]! ^= 1;
  writeFileSync(join(folder, '00000030', 'state.safetensors'), state);
  mkdirSync(join(folder, '00000031'));
  writeFileSync(join(folder, '00000031', 'run.json'), '{"formatVersion": 1, "step": 31');
  appendFileSync(place.path('damaged', 'log.jsonl'), '{"kind":"step","step":31,"los');
  const { notes } = await train('damaged', makeLineStage(30));
  expect(notes.filter((line) => line.startsWith('damaged'))).toHaveLength(2);
  expect(await readLast('damaged')).toEqual(await readLast('whole'));
  expect(stepsOf('damaged').at(-1)).toBe(30);
});

test('on a full disk the old checkpoint stays, and training goes on', async () => {
  let files = 0;
  const openHandle: OpenHandle = (path, replaced) => {
    const handle = openExclusively(path, replaced);
    // Two files a checkpoint: the first one has room.
    if (++files <= 2) return handle;
    return { ...handle, write: () => Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' })) };
  };
  const { notes } = await train('full', makeLineStage(5), { openHandle });
  expect(
    notes.filter((line) => /no checkpoint at step \d, the one of step 0 stays.*disk is full/.test(line)),
  ).toHaveLength(5);
  expect(readdirSync(place.path('full', 'checkpoints'))).toEqual(['00000000']);
  await train('full', makeLineStage(30));
  expect(await readLast('full')).toEqual(await readLast('whole'));
});

test('a device that is lost is opened again, and the run goes on from its checkpoint', async () => {
  const opened: CpuDevice[] = [];
  const lost = new Set<Device>();
  const openDevice = async (): Promise<Device> => {
    const device = makeCpuTestDevice();
    opened.push(device);
    return new Proxy(device, {
      get: (target, name) => {
        if (name === 'isUsable') return !lost.has(device);
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  };
  const stage = makeLineStage(30);
  let losses = 0;
  const failing: RunStage = {
    ...stage,
    inputsAt: async (step) => {
      if (step === 11 && losses++ < 2) {
        lost.add(opened.at(-1)!);
        throw new ContextError('E_GL_CONTEXT_LOST', 'lost.');
      }
      return stage.inputsAt(step);
    },
  };
  const { notes } = await train('lost', failing, { openDevice, checkpointMinutes: 9 });
  expect(notes.filter((line) => line.includes('Another device'))).toHaveLength(2);
  expect(opened).toHaveLength(3);
  expect(await readLast('lost')).toEqual(await readLast('whole'));
});

test('200 steps take no more memory than the first', async () => {
  let device: CpuDevice;
  const used: number[] = [];
  await train('flat', makeLineStage(200), {
    openDevice: async () => (device = makeCpuTestDevice()),
    onStep: () => used.push(device.memory.bytes.used),
    checkpointMinutes: 0.001,
  });
  expect(used).toHaveLength(200);
  expect(new Set(used.slice(1)).size).toBeLessThanOrEqual(2); // before and after the first checkpoint's plan
  expect(used.at(-1)).toBe(used[20]);
});

test('a run whose gradients are never finite ends with a word', async () => {
  const stage = makeLineStage(300);
  const broken = makeLineStage(300, {
    inputsAt: async (step) => [{ ...(await stage.inputsAt(step))[0]!, y: new Float32Array(8).fill(NaN) }],
  });
  await expect(train('broken', broken, { checkpointMinutes: 9 })).rejects.toMatchObject({ code: 'E_NOT_FINITE' });
});

test('two processes cannot have one run', async () => {
  const checkpoints = await Checkpoints.open(place.path('busy'), 2);
  await expect(Checkpoints.open(place.path('busy'), 2)).rejects.toMatchObject({ code: 'E_OUTPUT_BUSY' });
  checkpoints.close();
});
