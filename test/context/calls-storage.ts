/** Calls about memory: zeros in what is new, pixels in every layout, halves, copies between textures. */
import {
  drawTo,
  drawToLayers,
  drawTriangle,
  errorOf,
  makeFloatTarget,
  makeTexture,
  makeTextureArray,
  readFloats,
  useProgram,
  type ContextCall,
} from './scene.ts';

const SIZE = 64;

/** Leaves memory behind that is not zero, so that storage made next would show it. */
function dirtyMemory(gl: WebGL2RenderingContext, format: number): void {
  const texture = makeTextureArray(gl, format, SIZE, SIZE, 4);
  for (let layer = 0; layer < 4; layer++) {
    drawToLayers(gl, texture, [layer]);
    gl.clearBufferfv(gl.COLOR, 0, [1, 1, 1, 1]);
  }
  gl.finish();
  gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  gl.deleteTexture(texture);
}

const countNonZero = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((count, value) => count + (value === 0 ? 0 : 1), 0);

export const storageCalls: readonly ContextCall[] = [
  {
    name: 'every layer of a new texture array holds zeros',
    expected: [0, 0, 0, 0],
    run: (gl) => {
      dirtyMemory(gl, gl.RGBA32F);
      const texture = makeTextureArray(gl, gl.RGBA32F, SIZE, SIZE, 4);
      return [0, 1, 2, 3].map((layer) => {
        drawToLayers(gl, texture, [layer]);
        return countNonZero(readFloats(gl, SIZE, SIZE));
      });
    },
  },
  {
    name: 'texImage2D without pixels holds zeros, whatever scissor, mask and pixel store say',
    expected: { floats: 0, mask: [false, true, true, true], store: [8, 7], error: 'NO_ERROR' },
    run: (gl) => {
      dirtyMemory(gl, gl.RGBA32F);
      gl.colorMask(false, true, true, true);
      gl.enable(gl.SCISSOR_TEST);
      gl.scissor(0, 0, 1, 1);
      gl.pixelStorei(gl.UNPACK_ALIGNMENT, 8);
      gl.pixelStorei(gl.UNPACK_ROW_LENGTH, 7);
      const texture = gl.createTexture();
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA32F, SIZE, SIZE, 0, gl.RGBA, gl.FLOAT, null);
      drawTo(gl, texture);
      const floats = countNonZero(readFloats(gl, SIZE, SIZE));
      const mask = [...(gl.getParameter(gl.COLOR_WRITEMASK) as boolean[])];
      const store = [gl.UNPACK_ALIGNMENT, gl.UNPACK_ROW_LENGTH].map((name) => gl.getParameter(name) as number);
      gl.colorMask(true, true, true, true);
      gl.disable(gl.SCISSOR_TEST);
      gl.pixelStorei(gl.UNPACK_ALIGNMENT, 4);
      gl.pixelStorei(gl.UNPACK_ROW_LENGTH, 0);
      return { floats, mask, store, error: errorOf(gl) };
    },
  },
  {
    name: 'new integer, half and three-channel textures hold zeros',
    expected: { unsigned: 0, half: 0, three: 0, error: 'NO_ERROR' },
    run: (gl) => {
      dirtyMemory(gl, gl.RGBA32F);
      drawTo(gl, makeTexture(gl, gl.RGBA32UI, SIZE, SIZE));
      const words = new Uint32Array(SIZE * SIZE * 4);
      gl.readPixels(0, 0, SIZE, SIZE, gl.RGBA_INTEGER, gl.UNSIGNED_INT, words);
      dirtyMemory(gl, gl.RGBA16F);
      drawTo(gl, makeTexture(gl, gl.RGBA16F, SIZE, SIZE));
      const half = countNonZero(readFloats(gl, SIZE, SIZE).filter((_, index) => index % 4 !== 3));
      makeFloatTarget(gl, SIZE, SIZE);
      dirtyMemoryOfThree(gl);
      makeTexture(gl, gl.RGB32F, SIZE, SIZE);
      useProgram(gl, 'uniform sampler2D source; out vec4 value;', COPY);
      drawTriangle(gl, SIZE, SIZE);
      const three = countNonZero(readFloats(gl, SIZE, SIZE));
      return { unsigned: countNonZero(words), half, three, error: errorOf(gl) };
    },
  },
  {
    name: 'a new buffer holds zeros',
    expected: 0,
    run: (gl) => {
      const bytes = new Uint8Array(1 << 16);
      for (const fill of [bytes.fill(7), bytes.length]) {
        gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
        if (typeof fill === 'number') gl.bufferData(gl.ARRAY_BUFFER, fill, gl.STREAM_READ);
        else gl.bufferData(gl.ARRAY_BUFFER, fill, gl.STREAM_READ);
        gl.getBufferSubData(gl.ARRAY_BUFFER, 0, bytes);
        if (typeof fill !== 'number') gl.deleteBuffer(gl.getParameter(gl.ARRAY_BUFFER_BINDING) as WebGLBuffer);
      }
      return countNonZero(bytes);
    },
  },
  {
    name: 'unpack parameters cut a rectangle out of a larger image',
    expected: [11, 12, 21, 22],
    run: (gl) => {
      const image = Float32Array.from({ length: 16 }, (_, index) => Math.floor(index / 4) * 10 + (index % 4));
      const texture = makeTexture(gl, gl.R32F, 2, 2);
      gl.pixelStorei(gl.UNPACK_ROW_LENGTH, 4);
      gl.pixelStorei(gl.UNPACK_SKIP_PIXELS, 1);
      gl.pixelStorei(gl.UNPACK_SKIP_ROWS, 1);
      gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, 2, 2, gl.RED, gl.FLOAT, image);
      for (const name of [gl.UNPACK_ROW_LENGTH, gl.UNPACK_SKIP_PIXELS, gl.UNPACK_SKIP_ROWS]) gl.pixelStorei(name, 0);
      drawTo(gl, texture);
      return readFloats(gl, 2, 2).filter((_, index) => index % 4 === 0);
    },
  },
  {
    name: 'rows of three bytes need an alignment of one',
    expected: { aligned: 'INVALID_OPERATION', packed: 'NO_ERROR' },
    run: (gl) => {
      makeTexture(gl, gl.R8, 3, 2);
      const pixels = Uint8Array.of(1, 2, 3, 4, 5, 6);
      const upload = (): string => {
        gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, 3, 2, gl.RED, gl.UNSIGNED_BYTE, pixels);
        return errorOf(gl);
      };
      const aligned = upload();
      gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
      const packed = upload();
      gl.pixelStorei(gl.UNPACK_ALIGNMENT, 4);
      return { aligned, packed };
    },
  },
  {
    name: 'halves go in as 16-bit patterns and come back as floats',
    expected: [1, -2, 65504, 2 ** -24],
    run: (gl) => {
      const texture = makeTexture(gl, gl.RGBA16F, 1, 1);
      const halves = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001);
      gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, 1, 1, gl.RGBA, gl.HALF_FLOAT, halves);
      drawTo(gl, texture);
      return readFloats(gl, 1, 1);
    },
  },
  {
    name: 'every level and slice of a new three-dimensional texture holds zeros',
    expected: { levels: [0, 0], error: 'NO_ERROR' },
    run: (gl) => {
      dirtyMemory(gl, gl.RGBA32F);
      const texture = gl.createTexture();
      gl.bindTexture(gl.TEXTURE_3D, texture);
      gl.texStorage3D(gl.TEXTURE_3D, 2, gl.RGBA32F, SIZE, SIZE, 4);
      gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
      const levels = [0, 1].map((level) =>
        [0, 1].reduce((count, slice) => {
          gl.framebufferTextureLayer(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, texture, level, slice);
          return count + countNonZero(readFloats(gl, SIZE >> level, SIZE >> level));
        }, 0),
      );
      return { levels, error: errorOf(gl) };
    },
  },
  {
    name: 'pack parameters leave the rest of the array alone',
    expected: [9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 1, 2, 3, 4, 9, 9, 9, 9],
    run: (gl) => {
      makeFloatTarget(gl, 1, 1);
      gl.clearBufferfv(gl.COLOR, 0, [1, 2, 3, 4]);
      const pixels = new Float32Array(28).fill(9);
      gl.pixelStorei(gl.PACK_ROW_LENGTH, 3);
      gl.pixelStorei(gl.PACK_SKIP_ROWS, 1);
      gl.pixelStorei(gl.PACK_SKIP_PIXELS, 1);
      gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.FLOAT, pixels, 4);
      for (const name of [gl.PACK_ROW_LENGTH, gl.PACK_SKIP_ROWS, gl.PACK_SKIP_PIXELS]) gl.pixelStorei(name, 0);
      return [...pixels];
    },
  },
  {
    name: 'pixels are copied from a framebuffer into a layer',
    expected: { copied: [3, 3, 3, 3], beside: [0, 0, 0, 0] },
    run: (gl) => {
      const texture = makeTextureArray(gl, gl.RGBA32F, 2, 1, 2);
      makeFloatTarget(gl, 1, 1);
      gl.clearBufferfv(gl.COLOR, 0, [3, 3, 3, 3]);
      gl.copyTexSubImage3D(gl.TEXTURE_2D_ARRAY, 0, 1, 0, 1, 0, 0, 1, 1);
      drawToLayers(gl, texture, [1]);
      const pixels = readFloats(gl, 2, 1);
      return { copied: pixels.slice(4), beside: pixels.slice(0, 4) };
    },
  },
];

/** RGB32F cannot be drawn to: it is made dirty by uploading. */
function dirtyMemoryOfThree(gl: WebGL2RenderingContext): void {
  const texture = makeTexture(gl, gl.RGB32F, SIZE, SIZE);
  const ones = new Float32Array(SIZE * SIZE * 3).fill(1);
  gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, SIZE, SIZE, gl.RGB, gl.FLOAT, ones);
  gl.finish();
  gl.deleteTexture(texture);
}

const COPY = 'value = vec4(texelFetch(source, ivec2(gl_FragCoord.xy), 0).rgb, 0);';
