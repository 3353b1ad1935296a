/**
 * A WebGL 2 context together with where it came from. Everything that opens one (browser, EGL, headless-gl, the
 * caller) hands it over in this form. Pure: no Node, no DOM at run time.
 */

export interface ContextSource {
  readonly gl: WebGL2RenderingContext;
  readonly kind: 'egl' | 'headless-gl' | 'browser' | 'caller';
  /** One line for people: the renderer and how it was reached. */
  readonly description: string;
  /** Whether a CPU plays the GPU; undefined where nobody tells. */
  readonly software: boolean | undefined;
  /** Frees the context where it is ours to free. Idempotent. */
  dispose(): void;
}
