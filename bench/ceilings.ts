/**
 * What the device can do at most, by shaders of the bench's own that run in turns with the kernels, so that they meet
 * the same machine: multiply-adds with nothing fetched, and what one fetch adds. A kernel's share of the first says how
 * far it is from arithmetic; its counted fetches times the second is a time it cannot beat without fetching less.
 */
import type { Contender, Times } from './harness.ts';
import { median } from './statistics.ts';

export interface Ceilings {
  /**
   * GFLOP/s of a shader that only multiplies and adds, on 32 accumulators (8 vec4), as a product of 4×4 blocks does.
   */
  readonly fmaGflops: number;
  /** Nanoseconds that one RGBA32F `textureLod` (NEAREST, near in cache) takes the whole device, all its cores busy. */
  readonly fetchNanoseconds: number;
}

const side = 256;
/** Eight vec4: as many accumulators as a product kernel with 8 render targets keeps. */
const accumulators = 8;
const fmaSteps = 64;
const fetchSteps = 64;
/** Fetches a step, so that the loop itself is small beside them. */
const fetchesPerStep = 8;

/** The three draws from which `ceilingsOf` computes; put them among the contenders of `interleave`. */
export function createCeilingProbes(gl: WebGL2RenderingContext): Contender[] {
  return [
    createProbe(gl, 'multiply-adds only', writeMultiplyAdds()),
    createProbe(gl, 'with fetches', writeFetches(fetchesPerStep)),
    createProbe(gl, 'without fetches', writeFetches(0)),
  ];
}

/** @param times of the three probes, in their order, from the same rounds */
export function ceilingsOf(times: readonly Times[]): Ceilings {
  const [fma, fetching, notFetching] = times.map(({ wall }) => wall) as [number[], number[], number[]];
  const fetches = side * side * fetchSteps * fetchesPerStep;
  return {
    fmaGflops: (side * side * accumulators * 16 * 2 * fmaSteps) / (median(fma) * 1e6),
    fetchNanoseconds: (median(fetching.map((time, round) => time - notFetching[round]!)) * 1e6) / fetches,
  };
}

const vertexSource = `#version 300 es
void main() {
  gl_Position = vec4(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0, 0.0, 1.0);
}
`;

const header = `#version 300 es
precision highp float;
precision highp int;
uniform vec4 factor;
out vec4 result;
`;

/** Lines that differ by a number, and the sum of all accumulators. */
const repeat = (write: (index: number) => string): string =>
  Array.from({ length: accumulators }, (_, index) => write(index)).join('\n');
const total = Array.from({ length: accumulators }, (_, index) => `sum_${index}`).join(' + ');

/**
 * No product may be the same twice, or the compiler shares it: each accumulator has its pixel, each step its weights.
 */
function writeMultiplyAdds(): string {
  return `${header}
void main() {
  vec4 weight = factor * gl_FragCoord.x;
${repeat((i) => `  vec4 sum_${i} = factor * ${i}.5, pixel_${i} = factor * gl_FragCoord.y * ${i}.25;`)}
  for (int step = 0; step < ${fmaSteps}; ++step) {
    weight += factor;
${repeat(
  (i) => `    sum_${i} += pixel_${i}.x * weight + pixel_${i}.y * weight.yzwx
      + pixel_${i}.z * weight.zwxy + pixel_${i}.w * weight.wxyz;`,
)}
  }
  result = ${total};
}
`;
}

/** Walks along a few rows of a texture, as a kernel walks its weights: 8 KiB, which stay in the nearest cache. */
function writeFetches(count: number): string {
  const size = `${1 / fetchSteps}`;
  return `${header}
uniform highp sampler2DArray texels;
void main() {
${repeat((i) => `  vec4 sum_${i} = factor;`)}
  for (int step = 0; step < ${fetchSteps}; ++step) {
${repeat((i) =>
  i < count
    ? `    sum_${i} += textureLod(texels, vec3((vec2(step, ${i}) + 0.5) * ${size}, 0.0), 0.0);`
    : `    sum_${i} += vec4(step, ${i}, factor.xy);`,
)}
  }
  result = ${total};
}
`;
}

/** One shader over one float texture. Sets all the state it needs at each run, since others share the context. */
function createProbe(gl: WebGL2RenderingContext, name: string, source: string): Contender {
  gl.getExtension('EXT_color_buffer_float');
  const program = linkProgram(gl, source);
  const [input, output] = [createTexture(gl, fetchSteps), createTexture(gl, side)];
  const framebuffer = gl.createFramebuffer();
  gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
  gl.framebufferTextureLayer(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, output, 0, 0);
  return {
    name,
    async run() {
      gl.bindVertexArray(null);
      for (const state of [gl.BLEND, gl.DEPTH_TEST, gl.SCISSOR_TEST, gl.CULL_FACE]) gl.disable(state);
      gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
      gl.viewport(0, 0, side, side);
      gl.useProgram(program);
      gl.uniform4f(gl.getUniformLocation(program, 'factor'), 0.5, 0.25, 0.125, 0.75);
      gl.activeTexture(gl.TEXTURE0);
      gl.bindTexture(gl.TEXTURE_2D_ARRAY, input);
      gl.drawArrays(gl.TRIANGLES, 0, 3);
      const texel = new Float32Array(4);
      gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.FLOAT, texel);
      gl.bindFramebuffer(gl.FRAMEBUFFER, null);
      return texel;
    },
    dispose() {
      gl.deleteFramebuffer(framebuffer);
      gl.deleteTexture(input);
      gl.deleteTexture(output);
      gl.deleteProgram(program);
    },
  };
}

function createTexture(gl: WebGL2RenderingContext, size: number): WebGLTexture {
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D_ARRAY, texture);
  gl.texStorage3D(gl.TEXTURE_2D_ARRAY, 1, gl.RGBA32F, size, size, 1);
  gl.texParameteri(gl.TEXTURE_2D_ARRAY, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
  gl.texParameteri(gl.TEXTURE_2D_ARRAY, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  return texture;
}

function linkProgram(gl: WebGL2RenderingContext, fragmentSource: string): WebGLProgram {
  const program = gl.createProgram();
  const sources: [number, string][] = [
    [gl.VERTEX_SHADER, vertexSource],
    [gl.FRAGMENT_SHADER, fragmentSource],
  ];
  for (const [type, source] of sources) {
    const shader = gl.createShader(type)!;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(program);
  if (gl.getProgramParameter(program, gl.LINK_STATUS)) return program;
  throw new Error(
    `createCeilingProbes: the driver refused a shader: ${gl.getProgramInfoLog(program)}\n${fragmentSource}`,
  );
}
