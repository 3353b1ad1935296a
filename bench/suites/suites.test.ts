/** The suites run at tiny sizes on a real context, check their contenders before timing them, and report every row. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openNodeContext } from '../../engine/context/node/open.ts';
import { WebGLDevice } from '../../engine/index.ts';
import { createCeilingProbes } from '../ceilings.ts';
import { createOurPeer } from '../peers/dalle-gl.ts';
import type { Net } from '../peers/net.ts';
import type { Peer } from '../peers/peer.ts';
import { createTfjsKernels } from '../peers/tfjs.ts';
import { formatNets, netRowsOf } from '../report/dvae.ts';
import { chartKernels, formatKernels, rowsOf } from '../report/kernels.ts';
import { createTfjsPeer } from '../tfjs-peer.ts';
import type { TfjsPeer } from '../tfjs-peer.ts';
import { makeOperands, transposeData } from '../workload.ts';
import type { Workload } from '../workload.ts';
import { measureNets } from './dvae.ts';
import { runKernelSuite } from './kernels.ts';

const tiny: readonly Workload[] = [
  { kind: 'conv2d', inputs: 5, outputs: 6, kernel: 3, side: 9 },
  { kind: 'conv2d', inputs: 3, outputs: 4, kernel: 7, side: 8 },
  { kind: 'conv2d', inputs: 8, outputs: 4, kernel: 1, side: 8 },
  { kind: 'matmul', side: 24 },
];
const once = { warmups: 1, minRounds: 2, moreSeconds: 0 };
const circumstances = { date: '2026-11-23', renderer: 'test', node: 'v20', cpu: 'test', cores: 2, load: 0 };
let device: WebGLDevice;
let tfjs: TfjsPeer;

beforeAll(async () => {
  device = new WebGLDevice(await openNodeContext());
  tfjs = await createTfjsPeer(device.gl);
});
afterAll(() => {
  tfjs.dispose();
  device.dispose();
});

test('kernels: ours and tfjs-webgl agree with float64 and give a row each', async () => {
  const results = await runKernelSuite(
    { webgl: createCeilingProbes(device.gl) },
    [createOurPeer(device), createTfjsKernels(tfjs)],
    tiny,
    once,
  );
  const rows = results.flatMap(rowsOf);
  expect(rows.map(({ contender }) => contender)).toEqual(tiny.flatMap(() => ['dalle-gl', 'tfjs-webgl 4.22.0']));
  for (const { wall, gflops, speedup, ceilingShare, fetchBoundShare, contender } of rows) {
    expect(wall.count).toBeGreaterThanOrEqual(2);
    expect(gflops).toBeGreaterThan(0);
    if (contender === 'dalle-gl') expect([ceilingShare, fetchBoundShare].every(Number.isFinite)).toBe(true);
    else expect(Object.values(speedup!).every((ratio) => ratio !== undefined)).toBe(true);
  }
  expect(formatKernels(rows).split('\n')).toHaveLength(2 + rows.length);
  expect(chartKernels(rows, circumstances).groups).toHaveLength(tiny.length);
  expect(device.gl.getError()).toBe(device.gl.NO_ERROR);
  expect(device.gpu.textures.ledger().liveTextures).toBe(0);
});

test('kernels: a contender that computes wrongly is not timed', async () => {
  let runs = 0;
  let disposed = false;
  const wrong: Peer = {
    name: 'wrong',
    prepare: async (_workload, { answer }) => ({
      name: 'wrong',
      run: async () => (runs++, answer.map((value, index) => (index === 1 ? value * 1.001 + 0.01 : value))),
      dispose: () => (disposed = true),
    }),
    dispose() {},
  };
  await expect(
    runKernelSuite({ webgl: createCeilingProbes(device.gl) }, [wrong], tiny.slice(0, 1), once),
  ).rejects.toThrow('wrong computes conv 3×3');
  expect([runs, disposed]).toEqual([1, true]);
});

test('operands are the same in every run, and transposed as NumPy does', () => {
  const workload = tiny[0]!;
  expect(makeOperands(workload)).toEqual(makeOperands(workload));
  const data = Float32Array.from({ length: 24 }, (_, index) => index);
  const moved = transposeData(data, [2, 3, 4], [2, 0, 1]);
  expect([...moved.slice(0, 7)]).toEqual([0, 4, 8, 12, 16, 20, 1]);
});

test('dvae: every net is prepared once, first run apart from later ones', async () => {
  const log: string[] = [];
  const net = (name: string): Net => ({
    name,
    cost: { macs: 1e6, fetches: 1e5 },
    prepare: async () => void log.push(`prepare ${name}`),
    run: async () => (log.push(`run ${name}`), [1]),
    peakTextureBytes: () => 2 ** 20,
    dispose: () => log.push(`dispose ${name}`),
  });
  const probes = { webgl: createCeilingProbes(device.gl) };
  const result = await measureNets(probes, 'encode', [net('a'), net('b')], { minRounds: 1 });
  expect(log.slice(0, 6)).toEqual(['prepare a', 'run a', 'prepare b', 'run b', 'run a', 'run b']);
  expect(log.slice(-2)).toEqual(['dispose a', 'dispose b']);
  const rows = netRowsOf(result);
  expect(rows.map(({ contender }) => contender)).toEqual(['a', 'b']);
  expect(rows[0]!.peakTextureBytes).toBe(2 ** 20);
  expect(formatNets(rows)).toContain('encode 256²');
});
