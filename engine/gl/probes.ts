/**
 * What the device can really do, found by doing it: extension lists and names lie. Each probe draws and reads back.
 * The few shaders here are the engine's own; all others belong to ops.
 */
import { ContextError } from '../../base/errors.ts';
import { ContextLife } from '../context/context-life.ts';
import { ProgramCache } from './program.ts';
import { forgetErrors, resetState } from './context-state.ts';
import { framebufferOf, tryCreateTexture } from './texture.ts';
import type { GpuTexture } from './texture.ts';

/** What a context was found to do, by doing it. One that does not compute in full fp32 is refused. */
export interface Probes {
  /** Render targets that work at once: 8, 4, 2 or 1. */
  readonly targets: number;
  /** 1 + 2⁻²³ differs from 1 in a fragment shader: `highp` is fp32. */
  readonly float32: true;
  /** Whole numbers up to 2²⁴ survive texture and shader. */
  readonly integers: true;
  /** Reading outside a texture gives zero, as WebGL 2 demands. The engine does not rely on it. */
  readonly zeroOutside: boolean;
  /** Smaller than the reported limit where the driver could not allocate that. */
  readonly maxTextureSize: number;
  readonly maxLayers: number;
}

const header = `#version 300 es
precision highp float;
precision highp int;
precision highp sampler2DArray;
`;

interface Found {
  readonly life: ContextLife;
  readonly probes: Probes;
}

/**
 * What was found before: a context does not change while it lives, and the shaders of the probes take a software driver
 * 50 ms. One that was lost and given back is asked again, and must be: extensions are off until they are asked for.
 */
const found = new WeakMap<WebGL2RenderingContext, Found>();

/** As `probe`, once for each life of a context. */
export function probeDevice(gl: WebGL2RenderingContext): Probes {
  const before = found.get(gl);
  if (before && !before.life.isOver) return before.probes;
  const life = new ContextLife(gl);
  life.check('open');
  const probes = probe(gl);
  found.set(gl, { life, probes });
  return probes;
}

/** Throws ContextError `E_GL_PROBE` or `E_GL_FLOAT` where the context cannot serve, saying what it did instead. */
function probe(gl: WebGL2RenderingContext): Probes {
  if (!gl.getExtension('EXT_color_buffer_float')) {
    throw new ContextError(
      'E_GL_FLOAT',
      'open: this WebGL 2 context cannot draw to float textures (EXT_color_buffer_float is missing). ' +
        'The engine computes in fp32 textures. Update the graphics driver, or use another device (dalle-gl doctor lists them).',
    );
  }
  forgetErrors(gl);
  resetState(gl);
  gl.disable(gl.SCISSOR_TEST);
  const programs = new ProgramCache(gl);
  try {
    const targets = [8, 4, 2, 1].find((count) => drawsToTargets(gl, programs, count));
    const [sum, whole, outside] = drawFacts(gl, programs);
    if (targets === undefined || sum === undefined) {
      throw new ContextError(
        'E_GL_PROBE',
        'open: the driver accepts float textures but a test draw into one read back wrong values. ' +
          'Update the graphics driver, or use another device (dalle-gl doctor lists them).',
      );
    }
    if (sum !== 2 ** -23 || whole !== 2 ** 24 - 1) {
      throw new ContextError(
        'E_GL_PROBE',
        `open: this device does not compute in full fp32 although its shaders ask for it: 1 + 2⁻²³ − 1 came out as ${sum}, ` +
          `2²⁴ − 1 as ${whole}. Results would be wrong. Use another device (dalle-gl doctor lists them).`,
      );
    }
    return {
      targets,
      float32: true,
      integers: true,
      zeroOutside: outside === 0,
      maxTextureSize: largestTexture(gl),
      maxLayers: gl.getParameter(gl.MAX_ARRAY_TEXTURE_LAYERS) as number,
    };
  } finally {
    programs.dispose();
  }
}

function readFirstTexel(gl: WebGL2RenderingContext, attachment: number): Float32Array {
  const texel = new Float32Array(4);
  gl.readBuffer(attachment);
  gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.FLOAT, texel);
  return texel;
}

function deleteTexture(gl: WebGL2RenderingContext, texture: GpuTexture): void {
  gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  for (const framebuffer of texture.framebuffers.values()) gl.deleteFramebuffer(framebuffer);
  gl.deleteTexture(texture.texture);
}

/** Draws a different number to each of `count` layers at once and reads each back. */
function drawsToTargets(gl: WebGL2RenderingContext, programs: ProgramCache, count: number): boolean {
  if ((gl.getParameter(gl.MAX_DRAW_BUFFERS) as number) < count) return false;
  const outputs = Array.from({ length: count }, (_, i) => `layout(location = ${i}) out vec4 out_${i};`).join('\n');
  const writes = Array.from({ length: count }, (_, i) => `out_${i} = vec4(${i}.5);`).join('\n');
  const texture = tryCreateTexture(gl, { width: 1, height: 1, layers: count, format: 'f32' });
  if (!texture) return false;
  try {
    const program = programs.get(`${header}${outputs}\nvoid main() {\n${writes}\n}\n`);
    framebufferOf(gl, texture, 0, count);
    if (gl.checkFramebufferStatus(gl.FRAMEBUFFER) !== gl.FRAMEBUFFER_COMPLETE) return false;
    programs.use(program);
    gl.viewport(0, 0, 1, 1);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    const right = Array.from({ length: count }, (_, i) => readFirstTexel(gl, gl.COLOR_ATTACHMENT0 + i)[0] === i + 0.5);
    return right.every(Boolean) && gl.getError() === gl.NO_ERROR;
  } finally {
    deleteTexture(gl, texture);
  }
}

/**
 * [(1 + 2⁻²³) − 1, 2²⁴ − 1 through an int, a fetch outside the texture], computed from values the compiler cannot know.
 */
function drawFacts(gl: WebGL2RenderingContext, programs: ProgramCache): (number | undefined)[] {
  const input = tryCreateTexture(gl, { width: 1, height: 1, layers: 1, format: 'f32' });
  const output = tryCreateTexture(gl, { width: 1, height: 1, layers: 1, format: 'f32' });
  if (!input || !output) return [];
  try {
    gl.bindTexture(gl.TEXTURE_2D_ARRAY, input.texture);
    const given = new Float32Array([1, 2 ** -23, 2 ** 24 - 2, 7]);
    gl.texSubImage3D(gl.TEXTURE_2D_ARRAY, 0, 0, 0, 0, 1, 1, 1, gl.RGBA, gl.FLOAT, given);
    const program = programs.get(`${header}uniform sampler2DArray x;
layout(location = 0) out vec4 result;
void main() {
  vec4 given = texelFetch(x, ivec3(0), 0);
  float sum = given.x + given.y;
  result = vec4(sum - given.x, float(int(given.z) + int(given.x)), texelFetch(x, ivec3(5, -3, 0), 0).w, given.w);
}
`);
    framebufferOf(gl, output, 0, 1);
    programs.use(program);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D_ARRAY, input.texture);
    gl.uniform1i(programs.uniform(program, 'x'), 0);
    gl.viewport(0, 0, 1, 1);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    const result = readFirstTexel(gl, gl.COLOR_ATTACHMENT0);
    return result[3] === 7 && gl.getError() === gl.NO_ERROR ? [...result] : [];
  } finally {
    deleteTexture(gl, input);
    deleteTexture(gl, output);
  }
}

/** The largest square side that a texture really gets, tried as a thin strip so that the probe itself stays small. */
function largestTexture(gl: WebGL2RenderingContext): number {
  const reported = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
  for (let size = reported; size > 1024; size /= 2) {
    const wide = tryCreateTexture(gl, { width: size, height: 1, layers: 1, format: 'f32' });
    const tall = tryCreateTexture(gl, { width: 1, height: size, layers: 1, format: 'f32' });
    for (const texture of [wide, tall]) if (texture) deleteTexture(gl, texture);
    if (wide && tall) return size;
  }
  return 1024;
}
