/**
 * New storage holds zeros even on a driver that hands out used memory. Mesa's llvmpipe clears what it allocates, so
 * the driver under test is made dirty on purpose: every allocation without data is filled with 0x3f at once. Both
 * ways of clearing are run, with EXT_clear_texture and by uploading.
 */
import { describe, expect, test } from 'vitest';
import { storageCalls } from '../../../../test/context/calls-storage.ts';
import { observeCall } from '../../../../test/context/calls.ts';
import { EglContext, tryEglContext } from '../egl-context.ts';
import { listPlatforms } from '../egl-display.ts';
import { loadEglLibrary } from '../egl-library.ts';
import type { GlesFunctions } from '../gles-functions.ts';
import { openEgl } from '../open-egl.ts';
import { GL } from './constants.ts';
import { STORAGE_FORMATS } from './pixel-formats.ts';
import { createWebGL2 } from './webgl2.ts';

const DIRT = new Uint8Array(16).fill(0x3f);
const BINDINGS: Readonly<Record<number, number>> = {
  [GL.TEXTURE_2D]: GL.TEXTURE_BINDING_2D,
  [GL.TEXTURE_2D_ARRAY]: GL.TEXTURE_BINDING_2D_ARRAY,
  [GL.TEXTURE_3D]: GL.TEXTURE_BINDING_3D,
};

/** The driver's functions, with allocations that leave dirt behind. `soiled` counts them. */
function soil(gles: GlesFunctions, soiled: { count: number }): GlesFunctions {
  const soilLevel = (target: number, level: number, format: number, type: number): void => {
    const name = new Int32Array(1);
    gles.glGetIntegerv(BINDINGS[target]!, name);
    gles.glClearTexImageEXT!(name[0]!, level, format, type, DIRT);
    soiled.count++;
  };
  const soilLevels = (target: number, levels: number, internalFormat: number): void => {
    const { format, type } = STORAGE_FORMATS.get(internalFormat)!;
    for (let level = 0; level < levels; level++) soilLevel(target, level, format, type);
  };
  return {
    ...gles,
    glTexStorage2D: (target, levels, format, ...size) => {
      gles.glTexStorage2D(target, levels, format, ...size);
      soilLevels(target, levels, format);
    },
    glTexStorage3D: (target, levels, format, ...size) => {
      gles.glTexStorage3D(target, levels, format, ...size);
      soilLevels(target, levels, format);
    },
    glTexImage2D: (target, level, internalFormat, width, height, border, format, type, data) => {
      gles.glTexImage2D(target, level, internalFormat, width, height, border, format, type, data);
      if (data === null) soilLevel(target, level, format, type);
    },
    glBufferData: (target, byteLength, data, usage) => {
      gles.glBufferData(target, byteLength, data ?? new Uint8Array(byteLength).fill(0x3f), usage);
      if (data === null) soiled.count++;
    },
  };
}

/** A context on the platform that openEgl chooses. */
function openChosen(): EglContext {
  const chosen = openEgl();
  chosen.dispose();
  const library = loadEglLibrary();
  const platform = listPlatforms(library).find(({ name }) => name === chosen.platform)!;
  const context = tryEglContext(library, platform);
  if (context instanceof EglContext) return context;
  throw new Error(context.reason);
}

/** The same context with other driver functions, or as if it had fewer extensions. */
function openReduced(
  context: EglContext,
  keep: (extension: string) => boolean,
  gles: GlesFunctions = context.library.gles,
): EglContext {
  const reduced = Object.create(context, {
    library: { value: { ...context.library, gles } },
    extensions: { value: new Set([...context.extensions].filter(keep)) },
  }) as EglContext;
  reduced.makeCurrent();
  return reduced;
}

const canSoil = ((): boolean => {
  const context = openChosen();
  context.destroy();
  return context.extensions.has('GL_EXT_clear_texture');
})();

const WAYS = [
  ['EXT_clear_texture', () => true],
  ['uploads', (extension: string) => extension !== 'GL_EXT_clear_texture'],
] as const;

describe.runIf(canSoil).each(WAYS)('a dirty driver, cleared by %s', (_, keep) => {
  test.each(storageCalls)('$name', async (call) => {
    const soiled = { count: 0 };
    const context = openChosen();
    using gl = createWebGL2(openReduced(context, keep, soil(context.library.gles, soiled)));
    expect(await observeCall(gl, call)).toEqual(call.expected);
    expect(soiled.count).toBeGreaterThan(0);
  });
});

describe.each(WAYS)('every storage format, cleared by %s', (_, keep) => {
  test('is allocated and cleared without an error, in three levels of every kind of texture', () => {
    using gl = createWebGL2(openReduced(openChosen(), keep));
    const flat: readonly number[] = [GL.TEXTURE_2D, GL.TEXTURE_CUBE_MAP];
    for (const [internalFormat, { format }] of STORAGE_FORMATS) {
      const hasDepth = format === GL.DEPTH_COMPONENT || format === GL.DEPTH_STENCIL;
      for (const target of [...flat, GL.TEXTURE_2D_ARRAY, ...(hasDepth ? [] : [GL.TEXTURE_3D])]) {
        const texture = gl.createTexture();
        gl.bindTexture(target, texture);
        if (flat.includes(target)) gl.texStorage2D(target, 3, internalFormat, 7, 7);
        else gl.texStorage3D(target, 3, internalFormat, 7, 7, 7);
        expect({ internalFormat, target, error: gl.getError() }).toMatchObject({ error: gl.NO_ERROR });
        gl.deleteTexture(texture);
      }
    }
  });
});
