/**
 * `dalle-gl doctor`: every place a WebGL 2 context can come from on this machine, which one is taken and why, what it
 * can do, and what to install where something is missing. Its report is its result, so it goes to standard output.
 */
import { DalleError } from '../base/errors.ts';
import {
  surveyContexts,
  type ContextSurvey,
  type SurveyedFailure,
  type SurveyedPlatform,
} from '../engine/context/node/survey.ts';
import { bundledModel, open, type DeviceName } from '../node.ts';
import type { Probes } from '../engine/index.ts';
import { readPackageVersion } from '../base/node/package-files.ts';
import { openModelFolder } from '../weights-convert/node/open-model-folder.ts';
import { defineCommand, type Command } from './command.ts';
import { describeFailure, ReportedFailure } from './failure.ts';
import { commonFlags, deviceFlag } from './flags.ts';
import { checkOperands } from './inputs.ts';
import { print, printJson } from './terminal.ts';

/** What the chosen device can do, or why it could not be opened. */
type Opened = { readonly description: string; readonly probes: Probes | null } | { readonly error: SurveyedFailure };

/** The bundled model's parts, or what is wrong with it. */
type Bundled = { readonly folder: string; readonly parts: readonly string[] } | { readonly error: SurveyedFailure };

export const doctor: Command = defineCommand({
  name: 'doctor',
  operands: '',
  summary: 'Lists every graphics device found, what was chosen and why, and what to install',
  examples: ['dalle-gl doctor', 'dalle-gl doctor --device egl:/opt/angle/libEGL.so --json'],
  flags: { device: deviceFlag, ...commonFlags },
  async run({ flags, operands, terminal }) {
    checkOperands('doctor', operands, { least: 0, most: 0, what: 'no words but flags' });
    const path = /^egl:(.*[/\\].*)$/s.exec(flags.device ?? '')?.[1];
    const survey = surveyContexts(path === undefined ? {} : { path });
    const { opened, failure } = await openChosen(flags.device);
    const model = await lookAtModel();
    const versions = { dalleGl: readPackageVersion(), node: process.versions.node };
    const platform = `${process.platform} ${process.arch}`;
    if (flags.json) printJson(terminal, { versions, platform, contexts: survey, device: opened, model });
    else print(terminal, formatReport(versions, platform, survey, opened, model));
    if (failure !== undefined) throw new ReportedFailure(failure);
  },
});

async function openChosen(name: DeviceName | undefined): Promise<{ opened: Opened; failure?: unknown }> {
  try {
    const device = await open(name === undefined ? {} : { device: name });
    const { description } = device;
    const probes = device.kind === 'webgl' ? device.probes : null;
    device.dispose();
    return { opened: { description, probes } };
  } catch (error) {
    if (!(error instanceof DalleError)) throw error;
    return { opened: { error: describeFailure(error) }, failure: error };
  }
}

async function lookAtModel(): Promise<Bundled> {
  try {
    const model = await openModelFolder(bundledModel);
    await model.close();
    return { folder: bundledModel, parts: Object.keys(model.manifest.parts) };
  } catch (error) {
    if (!(error instanceof DalleError)) throw error;
    return { error: describeFailure(error) };
  }
}

function formatReport(
  versions: { readonly dalleGl: string; readonly node: string },
  platform: string,
  survey: ContextSurvey,
  opened: Opened,
  model: Bundled,
): string[] {
  const { library, platforms, headlessGl, choice } = survey;
  const chosen = 'error' in choice ? undefined : choice.name;
  return [
    `dalle-gl ${versions.dalleGl}, Node ${versions.node}, ${platform}`,
    '',
    'error' in library ? `EGL: ${library.error.message}` : `EGL: ${library.egl}, ${library.gles ?? 'no libGLESv2'}`,
    ...platforms.map((found) => formatPlatform(found, found.name === chosen)),
    `headless-gl: ${headlessGl.installed ? `version ${headlessGl.version}` : 'not installed; it is optional'}`,
    `displays: DISPLAY ${survey.display ?? 'unset'}, WAYLAND_DISPLAY ${survey.waylandDisplay ?? 'unset'}; none is needed`,
    ...(survey.files.length > 0 ? ['loaded:', ...survey.files.map((file) => `  ${file}`)] : []),
    '',
    'error' in choice ? `No EGL device: ${choice.error.message}` : `Best EGL device: ${choice.name}, ${choice.reason}`,
    ...formatOpened(opened),
    '',
    'error' in model
      ? `Bundled model: ${model.error.message}`
      : `Bundled model: ${model.folder} (${model.parts.join(', ')})`,
  ];
}

function formatPlatform(platform: SurveyedPlatform, isChosen: boolean): string {
  const { name, file, renderer, version, software, robust, refusal } = platform;
  const label = `${isChosen ? '→' : ' '} ${name}${file === null ? '' : ` (${file})`}`;
  if (refusal !== null) return `${label}: ${refusal}`;
  return `${label}: ${renderer}, ${version}, ${software ? 'software' : 'hardware'}, ${robust ? 'robust' : 'not robust'}`;
}

function formatOpened(opened: Opened): string[] {
  if ('error' in opened) return [`Opening a device failed: ${opened.error.message}`];
  const { description, probes } = opened;
  if (!probes) return [`Opened: ${description}`];
  const say = (fact: boolean): string => (fact ? 'yes' : 'no');
  return [
    `Opened: ${description}`,
    `  render targets at once: ${probes.targets}`,
    `  full float32 arithmetic: ${say(probes.float32)}; whole numbers to 2^24: ${say(probes.integers)}`,
    `  reads outside a texture give zero: ${say(probes.zeroOutside)}`,
    `  largest texture: ${probes.maxTextureSize} × ${probes.maxTextureSize}, ${probes.maxLayers} layers`,
  ];
}
