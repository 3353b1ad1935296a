/**
 * What calibration asks of a device, in the order of what the answers are worth: graphs that are small, since compiling
 * them counts too, and the kernels between which each decides.
 */
import { tensor } from '../engine/index.ts';
import type { KernelChoice, Rule, Tensor } from '../engine/index.ts';
import { conv2d } from './conv2d/conv2d.ts';
import { add } from './elementwise/binary.ts';
import { gelu } from './elementwise/unary.ts';
import { layerNorm } from './layer-norm/layer-norm.ts';
import { linear } from './linear/linear.ts';
import { standardRules } from './rewrite/standard-rules.ts';
import { winogradLargeMaps, winogradRule, winogradSmallMaps } from './rewrite/winograd.ts';
import { slice } from './slice/slice.ts';
import { winograd2, winograd4 } from './winograd/matrices.ts';

/** A graph of constants, and by which rules it is planned. */
export interface Task {
  readonly result: Tensor;
  readonly rules: readonly Rule[];
}

interface Question {
  readonly task: Task;
  /** Given what was chosen so far, which stands first. */
  candidates(choice: KernelChoice): readonly [KernelChoice, ...KernelChoice[]];
}

const direct = standardRules.filter((rule) => rule !== winogradLargeMaps && rule !== winogradSmallMaps);
const anywhere = { channels: 1, pixels: 1, transformed: Infinity };
const byLargeTiles = [...direct, winogradRule(winogradLargeMaps.name, winograd4, anywhere)];
const bySmallTiles = [...direct, winogradRule(winogradSmallMaps.name, winograd2, anywhere)];

/**
 * A convolution as the dVAE has them at its largest maps, on a map small enough for a CPU: 38 million multiply-adds; or
 * on one so many times as wide and high.
 */
export function askSpeed(times = 1): Task {
  return { result: convolve(64, 32 * times), rules: direct };
}

/**
 * The questions for a device that took so many milliseconds for `askSpeed`. A fast one is asked about maps 16 times as
 * large: of small ones it would tell how long a draw takes to begin.
 */
export function listQuestions(milliseconds: number, defaults: KernelChoice): readonly Question[] {
  const times = milliseconds < 1 ? 4 : 1;
  const convolution = askSpeed(times);
  const { result } = convolution;
  const deep = convolve(256, 16 * times);
  return [
    { task: convolution, candidates: fetchOtherwise },
    { task: convolution, candidates: halveTargets },
    {
      task: convolution,
      candidates: (choice) => (choice.targets < defaults.targets ? halveTargets(choice) : [choice]), // the half won
    },
    { task: { result, rules: byLargeTiles }, candidates: leaveOut(winogradLargeMaps.name) },
    { task: { result: deep, rules: bySmallTiles }, candidates: leaveOut(winogradSmallMaps.name) },
    { task: convolution, candidates: leaveOut('pack_conv2d') },
    { task: { result: makeBranch(), rules: direct }, candidates: leaveOut('pack_linear') },
    { task: convolution, candidates: blockPixels },
  ];
}

type Candidates = ReturnType<Question['candidates']>;

function fetchOtherwise(choice: KernelChoice): Candidates {
  return [choice, { ...choice, fetch: choice.fetch === 'textureLod' ? 'texelFetch' : 'textureLod' }];
}

function halveTargets(choice: KernelChoice): Candidates {
  return choice.targets > 1 ? [choice, { ...choice, targets: choice.targets / 2 }] : [choice];
}

function blockPixels(choice: KernelChoice): Candidates {
  return choice.targets > 1 ? [choice, { ...choice, block: 'block' }] : [choice];
}

function leaveOut(name: string): Question['candidates'] {
  return (choice) => [choice, { ...choice, without: [...choice.without, name] }];
}

function zeros(...shape: number[]): Tensor {
  return tensor(new Float32Array(shape.reduce((product, size) => product * size, 1)), shape);
}

/** 3×3, of a square map. Of a large result only four numbers are read back, which would else take longest. */
function convolve(channels: number, side: number): Tensor {
  const result = conv2d(zeros(1, channels, side, side), zeros(channels, channels, 3, 3));
  return side > 32 ? slice(result, [0, 0, side - 1, side - 1], [1, 4, 1, 1]) : result;
}

/** The second half of a transformer's layer on eight rows: what packed products take into their draws counts. */
function makeBranch(): Tensor {
  const x = zeros(8, 256);
  const wide = gelu(linear(layerNorm(x, zeros(256), zeros(256)), zeros(1024, 256), zeros(1024)));
  return add(x, linear(wide, zeros(256, 1024), zeros(256)));
}
