/** The dVAE on ONNX Runtime: the steps of net-steps.ts as one graph, weights inside, so that it may fuse and pack. */
import type { InferenceSession } from 'onnxruntime-common';
import type { DvaeArchitecture } from '../../nets/dvae/architecture.ts';
import type { Weights } from '../../nets/weights.ts';
import type { Half, Net, Picture } from './net.ts';
import { shapesOf } from './net.ts';
import { writeNetProgram } from './net-steps.ts';
import type { NetProgram, NetStep } from './net-steps.ts';
import { encodeIndices, encodeModel, encodeNode, encodeNumbers } from './onnx-encode.ts';
import type { OnnxRuntime } from './onnx-runtimes.ts';

/** @param weights of the half */
export function createOnnxNet(
  runtime: OnnxRuntime,
  half: Half,
  picture: Picture,
  weights: Weights<DvaeArchitecture>,
): Net {
  const { pixels, tokens } = picture;
  const { input, output } = shapesOf(picture)[half];
  const x = half === 'encode' ? runtime.tensor('float32', pixels, input) : runtime.tensor('int32', tokens, input);
  let session: InferenceSession | undefined;
  return {
    name: runtime.name,
    ...(runtime.bound && { bound: runtime.bound }),
    hasGeneratedWeights: true,
    async prepare() {
      session = await runtime.load(encodeNet(half, await writeNetProgram(weights), input, output));
    },
    run: async () => (await session!.run({ x }))['y']!.data as Float32Array | Int32Array,
    peakTextureBytes: () => undefined,
    dispose: () => void session?.release(),
  };
}

function encodeNet(
  half: Half,
  { steps, tensors }: NetProgram,
  input: readonly number[],
  output: readonly number[],
): Uint8Array {
  const constants = [...tensors].map(([name, { shape, data }]) => encodeNumbers(name, shape, data));
  const scalar = (name: string, value: number): string => {
    constants.push(encodeNumbers(name, [], Float32Array.of(value)));
    return name;
  };
  constants.push(encodeNumbers('twice', [4], Float32Array.of(1, 1, 2, 2)));
  for (const [name, value] of Object.entries({ zero: 0, one: 1, three: 3 })) {
    constants.push(encodeIndices(name, [value]));
  }
  return encodeModel({
    name: half,
    nodes: steps.flatMap((step) => encodeStep(step, scalar)),
    constants,
    input: { name: 'x', shape: input, type: half === 'encode' ? 'f32' : 'i32' },
    output: { name: 'y', shape: output, type: half === 'encode' ? 'i32' : 'f32' },
  });
}

/** @param scalar makes a constant and gives its name back */
function encodeStep(step: NetStep, scalar: (name: string, value: number) => string): Uint8Array[] {
  const { kind, inputs, output, weight, bias, kernel = 1, gain = 1, shift = 0 } = step;
  const own = (part: string): string => `${output} ${part}`;
  const scaled = (from: string, to: string): Uint8Array[] => [
    encodeNode('Mul', [from, scalar(own('gain'), gain)], own('scaled')),
    encodeNode('Add', [own('scaled'), scalar(own('shift'), shift)], to),
  ];
  switch (kind) {
    case 'scale':
      return scaled(inputs[0]!, output);
    case 'convolve':
      return [encodeNode('Conv', [...inputs, weight!, bias!], output, { pads: Array(4).fill((kernel - 1) / 2) })];
    case 'relu':
      return [encodeNode('Relu', inputs, output)];
    case 'pool':
      return [encodeNode('MaxPool', inputs, output, { kernel_shape: [2, 2], strides: [2, 2] })];
    case 'upsample': {
      const nearest = { mode: 'nearest', nearest_mode: 'floor', coordinate_transformation_mode: 'asymmetric' };
      return [encodeNode('Resize', [inputs[0]!, '', 'twice'], output, nearest)];
    }
    case 'add':
      return [encodeNode('Add', inputs, output)];
    case 'argmax':
      return [
        encodeNode('ArgMax', inputs, own('index'), { axis: 1, keepdims: 0 }),
        encodeNode('Cast', [own('index')], output, { to: 6 }),
      ];
    case 'embed':
      return [
        encodeNode('Gather', [weight!, ...inputs], own('rows')),
        encodeNode('Transpose', [own('rows')], output, { perm: [0, 3, 1, 2] }),
      ];
    case 'pixels':
      return [
        encodeNode('Slice', [...inputs, 'zero', 'three', 'one'], own('location')),
        encodeNode('Sigmoid', [own('location')], own('mapped')),
        ...scaled(own('mapped'), own('unclamped')),
        encodeNode('Clip', [own('unclamped'), scalar(own('least'), 0), scalar(own('most'), 1)], output),
      ];
  }
}
