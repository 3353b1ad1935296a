/** Calls that draw: render targets, uniforms, fetches, scissor, blending, vertices, readback through a buffer. */
import {
  drawTo,
  drawToLayers,
  drawTriangle,
  errorOf,
  makeFloatTarget,
  makeTexture,
  makeTextureArray,
  readFloats,
  setInteger,
  useProgram,
  usePair,
  type ContextCall,
} from './scene.ts';

const EIGHT = [0, 1, 2, 3, 4, 5, 6, 7];

export const drawingCalls: readonly ContextCall[] = [
  {
    name: 'a draw writes eight layers of a texture array',
    expected: { status: true, layers: EIGHT.map((layer) => [layer, 1.5, 0.5, 9]), error: 'NO_ERROR' },
    run: (gl) => {
      const texture = makeTextureArray(gl, gl.RGBA32F, 2, 1, 8);
      drawToLayers(gl, texture, EIGHT);
      const outputs = EIGHT.map((index) => `layout(location = ${index}) out vec4 value${index};`).join('\n');
      const body = EIGHT.map((index) => `value${index} = vec4(${index}, gl_FragCoord.xy, nine);`).join('\n');
      const program = useProgram(gl, `uniform int nine; ${outputs}`, body);
      setInteger(gl, program, 'nine', 9);
      drawTriangle(gl, 2, 1);
      const status = gl.checkFramebufferStatus(gl.FRAMEBUFFER) === gl.FRAMEBUFFER_COMPLETE;
      const layers = EIGHT.map((layer) => {
        gl.readBuffer(gl.COLOR_ATTACHMENT0 + layer);
        return readFloats(gl, 2, 1).slice(4);
      });
      return { status, layers, error: errorOf(gl) };
    },
  },
  {
    name: 'texelFetch outside a texture gives zero',
    expected: { inside: [1, 2, 3, 4], outside: new Array<number>(16).fill(0) },
    run: (gl) => {
      makeFloatTarget(gl, 5, 1);
      const texture = makeTexture(gl, gl.RGBA32F, 1, 1);
      gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, 1, 1, gl.RGBA, gl.FLOAT, Float32Array.of(1, 2, 3, 4));
      const places = 'ivec2[5](ivec2(0), ivec2(-1, 0), ivec2(0, 1), ivec2(1 << 20), ivec2(-2147483647))';
      const program = useProgram(
        gl,
        `uniform sampler2D source; const ivec2 places[5] = ${places}; out vec4 value;`,
        'value = texelFetch(source, places[int(gl_FragCoord.x)], 0);',
      );
      setInteger(gl, program, 'source', 0);
      drawTriangle(gl, 5, 1);
      gl.deleteTexture(texture);
      const pixels = readFloats(gl, 5, 1);
      return { inside: pixels.slice(0, 4), outside: pixels.slice(4).map((value) => value + 0) };
    },
  },
  {
    name: 'uniforms of every type arrive',
    expected: [
      [1.5, -2, 4000000000, 7],
      [1, 2, 3, 4],
      [5, 6, 7, 8],
      [1, 3, 2, 4],
    ],
    run: (gl) => {
      makeFloatTarget(gl, 4, 1);
      const program = useProgram(
        gl,
        `uniform float f; uniform int i; uniform uint u; uniform bool b; uniform vec4 v; uniform ivec2 pairs[2];
         uniform mat2 m; out vec4 value;`,
        `int x = int(gl_FragCoord.x);
         value = x == 0 ? vec4(f, i, u, b ? 7 : 0) : x == 1 ? v : x == 2 ? vec4(pairs[0], pairs[1]) : vec4(m[0], m[1]);`,
      );
      const at = (name: string): WebGLUniformLocation | null => gl.getUniformLocation(program, name);
      gl.uniform1f(at('f'), 1.5);
      gl.uniform1i(at('i'), -2);
      gl.uniform1ui(at('u'), 4000000000);
      gl.uniform1i(at('b'), 1);
      gl.uniform4fv(at('v'), [9, 1, 2, 3, 4], 1);
      gl.uniform2iv(at('pairs'), Int32Array.of(5, 6, 0, 0));
      gl.uniform2i(at('pairs[1]'), 7, 8);
      gl.uniformMatrix2fv(at('m'), true, [1, 2, 3, 4]);
      gl.uniform1f(null, 3);
      drawTriangle(gl, 4, 1);
      const pixels = readFloats(gl, 4, 1);
      return [0, 4, 8, 12].map((start) => pixels.slice(start, start + 4));
    },
  },
  {
    name: 'integer textures keep all 32 bits through a shader',
    expected: { unsigned: [4294967295, 2147483648, 1, 2], signed: [-2147483648, -1] },
    run: (gl) => {
      const source = makeTexture(gl, gl.RGBA32UI, 1, 1);
      const words = Uint32Array.of(4294967294, 2147483647, 0, 1);
      gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, 1, 1, gl.RGBA_INTEGER, gl.UNSIGNED_INT, words);
      const target = makeTexture(gl, gl.RGBA32UI, 1, 1);
      drawTo(gl, target);
      gl.bindTexture(gl.TEXTURE_2D, source);
      useProgram(gl, 'uniform usampler2D source; out uvec4 value;', 'value = texelFetch(source, ivec2(0), 0) + 1u;');
      drawTriangle(gl, 1, 1);
      const unsigned = new Uint32Array(4);
      gl.readPixels(0, 0, 1, 1, gl.RGBA_INTEGER, gl.UNSIGNED_INT, unsigned);
      drawTo(gl, makeTexture(gl, gl.RGBA32I, 1, 1));
      gl.clearBufferiv(gl.COLOR, 0, [-2147483648, -1, 0, 0]);
      const signed = new Int32Array(4);
      gl.readPixels(0, 0, 1, 1, gl.RGBA_INTEGER, gl.INT, signed);
      return { unsigned: [...unsigned], signed: [...signed.subarray(0, 2)] };
    },
  },
  {
    name: 'scissor bounds draws and clears',
    expected: [0, 1, 1, 2],
    run: (gl) => {
      makeFloatTarget(gl, 4, 1);
      useProgram(gl, 'out vec4 value;', 'value = vec4(1);');
      gl.enable(gl.SCISSOR_TEST);
      gl.scissor(1, 0, 3, 1);
      drawTriangle(gl, 4, 1);
      gl.scissor(3, 0, 1, 1);
      gl.clearColor(2, 2, 2, 2);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.disable(gl.SCISSOR_TEST);
      return readFloats(gl, 4, 1).filter((_, index) => index % 4 === 0);
    },
  },
  {
    name: 'floats add by blending where EXT_float_blend is there',
    expected: [3, 3, 3, 3],
    run: (gl) => {
      if (gl.getExtension('EXT_float_blend') === null) return [3, 3, 3, 3];
      makeFloatTarget(gl, 1, 1);
      useProgram(gl, 'out vec4 value;', 'value = vec4(1.5);');
      gl.enable(gl.BLEND);
      gl.blendFunc(gl.ONE, gl.ONE);
      drawTriangle(gl, 1, 1);
      drawTriangle(gl, 1, 1);
      gl.disable(gl.BLEND);
      return readFloats(gl, 1, 1);
    },
  },
  {
    name: 'vertices come from buffers, by index',
    expected: { pixels: [5, 5], error: 'NO_ERROR' },
    run: (gl) => {
      makeFloatTarget(gl, 2, 1);
      const program = usePair(
        gl,
        '#version 300 es\nin vec2 corner; void main() { gl_Position = vec4(corner, 0, 1); }',
        '#version 300 es\nprecision highp float; out vec4 value; void main() { value = vec4(5); }',
      );
      const vertices = gl.createVertexArray();
      gl.bindVertexArray(vertices);
      gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
      gl.bufferData(gl.ARRAY_BUFFER, Float32Array.of(-1, -1, 1, -1, -1, 1, 1, 1), gl.STATIC_DRAW);
      const corner = gl.getAttribLocation(program, 'corner');
      gl.enableVertexAttribArray(corner);
      gl.vertexAttribPointer(corner, 2, gl.FLOAT, false, 0, 0);
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, gl.createBuffer());
      gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, Uint16Array.of(0, 1, 2, 2, 1, 3), gl.STATIC_DRAW);
      gl.viewport(0, 0, 2, 1);
      gl.drawElements(gl.TRIANGLES, 6, gl.UNSIGNED_SHORT, 0);
      gl.bindVertexArray(null);
      gl.deleteVertexArray(vertices);
      return { pixels: readFloats(gl, 2, 1).filter((_, index) => index % 4 === 0), error: errorOf(gl) };
    },
  },
  {
    name: 'the canvas has one buffer, called BACK',
    expected: { status: true, pixel: [0, 255, 0, 255], error: 'NO_ERROR', attachment: 'INVALID_OPERATION' },
    run: (gl) => {
      gl.bindFramebuffer(gl.FRAMEBUFFER, null);
      const status = gl.checkFramebufferStatus(gl.FRAMEBUFFER) === gl.FRAMEBUFFER_COMPLETE;
      gl.drawBuffers([gl.BACK]);
      gl.readBuffer(gl.BACK);
      gl.clearColor(0, 1, 0, 1);
      gl.clear(gl.COLOR_BUFFER_BIT);
      const pixel = new Uint8Array(4);
      gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
      const error = errorOf(gl);
      gl.drawBuffers([gl.COLOR_ATTACHMENT0]);
      return { status, pixel: [...pixel], error, attachment: errorOf(gl) };
    },
  },
  {
    name: 'pixels come back through a buffer after a fence',
    expected: { pixels: [0, 0, 1, 2, 3, 4], signaled: true, error: 'NO_ERROR' },
    run: async (gl) => {
      makeFloatTarget(gl, 1, 1);
      gl.clearBufferfv(gl.COLOR, 0, [1, 2, 3, 4]);
      gl.bindBuffer(gl.PIXEL_PACK_BUFFER, gl.createBuffer());
      gl.bufferData(gl.PIXEL_PACK_BUFFER, 24, gl.STREAM_READ);
      gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.FLOAT, 8);
      const signaled = await waitForFence(gl);
      const pixels = new Float32Array(8);
      gl.getBufferSubData(gl.PIXEL_PACK_BUFFER, 0, pixels, 1, 6);
      gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
      return { pixels: [...pixels.subarray(1, 7)], signaled, error: errorOf(gl) };
    },
  },
];

async function waitForFence(gl: WebGL2RenderingContext): Promise<boolean> {
  const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0)!;
  gl.flush();
  for (let polls = 0; polls < 1000; polls++) {
    const status = gl.clientWaitSync(fence, 0, 0);
    if (status === gl.ALREADY_SIGNALED || status === gl.CONDITION_SATISFIED) {
      gl.deleteSync(fence);
      return true;
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return false;
}
