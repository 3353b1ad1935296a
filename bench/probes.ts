/**
 * The loops that tell what the machine can do at most (ceilings.ts for WebGL, wasm-ceilings.ts for the CPU), run in the
 * same rounds as the contenders that are compared with them.
 */
import { ceilingsOf } from './ceilings.ts';
import type { Ceilings } from './ceilings.ts';
import { interleave } from './harness.ts';
import type { Contender, HarnessOptions, Times } from './harness.ts';
import type { WasmCeiling, WasmProbe } from './wasm-ceilings.ts';

export interface Probes {
  /** The draws of `createCeilingProbes`. */
  readonly webgl?: readonly Contender[];
  readonly multiplyAdds?: WasmProbe | undefined;
  readonly stream?: WasmProbe | undefined;
}

/** What the probes found in the rounds of one workload. */
export interface Bounds {
  readonly webgl?: Ceilings;
  readonly multiplyAdds?: WasmCeiling;
  readonly stream?: WasmCeiling;
}

/** As `interleave`, whose result is that of the contenders alone. */
export async function interleaveWithProbes(
  contenders: readonly Contender[],
  { webgl = [], multiplyAdds, stream }: Probes,
  options: HarnessOptions = {},
): Promise<{ readonly times: readonly Times[]; readonly bounds: Bounds }> {
  const wasm = [multiplyAdds, stream].flatMap((probe) => (probe ? [probe.contender] : []));
  const all = await interleave([...contenders, ...webgl, ...wasm], options);
  const times = all.splice(0, contenders.length);
  const drawn = all.splice(0, webgl.length);
  const tell = (probe: WasmProbe): WasmCeiling => probe.tell(all.shift()!);
  return {
    times,
    bounds: {
      ...(drawn.length > 0 && { webgl: ceilingsOf(drawn) }),
      ...(multiplyAdds && { multiplyAdds: tell(multiplyAdds) }),
      ...(stream && { stream: tell(stream) }),
    },
  };
}

export function disposeProbes({ webgl = [], multiplyAdds, stream }: Probes): void {
  for (const contender of [...webgl, multiplyAdds?.contender, stream?.contender]) contender?.dispose();
}
