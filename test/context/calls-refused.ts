/** Calls that WebGL refuses: feedback loops, short arrays, foreign and deleted objects, and the errors they leave. */
import {
  drawToLayers,
  drawTriangle,
  errorAfter,
  errorOf,
  makeFloatTarget,
  makeTexture,
  makeTextureArray,
  readFloats,
  setInteger,
  useProgram,
  type ContextCall,
} from './scene.ts';

export const refusedCalls: readonly ContextCall[] = [
  {
    name: 'a draw that reads another layer of its target is refused and writes nothing',
    expected: { error: 'INVALID_OPERATION', pixel: [0, 0, 0, 0], elsewhere: 'NO_ERROR', after: [7, 7, 7, 7] },
    run: (gl) => {
      const texture = makeTextureArray(gl, gl.RGBA32F, 1, 1, 2);
      drawToLayers(gl, texture, [0]);
      const program = useProgram(
        gl,
        'uniform sampler2DArray source; out vec4 value;',
        'value = texelFetch(source, ivec3(0, 0, 1), 0) + 7.;',
      );
      setInteger(gl, program, 'source', 0);
      const error = errorAfter(gl, () => drawTriangle(gl, 1, 1));
      const pixel = readFloats(gl, 1, 1);
      gl.activeTexture(gl.TEXTURE1);
      makeTextureArray(gl, gl.RGBA32F, 1, 1, 2);
      setInteger(gl, program, 'source', 1);
      const elsewhere = errorAfter(gl, () => drawTriangle(gl, 1, 1));
      gl.activeTexture(gl.TEXTURE0);
      return { error, pixel, elsewhere, after: readFloats(gl, 1, 1) };
    },
  },
  {
    name: 'a feedback loop is noticed after rebinding, and gone after rebinding again',
    expected: ['NO_ERROR', 'INVALID_OPERATION', 'NO_ERROR'],
    run: (gl) => {
      const target = makeFloatTarget(gl, 1, 1);
      const source = makeTexture(gl, gl.RGBA32F, 1, 1);
      useProgram(gl, 'uniform sampler2D source; out vec4 value;', 'value = texelFetch(source, ivec2(0), 0);');
      return [source, target, source].map((texture) => {
        gl.bindTexture(gl.TEXTURE_2D, texture);
        return errorAfter(gl, () => drawTriangle(gl, 1, 1));
      });
    },
  },
  {
    name: 'a feedback loop comes and goes with the unit that a sampler reads',
    expected: ['NO_ERROR', 'INVALID_OPERATION', 'NO_ERROR', 'INVALID_OPERATION'],
    run: (gl) => {
      makeFloatTarget(gl, 1, 1);
      gl.activeTexture(gl.TEXTURE1);
      makeTexture(gl, gl.RGBA32F, 1, 1);
      gl.activeTexture(gl.TEXTURE0);
      const declarations = 'uniform sampler2D sources[2]; out vec4 value;';
      const program = useProgram(gl, declarations, SUM);
      const both = gl.getUniformLocation(program, 'sources');
      const second = gl.getUniformLocation(program, 'sources[1]');
      return [
        () => gl.uniform1iv(both, [1, 1]),
        () => gl.uniform1i(second, 0),
        () => gl.uniform1i(second, 1),
        () => gl.uniform1iv(both, Int32Array.of(0, 1)),
      ].map((set) => {
        set();
        return errorAfter(gl, () => drawTriangle(gl, 1, 1));
      });
    },
  },
  {
    name: 'a texture attached where no draw buffer points is refused too',
    expected: { error: 'INVALID_OPERATION', pixel: [0, 0, 0, 0] },
    run: (gl) => {
      makeFloatTarget(gl, 1, 1);
      const source = makeTexture(gl, gl.RGBA32F, 1, 1);
      gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, 1, 1, gl.RGBA, gl.FLOAT, Float32Array.of(4, 4, 4, 4));
      gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT1, gl.TEXTURE_2D, source, 0);
      gl.drawBuffers([gl.COLOR_ATTACHMENT0, gl.NONE]);
      useProgram(gl, 'uniform sampler2D source; out vec4 value;', 'value = texelFetch(source, ivec2(0), 0);');
      const error = errorAfter(gl, () => drawTriangle(gl, 1, 1));
      return { error, pixel: readFloats(gl, 1, 1) };
    },
  },
  {
    name: 'typed arrays that are too short or of another type are refused',
    expected: {
      upload: 'INVALID_OPERATION',
      layer: 'INVALID_OPERATION',
      otherType: 'INVALID_OPERATION',
      readback: 'INVALID_OPERATION',
      readbackType: 'INVALID_OPERATION',
      intoBuffer: 'INVALID_VALUE',
      fromBuffer: 'INVALID_VALUE',
    },
    run: (gl) => {
      makeFloatTarget(gl, 4, 4);
      const upload = (pixels: ArrayBufferView): string =>
        errorAfter(gl, () => gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, 4, 4, gl.RGBA, gl.FLOAT, pixels));
      const read = (pixels: ArrayBufferView): string =>
        errorAfter(gl, () => gl.readPixels(0, 0, 4, 4, gl.RGBA, gl.FLOAT, pixels));
      makeTextureArray(gl, gl.RGBA32F, 4, 4, 2);
      const layers = new Float32Array(127);
      const layer = errorAfter(gl, () =>
        gl.texSubImage3D(gl.TEXTURE_2D_ARRAY, 0, 0, 0, 0, 4, 4, 2, gl.RGBA, gl.FLOAT, layers),
      );
      gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
      gl.bufferData(gl.ARRAY_BUFFER, 16, gl.STATIC_DRAW);
      return {
        upload: upload(new Float32Array(63)),
        layer,
        otherType: upload(new Int32Array(64)),
        readback: read(new Float32Array(63)),
        readbackType: read(new Uint8Array(256)),
        intoBuffer: errorAfter(gl, () => gl.bufferSubData(gl.ARRAY_BUFFER, 8, new Float32Array(3))),
        fromBuffer: errorAfter(gl, () => gl.getBufferSubData(gl.ARRAY_BUFFER, 8, new Float32Array(3))),
      };
    },
  },
  {
    name: 'negative sizes are refused',
    expected: ['INVALID_VALUE', 'INVALID_VALUE', 'INVALID_VALUE', 'INVALID_VALUE', 'INVALID_VALUE'],
    run: (gl) => {
      makeFloatTarget(gl, 1, 1);
      useProgram(gl, 'out vec4 value;', 'value = vec4(1);');
      const pixels = new Float32Array(4);
      return [
        () => gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA32F, -1, 1, 0, gl.RGBA, gl.FLOAT, null),
        () => gl.readPixels(0, 0, -1, 1, gl.RGBA, gl.FLOAT, pixels),
        () => gl.viewport(0, 0, -1, 1),
        () => gl.drawArrays(gl.TRIANGLES, 0, -3),
        () => {
          gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
          gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA32F, -1, 1);
        },
      ].map((action) => errorAfter(gl, action));
    },
  },
  {
    name: 'names and numbers that nothing has are refused',
    expected: {
      parameter: [null, 'INVALID_ENUM'],
      programParameter: [null, 'INVALID_ENUM'],
      textureParameter: [null, 'INVALID_ENUM'],
      attribute: 'INVALID_VALUE',
      sampler: 'INVALID_VALUE',
      textureUnit: 'INVALID_ENUM',
      unlinked: 'INVALID_OPERATION',
      bufferTarget: 'INVALID_ENUM',
    },
    run: (gl) => {
      makeTexture(gl, gl.R8, 1, 1);
      const program = useProgram(
        gl,
        'uniform sampler2D source; out vec4 value;',
        'value = texelFetch(source, ivec2(0), 0);',
      );
      const source = gl.getUniformLocation(program, 'source');
      const ask = (question: () => unknown): [null, string] => [question() as null, errorOf(gl)];
      return {
        parameter: ask(() => gl.getParameter(0x1234)),
        programParameter: ask(() => gl.getProgramParameter(program, 0x8267)),
        textureParameter: ask(() => gl.getTexParameter(gl.TEXTURE_2D, 0x1004)),
        attribute: errorAfter(gl, () => gl.enableVertexAttribArray(1e9)),
        sampler: errorAfter(gl, () => gl.uniform1i(source, 100000)),
        textureUnit: errorAfter(gl, () => gl.activeTexture(gl.TEXTURE0 + 100000)),
        unlinked: errorAfter(gl, () => gl.useProgram(gl.createProgram())),
        bufferTarget: errorAfter(gl, () => gl.bindBuffer(1, null)),
      };
    },
  },
  {
    name: 'errors are reported once each, in order',
    expected: ['INVALID_ENUM', 'INVALID_OPERATION', 'INVALID_VALUE', 'NO_ERROR'],
    run: (gl) => {
      gl.enable(1);
      gl.useProgram(null);
      gl.drawArrays(gl.TRIANGLES, 0, 3);
      gl.enable(2);
      gl.viewport(0, 0, -1, -1);
      return [errorOf(gl), errorOf(gl), errorOf(gl), errorOf(gl)];
    },
  },
  {
    name: 'deleted objects are refused',
    expected: {
      twice: 'NO_ERROR',
      nothing: ['NO_ERROR', 'NO_ERROR'],
      texture: 'INVALID_OPERATION',
      isTexture: [true, false],
      framebuffer: 'INVALID_OPERATION',
      bound: null,
    },
    run: (gl) => {
      const texture = makeTexture(gl, gl.R8, 1, 1);
      const before = gl.isTexture(texture);
      gl.deleteTexture(texture);
      const twice = errorAfter(gl, () => gl.deleteTexture(texture));
      const bound = gl.getParameter(gl.TEXTURE_BINDING_2D) as null;
      const framebuffer = gl.createFramebuffer();
      gl.deleteFramebuffer(framebuffer);
      return {
        twice,
        nothing: [
          errorAfter(gl, () => gl.deleteTexture(null)),
          errorAfter(gl, () => gl.deleteTexture(undefined as unknown as null)), // as gpu.js does
        ],
        texture: errorAfter(gl, () => gl.bindTexture(gl.TEXTURE_2D, texture)),
        isTexture: [before, gl.isTexture(texture)],
        framebuffer: errorAfter(gl, () => gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer)),
        bound,
      };
    },
  },
  {
    name: 'uniforms need the program in use and whole vectors',
    expected: { other: 'INVALID_OPERATION', short: 'INVALID_VALUE', relinked: 'INVALID_OPERATION' },
    run: (gl) => {
      const first = useProgram(gl, 'uniform vec4 v; out vec4 value;', 'value = v;');
      const v = gl.getUniformLocation(first, 'v');
      const short = errorAfter(gl, () => gl.uniform4fv(v, [1, 2, 3]));
      useProgram(gl, 'out vec4 value;', 'value = vec4(1);');
      const other = errorAfter(gl, () => gl.uniform4f(v, 1, 2, 3, 4));
      gl.linkProgram(first);
      gl.useProgram(first);
      return { other, short, relinked: errorAfter(gl, () => gl.uniform4f(v, 1, 2, 3, 4)) };
    },
  },
  {
    name: 'draws stay inside their buffers',
    expected: { arrays: 'INVALID_OPERATION', elements: 'INVALID_OPERATION', nothingBound: 'INVALID_OPERATION' },
    run: (gl) => {
      makeFloatTarget(gl, 1, 1);
      useProgram(gl, 'out vec4 value;', 'value = vec4(1);');
      const array = gl.createVertexArray();
      gl.bindVertexArray(array);
      const nothingBound = errorAfter(gl, () => gl.drawElements(gl.TRIANGLES, 3, gl.UNSIGNED_SHORT, 0));
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, gl.createBuffer());
      gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, Uint16Array.of(0, 1, 2), gl.STATIC_DRAW);
      const elements = errorAfter(gl, () => gl.drawElements(gl.TRIANGLES, 4, gl.UNSIGNED_SHORT, 0));
      gl.enableVertexAttribArray(0);
      const arrays = errorAfter(gl, () => gl.drawArrays(gl.TRIANGLES, 0, 3));
      gl.bindVertexArray(null);
      gl.deleteVertexArray(array);
      return { arrays, elements, nothingBound };
    },
  },
  {
    name: 'a shader that does not compile says so, and so does its program',
    expected: { compiled: false, log: true, linked: false, version100: false },
    run: (gl) => {
      const compile = (source: string): WebGLShader => {
        const shader = gl.createShader(gl.FRAGMENT_SHADER)!;
        gl.shaderSource(shader, source);
        gl.compileShader(shader);
        return shader;
      };
      const broken = compile(
        '#version 300 es\nprecision highp float; out vec4 value; void main() { value = nothing; }',
      );
      const program = gl.createProgram();
      gl.attachShader(program, broken);
      gl.linkProgram(program);
      const old = compile('precision highp float; out vec4 value; void main() { value = vec4(1); }');
      return {
        compiled: gl.getShaderParameter(broken, gl.COMPILE_STATUS) as boolean,
        log: (gl.getShaderInfoLog(broken) ?? '').length > 0,
        linked: gl.getProgramParameter(program, gl.LINK_STATUS) as boolean,
        version100: gl.getShaderParameter(old, gl.COMPILE_STATUS) as boolean,
      };
    },
  },
  {
    name: 'a framebuffer without attachments is incomplete and takes no draw',
    expected: { status: true, error: 'INVALID_FRAMEBUFFER_OPERATION' },
    run: (gl) => {
      useProgram(gl, 'out vec4 value;', 'value = vec4(1);');
      gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
      const status = gl.checkFramebufferStatus(gl.FRAMEBUFFER) === gl.FRAMEBUFFER_INCOMPLETE_MISSING_ATTACHMENT;
      return { status, error: errorAfter(gl, () => drawTriangle(gl, 1, 1)) };
    },
  },
];

const SUM = 'value = texelFetch(sources[0], ivec2(0), 0) + texelFetch(sources[1], ivec2(0), 0);';
