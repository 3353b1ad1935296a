/**
 * The few lines every WebGL call of the list needs: a program from a fragment shader, a full-screen triangle, a
 * texture with its framebuffer, pixels read back as plain numbers. Pure: runs on any WebGL 2 context.
 */

/** Plain data: what a call was seen to do, fit to be compared across processes. */
export type Observation =
  string | number | boolean | null | readonly Observation[] | { readonly [name: string]: Observation };

/** A WebGL call, or a few, and what the specification says must be seen. */
export interface ContextCall {
  readonly name: string;
  readonly expected: Observation;
  run(gl: WebGL2RenderingContext): Observation | Promise<Observation>;
}

const TRIANGLE = `#version 300 es
void main() { gl_Position = vec4(gl_VertexID == 1 ? 3. : -1., gl_VertexID == 2 ? 3. : -1., 0, 1); }`;

/** Links a program whose fragment shader is `declarations` and `main`'s body, and uses it. */
export function useProgram(gl: WebGL2RenderingContext, declarations: string, body: string): WebGLProgram {
  const fragment = `#version 300 es
    precision highp float; precision highp int; precision highp sampler2D; precision highp sampler2DArray;
    precision highp isampler2D; precision highp usampler2D;
    ${declarations}
    void main() { ${body} }`;
  return usePair(gl, TRIANGLE, fragment);
}

export function usePair(gl: WebGL2RenderingContext, vertex: string, fragment: string): WebGLProgram {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, vertex],
    [gl.FRAGMENT_SHADER, fragment],
  ] as const) {
    const shader = gl.createShader(type)!;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true) throw new Error(String(gl.getProgramInfoLog(program)));
  gl.useProgram(program);
  return program;
}

export function setInteger(gl: WebGL2RenderingContext, program: WebGLProgram, name: string, value: number): void {
  gl.uniform1i(gl.getUniformLocation(program, name), value);
}

/** Draws over the first `width` × `height` pixels of the bound framebuffer. */
export function drawTriangle(gl: WebGL2RenderingContext, width: number, height: number): void {
  gl.viewport(0, 0, width, height);
  gl.drawArrays(gl.TRIANGLES, 0, 3);
}

function setNearest(gl: WebGL2RenderingContext, target: number): void {
  gl.texParameteri(target, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
  gl.texParameteri(target, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
}

/** A bound 2D texture of a sized format. */
export function makeTexture(gl: WebGL2RenderingContext, format: number, width: number, height: number): WebGLTexture {
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texStorage2D(gl.TEXTURE_2D, 1, format, width, height);
  setNearest(gl, gl.TEXTURE_2D);
  return texture;
}

/** A bound texture array of a sized format. */
export function makeTextureArray(
  gl: WebGL2RenderingContext,
  format: number,
  width: number,
  height: number,
  layers: number,
): WebGLTexture {
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D_ARRAY, texture);
  gl.texStorage3D(gl.TEXTURE_2D_ARRAY, 1, format, width, height, layers);
  setNearest(gl, gl.TEXTURE_2D_ARRAY);
  return texture;
}

/** Binds a new framebuffer that draws to a 2D texture. */
export function drawTo(gl: WebGL2RenderingContext, texture: WebGLTexture): WebGLFramebuffer {
  const framebuffer = gl.createFramebuffer();
  gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
  return framebuffer;
}

/** Binds a new framebuffer that draws to the given layers of a texture array, one target each. */
export function drawToLayers(
  gl: WebGL2RenderingContext,
  texture: WebGLTexture,
  layers: readonly number[],
): WebGLFramebuffer {
  const framebuffer = gl.createFramebuffer();
  gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
  const targets = layers.map((layer, index) => {
    gl.framebufferTextureLayer(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0 + index, texture, 0, layer);
    return gl.COLOR_ATTACHMENT0 + index;
  });
  gl.drawBuffers(targets);
  return framebuffer;
}

/** Reads RGBA floats of the read buffer. */
export function readFloats(gl: WebGL2RenderingContext, width: number, height: number): number[] {
  const pixels = new Float32Array(width * height * 4);
  gl.readPixels(0, 0, width, height, gl.RGBA, gl.FLOAT, pixels);
  return [...pixels];
}

/** A new RGBA32F texture with a framebuffer to draw to. */
export function makeFloatTarget(gl: WebGL2RenderingContext, width: number, height: number): WebGLTexture {
  const texture = makeTexture(gl, gl.RGBA32F, width, height);
  drawTo(gl, texture);
  return texture;
}

const ERROR_NAMES = [
  'NO_ERROR',
  'INVALID_ENUM',
  'INVALID_VALUE',
  'INVALID_OPERATION',
  'INVALID_FRAMEBUFFER_OPERATION',
  'OUT_OF_MEMORY',
  'CONTEXT_LOST_WEBGL',
] as const;

/** The error of the last call, by name. */
export function errorOf(gl: WebGL2RenderingContext): string {
  const error = gl.getError();
  return ERROR_NAMES.find((name) => gl[name] === error) ?? `0x${error.toString(16)}`;
}

/** Runs an action and names the error it leaves. */
export function errorAfter(gl: WebGL2RenderingContext, action: () => void): string {
  action();
  return errorOf(gl);
}
