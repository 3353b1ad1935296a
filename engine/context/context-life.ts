/**
 * One life of a context: from when it was taken until it is lost. A page may get the same context back, empty, and what
 * was made or found out in one life is of no use in the next. Follows WebGL 1, section 5.15 (lost and restored
 * contexts). Pure: no Node, no DOM at run time.
 */
import { ContextError } from '../../base/errors.ts';

interface Losses {
  count: number;
}

/** How often each context was lost. A browser tells before it gives one back, and by then we have listened. */
const losses = new WeakMap<WebGL2RenderingContext, Losses>();

function lossesOf(gl: WebGL2RenderingContext): Losses {
  const known = losses.get(gl);
  if (known) return known;
  const counted: Losses = { count: 0 };
  losses.set(gl, counted);
  // Contexts outside a browser have no canvas; those are never given back.
  const canvas: Partial<EventTarget> | undefined = gl.canvas;
  canvas?.addEventListener?.('webglcontextlost', () => void counted.count++);
  return counted;
}

export class ContextLife {
  private readonly gl: WebGL2RenderingContext;
  private readonly losses: Losses;
  private readonly lossesBefore: number;
  private lost = false;

  constructor(gl: WebGL2RenderingContext) {
    this.gl = gl;
    this.losses = lossesOf(gl);
    this.lossesBefore = this.losses.count;
  }

  /** Whether the context was lost since, though it may have been given back. Once true, always true. */
  get isOver(): boolean {
    this.lost ||= this.losses.count !== this.lossesBefore || this.gl.isContextLost();
    return this.lost;
  }

  /** For who hears of the loss first: `getError` says CONTEXT_LOST_WEBGL, once. */
  end(): void {
    this.lost = true;
  }

  /** Throws ContextError `E_GL_LOST` once it is over. */
  check(during: string): void {
    if (!this.isOver) return;
    throw new ContextError(
      'E_GL_LOST',
      `${during}: the WebGL context was lost (driver reset, too little memory, or a tab in the background). ` +
        'Numbers on the device are gone: open a device again and repeat.',
    );
  }
}
