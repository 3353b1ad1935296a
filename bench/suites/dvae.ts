/**
 * The official-size dVAE at 256×256, end to end: pixels in memory to tokens in memory, and back. Getting ready, the
 * first run and later runs are told apart, since a person waits for each at another moment.
 */
import { ceilingsOf } from '../ceilings.ts';
import { interleave } from '../harness.ts';
import type { Contender, HarnessOptions } from '../harness.ts';
import type { Half, Net } from '../peers/net.ts';
import type { KernelResult } from './kernels.ts';

/** One net of one engine before its later runs. Milliseconds and bytes. */
interface Beginning {
  readonly name: string;
  readonly prepare: number;
  readonly firstRun: number;
  readonly peakTextureBytes: number;
}

export interface DvaeResult {
  readonly half: Half;
  readonly beginnings: readonly Beginning[];
  /** Later runs, in the form of a kernel's. */
  readonly later: KernelResult;
}

/**
 * @param probes of the device that the nets run on
 * @param nets ours first
 */
export async function measureNets(
  probes: readonly Contender[],
  half: Half,
  nets: readonly Net[],
  options: HarnessOptions = {},
): Promise<DvaeResult> {
  try {
    const starts: Omit<Beginning, 'peakTextureBytes'>[] = [];
    for (const net of nets) starts.push(await begin(net));
    const times = await interleave([...nets, ...probes], { warmups: 0, minRounds: 3, moreSeconds: 0, ...options });
    return {
      half,
      beginnings: starts.map((start, index) => ({ ...start, peakTextureBytes: nets[index]!.peakTextureBytes() })),
      later: {
        workload: `${half} 256²`,
        macs: nets[0]!.cost?.macs ?? 0,
        fetches: nets[0]!.cost?.fetches,
        times: times.slice(0, nets.length),
        ceilings: ceilingsOf(times.slice(nets.length)),
      },
    };
  } finally {
    for (const disposable of [...nets, ...probes]) disposable.dispose();
  }
}

async function begin(net: Net): Promise<Omit<Beginning, 'peakTextureBytes'>> {
  const start = performance.now();
  await net.prepare();
  const prepared = performance.now();
  await net.run();
  return { name: net.name, prepare: prepared - start, firstRun: performance.now() - prepared };
}
