/** Opening contexts: the words of --device, several contexts at once, every refusal, and leaving the process. */
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { ContextError, DalleError } from '../../../base/errors.ts';
import { wrapContext } from '../caller.ts';
import { openHeadlessGl } from './headless-gl.ts';
import { createContext, openNodeContext, parseSource } from './open.ts';
import { openEgl, rankPlatforms } from './open-egl.ts';
import { surveyContexts } from './survey.ts';

const usesMesa = surveyContexts().platforms.some(({ version }) => version?.includes('Mesa 22') ?? false);
const folder = mkdtempSync(join(tmpdir(), 'dalle-gl-context-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The code of the DalleError that an action throws. */
async function codeOf(action: () => unknown): Promise<string> {
  try {
    await action();
  } catch (error) {
    if (error instanceof DalleError) return error.code;
    throw error;
  }
  return 'no error';
}

describe('parseSource', () => {
  test.each([
    ['egl', { kind: 'egl' }],
    ['egl:2', { kind: 'egl', device: 2 }],
    ['egl:/opt/angle/libEGL.so', { kind: 'egl', path: '/opt/angle/libEGL.so' }],
    ['egl:C:\\angle\\libEGL.dll', { kind: 'egl', path: 'C:\\angle\\libEGL.dll' }],
    ['headless-gl', { kind: 'headless-gl' }],
  ])('%s', (source, parsed) => {
    expect(parseSource(source)).toEqual(parsed);
  });

  test.each(['', 'egl:', 'egl:-1', 'egl:1.5', 'egl:x', 'EGL', 'reference', 'egl:99999999999999999999'])(
    '"%s" is refused',
    async (source) => {
      expect(await codeOf(() => openNodeContext({ source }))).toBe('E_GL_SOURCE');
    },
  );
});

describe('refusals', () => {
  test('a path that does not exist', async () => {
    expect(await codeOf(() => openEgl({ path: join(folder, 'libEGL.so') }))).toBe('E_GL_LIBRARY_PATH');
  });

  test('a file that is no library', async () => {
    const path = join(folder, 'libNone.so');
    writeFileSync(path, 'no library');
    expect(await codeOf(() => openNodeContext({ source: `egl:${path}` }))).toBe('E_GL_LIBRARY_PATH');
  });

  test.runIf(process.platform === 'linux')('a library that is not EGL', async () => {
    expect(await codeOf(() => openEgl({ path: 'libc.so.6' }))).toBe('E_GL_FUNCTION');
  });

  test('a device that is not there', async () => {
    expect(await codeOf(() => openEgl({ device: 63 }))).toBe('E_GL_DEVICE_INDEX');
  });

  test.skipIf(surveyContexts().headlessGl.installed)('headless-gl when it is not installed', async () => {
    expect(await codeOf(() => openNodeContext({ source: 'headless-gl' }))).toBe('E_GL_HEADLESS_MISSING');
  });

  test('headless-gl without a display, and one that is WebGL 1, which is freed again', async () => {
    expect(await codeOf(() => openHeadlessGl(async () => () => null))).toBe('E_GL_HEADLESS_DISPLAY');
    let destroyed = 0;
    const webgl1 = { getExtension: () => ({ destroy: () => destroyed++ }) } as unknown as WebGL2RenderingContext;
    expect(await codeOf(() => openHeadlessGl(async () => () => webgl1))).toBe('E_GL_HEADLESS_VERSION');
    expect(destroyed).toBe(1);
  });

  test('a caller context that is WebGL 1 or lost', async () => {
    const webgl1 = { texImage2D: () => {}, isContextLost: () => false } as unknown as WebGL2RenderingContext;
    expect(await codeOf(() => wrapContext(webgl1))).toBe('E_GL_VERSION');
    const gl = createContext();
    expect(wrapContext(gl)).toMatchObject({ kind: 'caller', gl });
    gl.dispose();
    expect(await codeOf(() => wrapContext(gl))).toBe('E_GL_LOST');
  });
});

test('hardware devices are tried first and software devices last', () => {
  const platform = (name: string, kind: 'device' | 'surfaceless' | 'default', software?: boolean) => ({
    name,
    kind,
    software,
    file: undefined,
    getDisplay: () => null,
  });
  const ranked = rankPlatforms([
    platform('software', 'device', true),
    platform('first card', 'device', false),
    platform('second card', 'device', false),
    platform('surfaceless', 'surfaceless'),
    platform('default', 'default'),
  ]);
  expect(ranked.map(({ name }) => name)).toEqual(['first card', 'second card', 'surfaceless', 'default', 'software']);
});

describe('several contexts', () => {
  test('calls go to the context they are made on, whatever ran in between', () => {
    const [a, b] = [createContext(), createContext()];
    a.clearColor(1, 0, 0, 1);
    b.clearColor(0, 1, 0, 1);
    const read = (gl: WebGL2RenderingContext): number[] => {
      const pixel = new Uint8Array(4);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
      return [...pixel];
    };
    expect([read(a), read(b), read(a)]).toEqual([
      [255, 0, 0, 255],
      [0, 255, 0, 255],
      [255, 0, 0, 255],
    ]);
    const foreign = b.createTexture();
    a.bindTexture(a.TEXTURE_2D, foreign);
    expect([a.getError(), b.getError()]).toEqual([a.INVALID_OPERATION, b.NO_ERROR]);
    a.dispose();
    expect(read(b)).toEqual([0, 255, 0, 255]);
    expect(() => createContext({ device: 63 })).toThrow(ContextError);
    expect(read(b)).toEqual([0, 255, 0, 255]);
    b.dispose();
  });

  test('opening and freeing many times leaves a working library', () => {
    for (let round = 0; round < 20; round++) createContext().dispose();
    using gl = createContext();
    expect(gl.getError()).toBe(gl.NO_ERROR);
  });
});

test('a lost or disposed context takes every call and does nothing', () => {
  const gl = createContext();
  const texture = gl.createTexture();
  gl.getExtension('WEBGL_lose_context')!.loseContext();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA8, 1, 1);
  expect(gl.isContextLost()).toBe(true);
  expect([gl.getError(), gl.getError()]).toEqual([gl.CONTEXT_LOST_WEBGL, gl.NO_ERROR]);
  expect(gl.createBuffer()).not.toBeNull();
  expect(gl.getParameter(gl.MAX_TEXTURE_SIZE)).toBeNull();
  expect(gl.checkFramebufferStatus(gl.FRAMEBUFFER)).toBe(gl.FRAMEBUFFER_UNSUPPORTED);
  gl.dispose();
  gl.dispose();
  gl.clear(gl.COLOR_BUFFER_BIT);
  expect(gl.getError()).toBe(gl.NO_ERROR);
});

test('the survey is plain data and agrees with what is opened', () => {
  const survey = surveyContexts();
  expect(JSON.parse(JSON.stringify(survey))).toEqual(survey);
  using gl = createContext();
  const granted = survey.platforms.filter(({ refusal }) => refusal === null);
  expect(granted.map(({ renderer }) => renderer)).toContain(
    gl.getParameter(gl.getExtension('WEBGL_debug_renderer_info')!.UNMASKED_RENDERER_WEBGL),
  );
  expect(survey.choice).toHaveProperty('name');
  expect(surveyContexts({ path: join(folder, 'libEGL.so') })).toMatchObject({
    library: { error: { code: 'E_GL_LIBRARY_PATH' } },
    choice: { error: { code: 'E_GL_LIBRARY_PATH' } },
    platforms: [],
  });
});

/** Runs TypeScript in a process of its own, where `createContext` is at hand. */
function runScript(script: string, environment: Record<string, string> = {}): SpawnSyncReturns<string> {
  const module = join(folder, 'script.ts');
  const path = fileURLToPath(new URL('./open.ts', import.meta.url));
  writeFileSync(module, `import { createContext } from ${JSON.stringify(path)};\n${script}`);
  const run = `import { runnerImport } from 'vite'; await runnerImport(${JSON.stringify(module)}, { logLevel: 'error' });`;
  const env = { ...process.env, ...environment };
  return spawnSync(process.execPath, ['--input-type=module', '-e', run], { encoding: 'utf8', env, timeout: 50_000 });
}

describe.each(['returns', 'process.exit(0)', 'gl.dispose()', 'throw new Error("planned")'])(
  'a process that %s',
  (end) => {
    test('ends by itself and without a crash', () => {
      const { status, signal, stderr } = runScript(`
      const gl = createContext();
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
      ${end === 'returns' ? '' : end};`);
      const planned = end.startsWith('throw');
      expect({ status, signal, stderr: planned ? '' : stderr }).toEqual({
        status: planned ? 1 : 0,
        signal: null,
        stderr: '',
      });
    });
  },
);

/** Mesa can be told to have no driver, or to have less than it has. */
describe.runIf(usesMesa)('a system whose Mesa', () => {
  test.each([
    ['has no driver', { LIBGL_DRIVERS_PATH: folder, GBM_BACKENDS_PATH: folder }, 'E_GL_NONE'],
    ['has only OpenGL ES 2', { MESA_GLES_VERSION_OVERRIDE: '2.0' }, 'E_GL_NONE'],
    ['draws to no float textures', { MESA_EXTENSION_OVERRIDE: '-GL_EXT_color_buffer_float' }, 'E_GL_FLOAT'],
  ])('%s', (_, environment, code) => {
    const { stdout } = runScript('try { createContext(); } catch (error) { console.log(error.code); }', environment);
    expect(stdout.trim().split('\n').at(-1)).toBe(code);
  });
});
