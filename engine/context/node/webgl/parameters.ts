/**
 * getParameter: what the context is, can do and has bound. Names that the driver knows go to the driver, each with
 * the kind of value WebGL wants; bindings come from what the facade remembers, as objects. Follows WebGL 2, section
 * 3.7.2, and WebGL 1, section 5.14.3.
 */
import { GL } from './constants.ts';
import {
  Extensions,
  GPU_DISJOINT_EXT,
  MAX_TEXTURE_MAX_ANISOTROPY_EXT,
  UNMASKED_RENDERER_WEBGL,
  UNMASKED_VENDOR_WEBGL,
} from './extensions.ts';
import { MAX_CLIENT_WAIT_NANOSECONDS, TIMESTAMP_EXT } from './queries.ts';

/** Parameters that are not one integer: how many numbers, of which kind. */
const FLOATS: ReadonlyMap<number, number> = new Map<number, number>([
  [GL.ALIASED_LINE_WIDTH_RANGE, 2],
  [GL.ALIASED_POINT_SIZE_RANGE, 2],
  [GL.BLEND_COLOR, 4],
  [GL.COLOR_CLEAR_VALUE, 4],
  [GL.DEPTH_CLEAR_VALUE, 1],
  [GL.DEPTH_RANGE, 2],
  [GL.LINE_WIDTH, 1],
  [GL.MAX_TEXTURE_LOD_BIAS, 1],
  [GL.POLYGON_OFFSET_FACTOR, 1],
  [GL.POLYGON_OFFSET_UNITS, 1],
  [GL.SAMPLE_COVERAGE_VALUE, 1],
  [MAX_TEXTURE_MAX_ANISOTROPY_EXT, 1],
]);
const BOOLEANS: ReadonlySet<number> = new Set([
  GL.BLEND,
  GL.CULL_FACE,
  GL.DEPTH_TEST,
  GL.DEPTH_WRITEMASK,
  GL.DITHER,
  GL.POLYGON_OFFSET_FILL,
  GL.RASTERIZER_DISCARD,
  GL.SAMPLE_ALPHA_TO_COVERAGE,
  GL.SAMPLE_COVERAGE,
  GL.SAMPLE_COVERAGE_INVERT,
  GL.SCISSOR_TEST,
  GL.STENCIL_TEST,
]);
const INTEGER_LISTS: ReadonlyMap<number, number> = new Map<number, number>([
  [GL.MAX_VIEWPORT_DIMS, 2],
  [GL.SCISSOR_BOX, 4],
  [GL.VIEWPORT, 4],
]);
const BUFFER_BINDINGS: ReadonlyMap<number, number> = new Map<number, number>([
  [GL.ARRAY_BUFFER_BINDING, GL.ARRAY_BUFFER],
  [GL.COPY_READ_BUFFER_BINDING, GL.COPY_READ_BUFFER],
  [GL.COPY_WRITE_BUFFER_BINDING, GL.COPY_WRITE_BUFFER],
  [GL.ELEMENT_ARRAY_BUFFER_BINDING, GL.ELEMENT_ARRAY_BUFFER],
  [GL.PIXEL_PACK_BUFFER_BINDING, GL.PIXEL_PACK_BUFFER],
  [GL.PIXEL_UNPACK_BUFFER_BINDING, GL.PIXEL_UNPACK_BUFFER],
  [GL.UNIFORM_BUFFER_BINDING, GL.UNIFORM_BUFFER],
]);
const TEXTURE_BINDINGS: ReadonlyMap<number, number> = new Map<number, number>([
  [GL.TEXTURE_BINDING_2D, GL.TEXTURE_2D],
  [GL.TEXTURE_BINDING_2D_ARRAY, GL.TEXTURE_2D_ARRAY],
  [GL.TEXTURE_BINDING_3D, GL.TEXTURE_3D],
  [GL.TEXTURE_BINDING_CUBE_MAP, GL.TEXTURE_CUBE_MAP],
]);

/** Mesa's lists of formats have some sixty entries. */
const LONGEST_LIST = 1024;

type Parameter = number | boolean | string | Float32Array | Int32Array | Uint32Array | boolean[] | object | null;

export class Parameters extends Extensions {
  getParameter(name: number): Parameter {
    if (!this.enter()) return null;
    const text = this.describe(name);
    if (text !== undefined) return text;
    const binding = this.bindingOf(name);
    return binding === undefined ? this.readValue(name) : binding;
  }

  private describe(name: number): string | undefined {
    switch (name) {
      case GL.VENDOR:
      case GL.RENDERER:
        return 'WebKit WebGL';
      case UNMASKED_VENDOR_WEBGL:
        return this.egl.vendor;
      case UNMASKED_RENDERER_WEBGL:
        return this.egl.renderer;
      case GL.VERSION:
        return `WebGL 2.0 (${this.egl.version})`;
      case GL.SHADING_LANGUAGE_VERSION:
        return `WebGL GLSL ES 3.00 (${this.native.glGetString(name) ?? ''})`;
      default:
        return undefined;
    }
  }

  /** The bound object a name asks for, null when nothing is bound, undefined when the name is no binding. */
  private bindingOf(name: number): object | null | undefined {
    const buffer = BUFFER_BINDINGS.get(name);
    if (buffer !== undefined) return this.boundBuffer(buffer);
    const texture = TEXTURE_BINDINGS.get(name);
    if (texture !== undefined) return this.currentTexture(texture);
    switch (name) {
      case GL.CURRENT_PROGRAM:
        return this.program;
      case GL.DRAW_FRAMEBUFFER_BINDING:
        return this.drawFramebuffer;
      case GL.READ_FRAMEBUFFER_BINDING:
        return this.readFramebuffer;
      case GL.VERTEX_ARRAY_BINDING:
        return this.vertexArray === this.defaultVertexArray ? null : this.vertexArray;
      default:
        return undefined;
    }
  }

  private readValue(name: number): Parameter {
    const floats = FLOATS.get(name);
    if (floats !== undefined) {
      const values = new Float32Array(floats);
      this.native.glGetFloatv(name, values);
      return floats === 1 ? values[0]! : values;
    }
    if (name === GL.COLOR_WRITEMASK) return [...this.writeMask];
    if (name === GL.ACTIVE_TEXTURE) return this.activeTextureUnit;
    if (name === GL.UNPACK_FLIP_Y_WEBGL || name === GL.UNPACK_PREMULTIPLY_ALPHA_WEBGL) return false;
    if (name === GPU_DISJOINT_EXT || name === TIMESTAMP_EXT) return this.readTimer(name);
    if (name === GL.MAX_CLIENT_WAIT_TIMEOUT_WEBGL) return MAX_CLIENT_WAIT_NANOSECONDS;
    if (name === GL.COMPRESSED_TEXTURE_FORMATS) return new Uint32Array(0);
    return this.readIntegers(name);
  }

  /** Reads into room enough for the longest list that any name has; an unknown name is an error and gives null. */
  private readIntegers(name: number): Parameter {
    const values = new Int32Array(LONGEST_LIST);
    this.collectErrors();
    this.native.glGetIntegerv(name, values);
    if (this.collectErrors() !== GL.NO_ERROR) return null;
    if (BOOLEANS.has(name)) return values[0] !== 0;
    const count = INTEGER_LISTS.get(name) ?? 1;
    return count === 1 ? values[0]! : values.slice(0, count);
  }

  private readTimer(name: number): Parameter {
    if (!this.supports('EXT_disjoint_timer_query_webgl2')) {
      this.fail(GL.INVALID_ENUM);
      return null;
    }
    return name === TIMESTAMP_EXT ? null : this.readInteger(name) !== 0;
  }

  getShaderPrecisionFormat(
    shaderType: number,
    precisionType: number,
  ): { rangeMin: number; rangeMax: number; precision: number } | null {
    if (!this.enter()) return null;
    const range = new Int32Array(2);
    const precision = new Int32Array(1);
    this.native.glGetShaderPrecisionFormat(shaderType, precisionType, range, precision);
    return { rangeMin: range[0]!, rangeMax: range[1]!, precision: precision[0]! };
  }
}
