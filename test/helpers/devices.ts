/**
 * The devices every op is tested on: one EGL context, seen with 1, 2, 4 and 8 render targets, in strips and in blocks,
 * with both ways of fetching, and with a pretended largest texture of 64 so that small tensors already tile and fold.
 * Some pack every weight by draws, as others do large ones.
 */
import { WebGLDevice } from '../../engine/index.ts';
import type { CpuDevice, Device, DeviceOptions, Rule, Tensor } from '../../engine/index.ts';
import { cpuRules } from '../../ops/rewrite/standard-rules.ts';
import { interpret, run } from '../../engine/index.ts';
import { openNodeContext } from '../../engine/context/node/open.ts';
import type { ContextSource } from '../../engine/context/source.ts';
import { expectClose } from './close.ts';
import type { Bound } from './close.ts';

interface DeviceVariant {
  readonly name: string;
  readonly options: DeviceOptions;
}

export const deviceVariants: readonly DeviceVariant[] = [
  { name: 'R=8', options: { targets: 8 } },
  { name: 'R=4', options: { targets: 4 } },
  { name: 'R=2', options: { targets: 2, deriveFrom: 1 } },
  { name: 'R=1', options: { targets: 1 } },
  { name: 'R=8 texelFetch', options: { targets: 8, fetch: 'texelFetch', deriveFrom: 1 } },
  { name: 'R=8 textures ≤ 64', options: { targets: 8, maxTextureSize: 64 } },
  { name: 'R=2 textures ≤ 64', options: { targets: 2, maxTextureSize: 64, fetch: 'texelFetch', deriveFrom: 1 } },
  { name: 'R=8 in blocks', options: { targets: 8, block: 'block' } },
  {
    name: 'R=4 in blocks, textures ≤ 64',
    options: { targets: 4, block: 'block', maxTextureSize: 64, fetch: 'texelFetch', deriveFrom: 1 },
  },
];

const unpacked = ['pack_conv2d', 'pack_linear'];

/**
 * Blocks of two rows with other choices of a device, any two of them together once: for whole nets, which compile long.
 */
export const blockVariants: readonly DeviceVariant[] = [
  { name: 'R=2 in blocks', options: { targets: 2, block: 'block' } },
  { name: 'R=4 in blocks, nothing packed', options: { targets: 4, block: 'block', without: unpacked } },
  {
    name: 'R=8 in blocks, nothing packed, texelFetch',
    options: { targets: 8, block: 'block', without: unpacked, fetch: 'texelFetch' },
  },
];

const MANY_PROGRAMS = 100;

let shared: ContextSource | undefined;
const devices = new Map<string, WebGLDevice>();

/**
 * The device of a variant, for a test: kept for later ones, but not for ever. A program takes 4 MB of a software
 * rasteriser's memory, so once devices hold many, all start anew.
 */
export async function openVariant({ name, options }: DeviceVariant): Promise<WebGLDevice> {
  shared ??= await openNodeContext({ source: 'egl' });
  if ([...devices.values()].reduce((sum, { gpu }) => sum + gpu.programs.size, 0) > MANY_PROGRAMS) closeDevices();
  let device = devices.get(name);
  if (!device) devices.set(name, (device = new WebGLDevice({ ...shared, dispose() {} }, options)));
  return device;
}

function closeDevices(): void {
  for (const device of devices.values()) device.dispose();
  devices.clear();
}

export async function openTestDevice(): Promise<WebGLDevice> {
  return openVariant(deviceVariants[0]!);
}

/** Computes a tensor on a device and by the float64 reference and compares; fails if anything stays behind there. */
export async function expectSameAsReference(
  device: WebGLDevice | CpuDevice,
  tensor: Tensor,
  bound: Bound,
  { rules = [], label }: { rules?: readonly Rule[]; label?: string } = {},
): Promise<void> {
  const before = await countHeld(device);
  const actual = await run(device, tensor, { rules: rulesFor(device, rules) });
  const [expected] = await interpret([tensor]);
  expectClose(actual, expected!, bound, { label: label ?? tensor.toString(), shape: tensor.shape });
  const after = await countHeld(device);
  if (after !== before) throw new Error(`${label ?? tensor.toString()}: ${after - before} were left behind`);
}

/** Textures, or bytes, that are in use while nothing runs. */
async function countHeld(device: WebGLDevice | CpuDevice): Promise<number> {
  if (device.kind === 'webgl') return device.gpu.textures.ledger().liveTextures;
  await device.memory.turn(async () => {}); // what a plan held is freed when its turn comes
  return device.memory.bytes.kept;
}

/** What stands for rules of WebGL on the device: all rules of the CPU, or none. */
export function rulesFor(device: Device, rules: readonly Rule[]): readonly Rule[] {
  return device.kind === 'cpu' && rules.length > 0 ? cpuRules : rules;
}
