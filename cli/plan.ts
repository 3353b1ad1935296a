/**
 * `dalle-gl plan`: what a model would take on this device, whether or not it fits: parameters, bytes, draws, and an
 * estimate of its time. Nothing of it is read, allocated or downloaded; the device is measured with products of its
 * own.
 */
import { freemem } from 'node:os';
import { isFolder } from '../base/node/is-folder.ts';
import { ContextError, DalleError, UsageError } from '../base/errors.ts';
import { freeMemoryFor } from '../load/node/free-memory.ts';
import { findKnownNets, isGuided } from '../load/known-nets.ts';
import { planModel, type NetToPlan } from '../load/plan-model.ts';
import type { PlannedForm } from '../load/planning-device.ts';
import { configurations, measureSpeed } from '../node.ts';
import { FAMILIES } from '../weights-convert/families/all-families.ts';
import { KNOWN_MODELS } from '../weights-convert/known-models/known-models.ts';
import { readModelManifest } from '../weights-convert/node/open-model-folder.ts';
import { defineCommand, type Command } from './command.ts';
import { commonFlags, deviceFlags, parseSource } from './flags.ts';
import { checkOperands } from './inputs.ts';
import { findNearest } from './nearest.ts';
import { checkThreads, openDevice, tellUnusedThreads, type DeviceFlags } from './open-device.ts';
import { formatPlan, makeReport, type MeasuredDevice } from './plan-report.ts';
import { print, printJson, say } from './terminal.ts';

export const plan: Command = defineCommand({
  name: 'plan',
  operands: '<DIR|name>',
  summary: 'Tells what a model, or one that dalle-gl models lists, would take on this device, also if it does not fit',
  examples: ['dalle-gl plan min-dalle-mini', 'dalle-gl plan my-model -n 9 --json'],
  flags: {
    count: {
      short: 'n',
      value: 'N',
      help: 'pictures that are drawn together; generate draws as many as keep their caches within 256 MiB [1]',
      parse: parseCount,
    },
    ...deviceFlags,
    ...commonFlags,
  },
  async run({ flags, operands, terminal }) {
    checkOperands('plan', operands, { least: 1, most: 1, what: 'a model folder, a known model or a configuration' });
    checkThreads(flags);
    const name = parseSource(operands[0]!);
    const { nets, guided } = await findNets(name);
    const { form, ...measured } = await lookAtDevice(flags);
    const planned = await planModel(nets, form, { candidates: flags.count ?? 1, guided });
    const report = makeReport({ name, guided, ...planned, ...measured }, nets);
    if (flags.json) printJson(terminal, report);
    else print(terminal, formatPlan(report));
    if (measured.kind && !flags.quiet) say(terminal, ...tellUnusedThreads(flags, measured.kind));
    if (measured.device === null && !flags.quiet) {
      say(terminal, 'plan: no device could be opened, so there is no estimate of time; dalle-gl doctor tells why.');
    }
  },
});

function parseCount(text: string): number {
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= 1024) return count;
  throw new Error('a whole number from 1 to 1024');
}

interface FoundNets {
  readonly nets: readonly NetToPlan[];
  readonly guided: boolean;
}

/** A folder of that name is meant before a known model is, and that before a configuration. */
async function findNets(name: string): Promise<FoundNets> {
  if (isFolder(name)) return readNets(name);
  const known = KNOWN_MODELS.find((model) => model.name === name);
  const nets = known && findKnownNets(name);
  if (nets) return { nets, guided: isGuided(findSampling(known.families)) };
  const configuration = new Map(Object.entries(configurations)).get(name);
  if (configuration) return { nets: [{ architecture: configuration, dtype: 'f32' }], guided: false };
  const names = [...new Set([...KNOWN_MODELS.map((model) => model.name), ...Object.keys(configurations)])];
  const nearest = findNearest(name, names);
  const advice = nearest === undefined ? `There are: ${names.join(', ')}.` : `Did you mean ${nearest}?`;
  throw new UsageError('E_OPERAND', `plan: ${name} is no model folder, known model or configuration. ${advice}`);
}

function findSampling(families: readonly string[]): { readonly guidance?: number } | undefined {
  return FAMILIES.find(({ name, form }) => families.includes(name) && form?.sampling)?.form?.sampling;
}

async function readNets(folder: string): Promise<FoundNets> {
  const { parts, sampling } = await readModelManifest(folder);
  const nets = Object.values(parts).flatMap((part) => ('architecture' in part ? [part] : []));
  if (nets.length === 0) throw new DalleError('E_PART_MISSING', `plan: ${folder} has no net that could be planned.`);
  return { nets, guided: isGuided(sampling) };
}

/** Bytes of memory that WebAssembly addresses. */
const mostAddressed = 2 ** 32;

/** What every WebGL 2 context promises, for plans without one. */
const promised: PlannedForm = {
  kind: 'webgl',
  limits: { targets: 4, maxTextureSize: 2048, fetch: 'textureLod' },
  kernels: { targets: 4, fetch: 'textureLod', block: 'strip', without: [] },
};

async function lookAtDevice(flags: DeviceFlags): Promise<MeasuredDevice & { readonly form: PlannedForm }> {
  try {
    const device = await openDevice(flags);
    try {
      const { kind, description } = device;
      if (device.kind === 'cpu') {
        const form = { kind: 'cpu', kernels: device.kernels } as const;
        const memory = Math.min(freeMemoryFor(device), mostAddressed);
        return { form, device: description, kind, speed: await measureSpeed(device), memory };
      }
      if (device.kind !== 'webgl') return { form: promised, device: description, kind, speed: null, memory: freemem() };
      const { targets, maxTextureSize, fetch, block, kernels } = device;
      const form = { kind: 'webgl', limits: { targets, maxTextureSize, fetch, block }, kernels } as const;
      const free = freeMemoryFor(device);
      // A GPU does not tell how much it has.
      const memory = free === Infinity ? null : free;
      return { form, device: description, kind, speed: await measureSpeed(device), memory };
    } finally {
      device.dispose();
    }
  } catch (error) {
    if (flags.device !== undefined || !(error instanceof ContextError)) throw error;
    return { form: promised, device: null, kind: null, speed: null, memory: null };
  }
}
