/**
 * What `dalle-gl doctor` tells about contexts: which libraries are loaded from where, what every EGL device and
 * platform gives or why it does not, whether headless-gl is there, and which one would be chosen and why. Plain data,
 * fit for JSON; every context it opens is freed again.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { DalleError } from '../../../base/errors.ts';
import { EglContext, tryEglContext } from './egl-context.ts';
import { listPlatforms, type EglPlatform } from './egl-display.ts';
import { loadEglLibrary, type EglLibrary } from './egl-library.ts';
import { openEgl, type EglOptions } from './open-egl.ts';

export interface SurveyedFailure {
  readonly code: string;
  readonly message: string;
}

/** One place to get a context from. Either it was granted one and says what it is, or `refusal` says why not. */
export interface SurveyedPlatform {
  readonly name: string;
  readonly kind: EglPlatform['kind'];
  readonly file: string | null;
  readonly software: boolean | null;
  readonly vendor: string | null;
  readonly renderer: string | null;
  readonly version: string | null;
  readonly robust: boolean | null;
  /** Why it gives no context that can be used. */
  readonly refusal: string | null;
}

export interface ContextSurvey {
  /** The pair of libraries, or why there is none. */
  readonly library: { readonly egl: string; readonly gles: string | null } | { readonly error: SurveyedFailure };
  /** Files of libraries and drivers that the process loaded on the way. */
  readonly files: readonly string[];
  readonly platforms: readonly SurveyedPlatform[];
  readonly headlessGl: { readonly installed: boolean; readonly version: string | null };
  readonly display: string | null;
  readonly waylandDisplay: string | null;
  /** What openNodeContext would take, and why; or why it would fail. */
  readonly choice: { readonly name: string; readonly reason: string } | { readonly error: SurveyedFailure };
}

/** Looks at everything; throws nothing that is a finding. Takes about a tenth of a second for each platform. */
export function surveyContexts(options: Pick<EglOptions, 'path'> = {}): ContextSurvey {
  const library = attempt(() => loadEglLibrary(options.path));
  const found = 'error' in library ? library : { egl: library.path, gles: library.glesPath ?? null };
  const platforms = 'error' in library ? [] : listPlatforms(library).map((platform) => look(library, platform));
  return {
    library: found,
    platforms,
    ...choose(options),
    headlessGl: findHeadlessGl(),
    display: process.env['DISPLAY'] ?? null,
    waylandDisplay: process.env['WAYLAND_DISPLAY'] ?? null,
  };
}

/** The action's result, or the failure it threw. Anything but a DalleError is a bug and passes through. */
function attempt<Result extends object>(action: () => Result): Result | { error: SurveyedFailure } {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof DalleError)) throw error;
    return { error: { code: error.code, message: error.message } };
  }
}

function look(library: EglLibrary, platform: EglPlatform): SurveyedPlatform {
  const { name, kind } = platform;
  const file = platform.file ?? null;
  const context = tryEglContext(library, platform);
  if (!(context instanceof EglContext)) {
    const unknown = { vendor: null, renderer: null, version: null, robust: null };
    return { name, kind, file, software: platform.software ?? null, ...unknown, refusal: context.reason };
  }
  const { vendor, renderer, version, software, robust } = context;
  context.destroy();
  return { name, kind, file, software, vendor, renderer, version, robust, refusal: null };
}

/** Opens as openNodeContext would; drivers are listed while they are loaded. */
function choose(options: EglOptions): Pick<ContextSurvey, 'choice' | 'files'> {
  const source = attempt(() => openEgl(options));
  const files = listLoadedFiles();
  if ('error' in source) return { choice: source, files };
  source.dispose();
  const reason = source.software === false ? 'it is hardware' : 'no hardware answers, so a CPU plays the GPU';
  return { choice: { name: source.platform, reason: `${source.description}: ${reason}` }, files };
}

const GRAPHICS_FILE = /(EGL|GLES|gallium|_dri\.|libvulkan|nvidia)/;

/** Node's own report knows every shared library of the process, on every system. */
function listLoadedFiles(): string[] {
  const report = process.report.getReport() as unknown as { sharedObjects?: readonly string[] };
  return (report.sharedObjects ?? []).filter((file) => GRAPHICS_FILE.test(file)).sort();
}

function findHeadlessGl(): ContextSurvey['headlessGl'] {
  try {
    const manifest = createRequire(import.meta.url).resolve('gl/package.json');
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version?: string };
    return { installed: true, version: version ?? null };
  } catch {
    return { installed: false, version: null };
  }
}
