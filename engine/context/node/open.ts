/**
 * Opens a WebGL 2 context in Node from the words of `--device`: `egl`, `egl:N` (a device by number), `egl:/path` (a
 * libEGL by path) or `headless-gl`. The engine's own `reference` is no context and is not known here.
 */
import { checkObject } from '../../../base/check-argument.ts';
import { UsageError } from '../../../base/errors.ts';
import type { ContextSource } from '../source.ts';
import { openHeadlessGl } from './headless-gl.ts';
import { openEgl, type EglOptions } from './open-egl.ts';
import type { DisposableWebGL2 } from './webgl/webgl2.ts';

export interface NodeContextOptions {
  /** `egl` | `egl:N` | `egl:/path/libEGL.so` | `headless-gl` [egl]. */
  readonly source?: string;
}

/** A parsed source: headless-gl, or EGL with its options. */
export type NodeSource = { readonly kind: 'headless-gl' } | ({ readonly kind: 'egl' } & EglOptions);

/** @throws UsageError E_GL_SOURCE for words that name no source. */
export function parseSource(source: string): NodeSource {
  if (source === 'headless-gl') return { kind: 'headless-gl' };
  if (source === 'egl') return { kind: 'egl' };
  const rest = source.startsWith('egl:') ? source.slice('egl:'.length) : '';
  if (/^\d{1,4}$/.test(rest)) return { kind: 'egl', device: Number(rest) };
  if (/[/\\]/.test(rest)) return { kind: 'egl', path: rest };
  throw new UsageError(
    'E_GL_SOURCE',
    `parseSource: "${source}" names no source of a WebGL context. Known are egl, egl:N (a device by its number, see` +
      ` dalle-gl doctor), egl:/path/to/libEGL.so and headless-gl; open also takes webgl, cpu and reference.`,
  );
}

/**
 * Opens a context for the engine.
 *
 * @throws UsageError E_GL_SOURCE; ContextError as openEgl and openHeadlessGl say.
 */
export async function openNodeContext(options: NodeContextOptions = {}): Promise<ContextSource> {
  const source = parseSource(options.source ?? 'egl');
  return source.kind === 'headless-gl' ? openHeadlessGl() : openEgl(source);
}

/**
 * A WebGL 2 context with no display, for any WebGL library. Free it with `dispose`, or let `using` do so.
 *
 * @throws ContextError as openEgl says.
 */
export function createContext(options: EglOptions = {}): DisposableWebGL2 {
  checkObject('createContext', 'options', options);
  return openEgl(options).gl;
}
