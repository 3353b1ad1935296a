/**
 * Getting the official dVAE ready at 256×256, ours alone: a plan, its programs from source to drawn once, its weights
 * packed and uploaded. Every round has a device of its own, which compiles everything again; the driver's own cache of
 * shaders must be off (main.ts sees to Mesa's).
 */
import { WebGLDevice } from '../../engine/index.ts';
import { createOurNet } from '../peers/dalle-gl-net.ts';
import { makePicture } from '../peers/net.ts';
import type { Half } from '../peers/net.ts';

/** Milliseconds, one a round. */
export interface StartUp {
  readonly half: Half;
  readonly programs: number;
  readonly compile: readonly number[];
  readonly upload: readonly number[];
}

/** @param device whose context the devices of the rounds share */
export async function measureStartUp(device: WebGLDevice, rounds: number): Promise<readonly StartUp[]> {
  const picture = makePicture();
  const results = (['encode', 'decode'] as const).map((half) => ({
    half,
    programs: 0,
    compile: [] as number[],
    upload: [] as number[],
  }));
  for (let round = 0; round < rounds; round++) {
    for (const result of results) {
      const own = new WebGLDevice({ ...device.source, gl: device.gl, dispose() {} });
      const net = createOurNet(own, result.half, picture);
      const { compile, upload } = await timePhases((onProgress) => net.prepare({ onProgress }));
      result.compile.push(compile);
      result.upload.push(upload);
      result.programs = own.gpu.programs.size;
      net.dispose();
      own.dispose();
    }
  }
  return results;
}

type Report = (progress: { readonly phase: 'upload' | 'compile' }) => void;

/**
 * Sources are handed over before the first upload, and what the driver did not do then is waited for after the last.
 */
async function timePhases(prepare: (report: Report) => Promise<void>): Promise<{ compile: number; upload: number }> {
  const spent = { compile: 0, upload: 0 };
  let current: keyof typeof spent = 'compile';
  let since = performance.now();
  const turnTo: Report = ({ phase }) => {
    const now = performance.now();
    spent[current] += now - since;
    since = now;
    current = phase;
  };
  await prepare(turnTo);
  turnTo({ phase: 'compile' });
  return spent;
}
