/**
 * WebGL's extension names and the objects behind them, each offered only when the OpenGL ES context has what it
 * needs. Follows the WebGL extension registry. Asking for an extension is what enables it in a browser; here all are
 * enabled from the start.
 */
import { GL } from './constants.ts';
import type { QueryObject } from './objects.ts';
import { COMPLETION_STATUS_KHR } from './programs.ts';
import { Queries, TIME_ELAPSED_EXT, TIMESTAMP_EXT } from './queries.ts';

export const GPU_DISJOINT_EXT = 0x8fbb;
export const UNMASKED_VENDOR_WEBGL = 0x9245;
export const UNMASKED_RENDERER_WEBGL = 0x9246;
export const MAX_TEXTURE_MAX_ANISOTROPY_EXT = 0x84ff;

/** For each WebGL extension the OpenGL ES extensions of which one must be there; none: always there. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  EXT_color_buffer_float: ['GL_EXT_color_buffer_float'],
  EXT_color_buffer_half_float: ['GL_EXT_color_buffer_half_float', 'GL_EXT_color_buffer_float'],
  EXT_disjoint_timer_query_webgl2: ['GL_EXT_disjoint_timer_query'],
  EXT_float_blend: ['GL_EXT_float_blend'],
  EXT_texture_filter_anisotropic: ['GL_EXT_texture_filter_anisotropic'],
  KHR_parallel_shader_compile: ['GL_KHR_parallel_shader_compile'],
  OES_texture_float_linear: ['GL_OES_texture_float_linear'],
  WEBGL_debug_renderer_info: [],
  WEBGL_lose_context: [],
};

export class Extensions extends Queries {
  private readonly extensions = new Map<string, object>();

  getSupportedExtensions(): string[] | null {
    if (!this.enter()) return null;
    return Object.keys(NEEDS).filter((name) => this.supports(name));
  }

  protected supports(name: string): boolean {
    const needs = NEEDS[name];
    return needs !== undefined && (needs.length === 0 || needs.some((need) => this.egl.extensions.has(need)));
  }

  /** The extension's object, the same one each time, or null. Names are compared without regard to case. */
  getExtension(name: string): object | null {
    if (!this.enter()) return null;
    const known = Object.keys(NEEDS).find((candidate) => candidate.toLowerCase() === name.toLowerCase());
    if (known === undefined || !this.supports(known)) return null;
    const extension = this.extensions.get(known) ?? this.makeExtension(known);
    this.extensions.set(known, extension);
    return extension;
  }

  private makeExtension(name: string): object {
    switch (name) {
      case 'EXT_color_buffer_half_float':
        return { RGBA16F_EXT: GL.RGBA16F, RGB16F_EXT: GL.RGB16F };
      case 'EXT_disjoint_timer_query_webgl2':
        return this.makeTimerExtension();
      case 'EXT_texture_filter_anisotropic':
        return { TEXTURE_MAX_ANISOTROPY_EXT: 0x84fe, MAX_TEXTURE_MAX_ANISOTROPY_EXT };
      case 'KHR_parallel_shader_compile':
        return { COMPLETION_STATUS_KHR };
      case 'WEBGL_debug_renderer_info':
        return { UNMASKED_VENDOR_WEBGL, UNMASKED_RENDERER_WEBGL };
      case 'WEBGL_lose_context':
        return this.makeLossExtension();
      default:
        return {};
    }
  }

  private makeTimerExtension(): object {
    return {
      QUERY_COUNTER_BITS_EXT: 0x8864,
      TIME_ELAPSED_EXT,
      TIMESTAMP_EXT,
      GPU_DISJOINT_EXT,
      queryCounterEXT: (query: QueryObject, target: number): void => this.recordTimestamp(query, target),
    };
  }

  /** Loss is simulated: the context stays, its calls do nothing. It does not come back; open another one. */
  private makeLossExtension(): object {
    return {
      loseContext: (): void => {
        if (this.enter()) this.lose();
        else this.fail(GL.INVALID_OPERATION);
      },
      restoreContext: (): void => this.fail(GL.INVALID_OPERATION),
    };
  }
}
