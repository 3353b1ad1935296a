/**
 * The page's side of the bench in a browser: one WebGL 2 context, our dVAE and the existing port's on it, and the
 * shaders that tell what the device can do. Everything that is timed happens here; open-stage.ts gives the turns.
 */
import { openBrowserContext } from '../../engine/context/browser.ts';
import { WebGLDevice } from '../../engine/index.ts';
import { createCeilingProbes } from '../ceilings.ts';
import type { Contender } from '../harness.ts';
import { createOurNet } from '../peers/dalle-gl-net.ts';
import { createTfjsNet } from '../peers/dalle-tfjs-net.ts';
import { makePicture } from '../peers/net.ts';
import type { Half, Net } from '../peers/net.ts';
import { createTfjsPeer } from '../tfjs-peer.ts';

export interface Stage {
  /** As the browser tells it, with its version of WebGL. */
  readonly renderer: string;
  /** Ours first. */
  readonly nets: readonly Net[];
  readonly probes: readonly Contender[];
}

export async function openStage(half: Half): Promise<Stage> {
  const device = new WebGLDevice(openBrowserContext());
  const tfjs = await createTfjsPeer(device.gl);
  const picture = makePicture();
  return {
    renderer: device.description,
    nets: [createOurNet(device, half, picture), createTfjsNet(tfjs, half, picture)],
    probes: createCeilingProbes(device.gl),
  };
}
