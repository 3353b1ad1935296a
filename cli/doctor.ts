/**
 * `dalle-gl doctor`: what can compute on this machine, the CPU and every place a WebGL 2 context can come from; which
 * is taken and why, what it can do and how fast it is, and what to install where something is missing. Its report is
 * its result, so it goes to standard output.
 */
import { DalleError } from '../base/errors.ts';
import {
  surveyContexts,
  type ContextSurvey,
  type SurveyedFailure,
  type SurveyedPlatform,
} from '../engine/context/node/survey.ts';
import { bundledModel } from '../node.ts';
import type { Probes } from '../engine/index.ts';
import { readPackageVersion } from '../base/node/package-files.ts';
import type { DeviceChoice } from '../load/choose-between.ts';
import { chooseDevice } from '../load/node/choose-device.ts';
import { surveyCpu, type CpuSurvey } from '../load/node/survey-cpu.ts';
import { measureDevice } from '../ops/device-speed.ts';
import { openModelFolder } from '../weights-convert/node/open-model-folder.ts';
import { defineCommand, type Command } from './command.ts';
import { describeFailure, ReportedFailure } from './failure.ts';
import { commonFlags, deviceFlags } from './flags.ts';
import { checkOperands } from './inputs.ts';
import { checkThreads, openDevice, type DeviceFlags, type DeviceKernels } from './open-device.ts';
import { print, printJson } from './terminal.ts';

/** Why something could not be looked at. */
interface Failed {
  readonly error: SurveyedFailure;
}

/** What the device that was opened can do. */
interface Opened {
  readonly kind: DeviceKernels['kind'];
  readonly description: string;
  /** Of WebGL. */
  readonly probes: Probes | null;
  /** Null for the reference, which is for comparing. */
  readonly multiplyAddsPerSecond: number | null;
}

/** The bundled model's parts. */
interface Bundled {
  readonly folder: string;
  readonly parts: readonly string[];
}

interface Report {
  readonly versions: { readonly dalleGl: string; readonly node: string };
  readonly platform: string;
  readonly cpu: CpuSurvey | Failed;
  readonly contexts: ContextSurvey;
  /** What is taken where no device is named. */
  readonly choice: DeviceChoice | Failed;
  readonly device: Opened | Failed;
  readonly model: Bundled | Failed;
}

export const doctor: Command = defineCommand({
  name: 'doctor',
  operands: '',
  summary: 'Lists every device found, what was chosen and why, and what to install',
  examples: ['dalle-gl doctor', 'dalle-gl doctor --device egl:/opt/angle/libEGL.so --json'],
  flags: { ...deviceFlags, ...commonFlags },
  async run({ flags, operands, terminal }) {
    checkOperands('doctor', operands, { least: 0, most: 0, what: 'no words but flags' });
    checkThreads(flags);
    const path = /^egl:(.*[/\\].*)$/s.exec(flags.device ?? '')?.[1];
    const opened = await attempt(() => openChosen(flags));
    const report: Report = {
      versions: { dalleGl: readPackageVersion(), node: process.versions.node },
      platform: `${process.platform} ${process.arch}`,
      cpu: (await attempt(() => surveyCpu(flags.threads))).result,
      contexts: surveyContexts(path === undefined ? {} : { path }),
      choice: (await attempt(lookAtChoice)).result,
      device: opened.result,
      model: (await attempt(lookAtModel)).result,
    };
    if (flags.json) printJson(terminal, report);
    else print(terminal, formatReport(report));
    if (opened.failure !== undefined) throw new ReportedFailure(opened.failure);
  },
});

/** The result, or what is told of the failure. Anything but a DalleError is a bug and passes through. */
async function attempt<Result>(look: () => Promise<Result>): Promise<{ result: Result | Failed; failure?: unknown }> {
  try {
    return { result: await look() };
  } catch (error) {
    if (!(error instanceof DalleError)) throw error;
    return { result: { error: describeFailure(error) }, failure: error };
  }
}

async function openChosen(flags: DeviceFlags): Promise<Opened> {
  const device = await openDevice(flags);
  try {
    const { kind, description } = device;
    const probes = device.kind === 'webgl' ? device.probes : null;
    const multiplyAddsPerSecond = kind === 'reference' ? null : await measureDevice(device, 100);
    return { kind, description, probes, multiplyAddsPerSecond };
  } finally {
    device.dispose();
  }
}

/** As `open` chooses, from what is remembered of this machine if there is something. */
async function lookAtChoice(): Promise<DeviceChoice> {
  const { choice, cpu, source } = await chooseDevice({});
  (cpu ?? source).dispose();
  return choice;
}

async function lookAtModel(): Promise<Bundled> {
  const model = await openModelFolder(bundledModel);
  await model.close();
  return { folder: bundledModel, parts: Object.keys(model.manifest.parts) };
}

function formatReport({ versions, platform, cpu, contexts, choice, device, model }: Report): string[] {
  const { library, platforms, headlessGl } = contexts;
  const best = 'error' in contexts.choice ? undefined : contexts.choice.name;
  return [
    `dalle-gl ${versions.dalleGl}, Node ${versions.node}, ${platform}`,
    '',
    ...formatCpu(cpu),
    '',
    'error' in library ? `EGL: ${library.error.message}` : `EGL: ${library.egl}, ${library.gles ?? 'no libGLESv2'}`,
    ...platforms.map((found) => formatPlatform(found, found.name === best)),
    `headless-gl: ${headlessGl.installed ? `version ${headlessGl.version}` : 'not installed; it is optional'}`,
    `displays: DISPLAY ${contexts.display ?? 'unset'}, WAYLAND_DISPLAY ${contexts.waylandDisplay ?? 'unset'}; none is needed`,
    ...(contexts.files.length > 0 ? ['loaded:', ...contexts.files.map((file) => `  ${file}`)] : []),
    '',
    'error' in contexts.choice
      ? `No EGL device: ${contexts.choice.error.message}`
      : `Best EGL device: ${contexts.choice.name}, ${contexts.choice.reason}`,
    ...formatChoice(choice),
    ...formatOpened(device),
    '',
    'error' in model
      ? `Bundled model: ${model.error.message}`
      : `Bundled model: ${model.folder} (${model.parts.join(', ')})`,
  ];
}

const say = (fact: boolean): string => (fact ? 'yes' : 'no');

function formatCpu(cpu: CpuSurvey | Failed): string[] {
  if ('error' in cpu) return [`CPU: ${cpu.error.message}`];
  const { threads, mostThreads, processors, simd, relaxed, multiplyAddsPerSecond } = cpu;
  return [
    `CPU: ${formatSpeed(multiplyAddsPerSecond)} on ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    `  threads that may compute: ${mostThreads}, of ${processors} processors`,
    `  WebAssembly SIMD: ${say(simd)}; relaxed multiply-add: ${say(relaxed)}`,
  ];
}

function formatChoice(choice: DeviceChoice | Failed): string[] {
  if ('error' in choice) return [`Without --device nothing computes: ${choice.error.message}`];
  const { device, reason, speeds } = choice;
  const measured = speeds
    ? `, as measured once: WebGL ${formatSpeed(speeds.webgl)}, CPU ${formatSpeed(speeds.cpu)}`
    : '';
  return [`Without --device: ${device}, since ${reason}${measured}`];
}

/** In the unit that others name theirs in: a multiply-add is two operations. */
function formatSpeed(multiplyAddsPerSecond: number): string {
  const speed = (2 * multiplyAddsPerSecond) / 1e9;
  return `${speed >= 10 ? Math.round(speed) : speed.toPrecision(2)} GFLOP/s`;
}

function formatPlatform(platform: SurveyedPlatform, isChosen: boolean): string {
  const { name, file, renderer, version, software, robust, refusal } = platform;
  const label = `${isChosen ? '→' : ' '} ${name}${file === null ? '' : ` (${file})`}`;
  if (refusal !== null) return `${label}: ${refusal}`;
  return `${label}: ${renderer}, ${version}, ${software ? 'software' : 'hardware'}, ${robust ? 'robust' : 'not robust'}`;
}

function formatOpened(opened: Opened | Failed): string[] {
  if ('error' in opened) return [`Opening a device failed: ${opened.error.message}`];
  const { description, probes, multiplyAddsPerSecond } = opened;
  const speed = multiplyAddsPerSecond === null ? '' : `, ${formatSpeed(multiplyAddsPerSecond)} in a convolution`;
  if (!probes) return [`Opened: ${description}${speed}`];
  return [
    `Opened: ${description}${speed}`,
    `  render targets at once: ${probes.targets}`,
    `  full float32 arithmetic: ${say(probes.float32)}; whole numbers to 2^24: ${say(probes.integers)}`,
    `  reads outside a texture give zero: ${say(probes.zeroOutside)}`,
    `  largest texture: ${probes.maxTextureSize} × ${probes.maxTextureSize}, ${probes.maxLayers} layers`,
  ];
}
