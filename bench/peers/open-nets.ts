/** Everyone who can encode or decode with the official dVAE on this machine, a fresh one for each half. */
import { OFFICIAL_DECODER, OFFICIAL_ENCODER } from '../../nets/dvae/architecture.ts';
import { makeWeights } from '../generated-weights.ts';
import type { TfjsPeer } from '../tfjs-peer.ts';
import { createOurNet } from './dalle-gl-net.ts';
import { createTfjsNet } from './dalle-tfjs-net.ts';
import type { Half, Net, Picture } from './net.ts';
import { openWhatStarts } from './open-peers.ts';
import type { Machines, OnMissing } from './open-peers.ts';

/** Ours first: on the CPU where there is such a device, then on WebGL. */
export async function openNets(
  tfjs: TfjsPeer,
  { device, cpu, threads }: Machines,
  half: Half,
  picture: Picture,
  onMissing: OnMissing,
): Promise<readonly Net[]> {
  const ours = [
    ...(cpu ? [createOurNet(cpu, half, picture, { threads })] : []),
    createOurNet(device, half, picture),
    createTfjsNet(tfjs, half, picture),
  ];
  const weights = makeWeights(half === 'encode' ? OFFICIAL_ENCODER : OFFICIAL_DECODER);
  const onnx = async (build: 'openOnnxWeb' | 'openOnnxNode'): Promise<Net> => {
    const [runtimes, { createOnnxNet }] = await Promise.all([import('./onnx-runtimes.ts'), import('./onnx-net.ts')]);
    return createOnnxNet(await runtimes[build](threads), half, picture, weights);
  };
  const others = await openWhatStarts<Net>(
    {
      'dalle-tfjs on tfjs-wasm': async () => {
        await import('./tfjs-wasm.ts');
        return createTfjsNet(tfjs, half, picture, 'wasm');
      },
      'onnxruntime-web': () => onnx('openOnnxWeb'),
      'onnxruntime-node': () => onnx('openOnnxNode'),
      PyTorch: async () => (await import('./pytorch.ts')).createPytorchNet(threads, half, picture, weights),
    },
    onMissing,
  );
  return [...ours, ...others];
}
