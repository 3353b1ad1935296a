/**
 * `dalle-gl plan`: what a transformer would take on this device, whether or not it fits: parameters, bytes, draws, and
 * an estimate of its time. Nothing of it is read or allocated; the device is measured with two products of its own.
 */
import { freemem } from 'node:os';
import { isFolder } from '../base/node/is-folder.ts';
import { ContextError, DalleError, UsageError } from '../base/errors.ts';
import { configurations, estimateSeconds, measureSpeed, planTransformer } from '../node.ts';
import type { PlannedDevice } from '../nets/transformer/estimate.ts';
import type { DeviceSpeed } from '../nets/transformer/measure-speed.ts';
import { readModelManifest } from '../weights-convert/node/open-model-folder.ts';
import type { TransformerArchitecture } from '../nets/transformer/architecture.ts';
import { defineCommand, type Command } from './command.ts';
import { commonFlags, deviceFlags, parseSource } from './flags.ts';
import { checkOperands } from './inputs.ts';
import { findNearest } from './nearest.ts';
import { checkThreads, openDevice, type DeviceFlags, type DeviceKernels } from './open-device.ts';
import { formatPlan, judgeMemory, type PlanReport } from './plan-report.ts';
import { print, printJson, say } from './terminal.ts';

export const plan: Command = defineCommand({
  name: 'plan',
  operands: '<DIR|config>',
  summary: 'Tells what a transformer would take on this device, also one that does not fit',
  examples: ['dalle-gl plan paper-12b', 'dalle-gl plan my-model --json'],
  flags: { ...deviceFlags, ...commonFlags },
  async run({ flags, operands, terminal }) {
    checkOperands('plan', operands, { least: 1, most: 1, what: 'a model folder or the name of a configuration' });
    checkThreads(flags);
    const name = parseSource(operands[0]!);
    const architecture = await findArchitecture(name);
    const { limits, ...measured } = await lookAtDevice(flags);
    const planned = planTransformer(architecture, limits);
    const report: PlanReport = {
      name,
      ...planned,
      ...measured,
      seconds: measured.speed && estimateSeconds(planned, measured.speed),
      ...judgeMemory(planned, measured.memory),
    };
    if (flags.json) printJson(terminal, report);
    else print(terminal, formatPlan(report));
    if (measured.device === null && !flags.quiet) {
      say(terminal, 'plan: no device could be opened, so there is no estimate of time; dalle-gl doctor tells why.');
    }
  },
});

async function findArchitecture(name: string): Promise<TransformerArchitecture> {
  const named = new Map<string, TransformerArchitecture>(Object.entries(configurations)).get(name);
  if (named) return named;
  if (isFolder(name)) return readArchitecture(name);
  const names = Object.keys(configurations);
  const nearest = findNearest(name, names);
  const advice = nearest === undefined ? `There are: ${names.join(', ')}.` : `Did you mean ${nearest}?`;
  throw new UsageError('E_OPERAND', `plan: ${name} is neither a model folder nor a configuration. ${advice}`);
}

async function readArchitecture(folder: string): Promise<TransformerArchitecture> {
  const architecture = (await readModelManifest(folder)).parts.transformer?.architecture;
  if (architecture?.kind === 'transformer') return architecture;
  throw new DalleError('E_PART_MISSING', `plan: ${folder} has no transformer, which is what is planned here.`);
}

interface Measured {
  readonly limits: PlannedDevice;
  /** In words; null where none could be opened. */
  readonly device: string | null;
  readonly kind: DeviceKernels['kind'] | null;
  readonly speed: DeviceSpeed | null;
  /** Bytes that are free for textures; null where nobody tells. */
  readonly memory: number | null;
}

/** Bytes of memory that WebAssembly addresses. */
const mostAddressed = 2 ** 32;

/** What every WebGL 2 context promises, for plans without one. */
const promised: PlannedDevice = { targets: 4, maxTextureSize: 2048, fetch: 'textureLod' };

async function lookAtDevice(flags: DeviceFlags): Promise<Measured> {
  try {
    const device = await openDevice(flags);
    try {
      const { kind, description } = device;
      if (device.kind !== 'webgl') {
        const [most, speed] = kind === 'cpu' ? [mostAddressed, await measureSpeed(device)] : [Infinity, null];
        return { limits: promised, device: description, kind, speed, memory: Math.min(freemem(), most) };
      }
      const { targets, maxTextureSize, fetch, block, without, source } = device;
      // A CPU that plays the GPU keeps textures in the machine's memory; a GPU does not tell how much it has.
      const memory = source.software === true ? freemem() : null;
      const limits = { targets, maxTextureSize, fetch, block, without };
      return { limits, device: description, kind, speed: await measureSpeed(device), memory };
    } finally {
      device.dispose();
    }
  } catch (error) {
    if (flags.device !== undefined || !(error instanceof ContextError)) throw error;
    return { limits: promised, device: null, kind: null, speed: null, memory: null };
  }
}
