/**
 * Keeps the work handed to the driver in portions of bounded time, so that no watchdog fires, a page stays alive and a
 * run can be stopped: draws are cut into bands, and after each portion the run waits until the portion before it is
 * done. How much fits a portion is learnt from the portions themselves, so no device is known by name.
 *
 * Work is counted in texture reads, which is what the shaders cost (bench/README.md).
 */
import { giveTurn } from '../../base/give-turn.ts';
import { ContextLife } from '../context/context-life.ts';
import { screenSquare } from './layout.ts';

/** Slow enough that the first portion is short on every device; the first measurement replaces it. */
const cautiousNanoseconds = 3;

/**
 * A portion may grow by this factor over the one before: one measurement distorted by a stall must not cost seconds.
 */
const mostGrowth = 8;

/** Software rasterisers compute squares of 4×4 texels, whether a band takes all of one or not. */
const stampSide = 4;

/** Texels across and down a band. */
interface Band {
  readonly width: number;
  readonly height: number;
}

/**
 * The largest band of about `texels` at the top of what is left of a region: whole squares high where that is possible,
 * else whole stamps. Where not even four rows fit, a part of four rows that two threads can share, though that may be
 * too much.
 */
export function chooseBand({ width, height }: Band, texels: number): Band {
  const rows = Math.floor(texels / width);
  if (rows >= height) return { width, height };
  if (rows >= stampSide) return { width, height: rows - (rows % (rows >= screenSquare ? screenSquare : stampSide)) };
  const columns = Math.floor(texels / stampSide / screenSquare) * screenSquare;
  return { width: Math.min(width, Math.max(columns, 2 * screenSquare)), height: Math.min(height, stampSide) };
}

export class Pacer {
  private readonly gl: WebGL2RenderingContext;
  private readonly life: ContextLife;
  private readonly milliseconds: number;
  private fetchesPerPortion: number;
  private pending = 0;
  private last: { fence: WebGLSync | null; fetches: number } | undefined;
  private lastDone = performance.now();

  /** `milliseconds`: the time that a portion should take. */
  constructor(gl: WebGL2RenderingContext, milliseconds: number) {
    this.gl = gl;
    this.life = new ContextLife(gl);
    this.milliseconds = milliseconds;
    this.fetchesPerPortion = (milliseconds * 1e6) / cautiousNanoseconds;
  }

  /** A band of what is left of a region, such that it fits one portion. */
  nextBand(left: Band, fetchesPerTexel: number): Band {
    return chooseBand(left, this.fetchesPerPortion / Math.max(1, fetchesPerTexel));
  }

  /** Notes work handed to the driver. True when it is time to wait. */
  add(fetches: number): boolean {
    this.pending += fetches;
    return this.pending >= this.fetchesPerPortion;
  }

  /** Closes this portion and waits until the one before it is done: the driver always has one in hand. */
  async pause(): Promise<void> {
    const { gl } = this;
    const closed = { fence: gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0), fetches: this.pending };
    this.pending = 0;
    gl.flush();
    const before = this.last;
    this.last = closed;
    if (before) await this.waitFor(before);
    else await giveTurn();
  }

  /** Forgets what is under way: called at the start of a run, when the device has been idle for any time. */
  restart(): void {
    if (this.last && !this.life.isOver) this.gl.deleteSync(this.last.fence);
    this.last = undefined;
    this.pending = 0;
    this.lastDone = performance.now();
  }

  private async waitFor({ fence, fetches }: { fence: WebGLSync | null; fetches: number }): Promise<void> {
    const { gl } = this;
    do await giveTurn();
    while (!this.isSignalled(fence));
    if (!this.life.isOver) gl.deleteSync(fence);
    const now = performance.now();
    const took = Math.max(0.1, now - this.lastDone);
    this.lastDone = now;
    const fitting = (fetches * this.milliseconds) / took;
    this.fetchesPerPortion = Math.min(fitting, this.fetchesPerPortion * mostGrowth);
  }

  /** A lost context signals nothing ever again; the next call then finds out that it is lost. */
  private isSignalled(fence: WebGLSync | null): boolean {
    if (!fence || this.life.isOver) return true;
    return this.gl.clientWaitSync(fence, 0, 0) !== this.gl.TIMEOUT_EXPIRED;
  }
}
