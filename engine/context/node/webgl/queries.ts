/**
 * Queries and fences: how long the GPU took and whether it is done. Follows WebGL 2, section 3.7.12 and 3.7.14, and
 * EXT_disjoint_timer_query_webgl2.
 */
import { lostObject } from './buffers.ts';
import { GL } from './constants.ts';
import { Draws } from './draws.ts';
import { QueryObject, SyncObject } from './objects.ts';

export const TIME_ELAPSED_EXT = 0x88bf;
export const TIMESTAMP_EXT = 0x8e28;

/** The longest wait that clientWaitSync takes, as getParameter(MAX_CLIENT_WAIT_TIMEOUT_WEBGL) tells. */
export const MAX_CLIENT_WAIT_NANOSECONDS = 1e9;

export class Queries extends Draws {
  createQuery(): QueryObject {
    if (!this.enter()) return lostObject(new QueryObject(this, 0));
    return new QueryObject(this, this.generate(this.native.glGenQueries));
  }

  isQuery(query: QueryObject | null): boolean {
    return this.isLive(query) && query!.target !== 0;
  }

  deleteQuery(query: QueryObject | null): void {
    if (this.enter() && this.retire(query)) this.native.glDeleteQueries(1, Uint32Array.of(query!.id));
  }

  beginQuery(target: number, query: QueryObject): void {
    if (!this.enter() || !this.accepts(query)) return;
    query.target = target;
    this.native.glBeginQuery(target, query.id);
  }

  endQuery(target: number): void {
    if (this.enter()) this.native.glEndQuery(target);
  }

  /** queryCounterEXT of EXT_disjoint_timer_query_webgl2. */
  protected recordTimestamp(query: QueryObject, target: number): void {
    if (!this.enter() || !this.accepts(query)) return;
    query.target = target;
    this.native.glQueryCounterEXT?.(query.id, target);
  }

  /** QUERY_RESULT in nanoseconds for timers, samples or primitives else; QUERY_RESULT_AVAILABLE as a boolean. */
  getQueryParameter(query: QueryObject, name: number): number | boolean | null {
    if (!this.enter() || !this.accepts(query)) return null;
    if (name !== GL.QUERY_RESULT && name !== GL.QUERY_RESULT_AVAILABLE) {
      this.fail(GL.INVALID_ENUM);
      return null;
    }
    const wide = query.target === TIME_ELAPSED_EXT || query.target === TIMESTAMP_EXT;
    if (wide && name === GL.QUERY_RESULT && this.native.glGetQueryObjectui64vEXT !== undefined) {
      const nanoseconds = new BigUint64Array(1);
      this.native.glGetQueryObjectui64vEXT(query.id, name, nanoseconds);
      return Number(nanoseconds[0]);
    }
    const value = new Uint32Array(1);
    this.native.glGetQueryObjectuiv(query.id, name, value);
    return name === GL.QUERY_RESULT_AVAILABLE ? value[0] !== 0 : value[0]!;
  }

  fenceSync(condition: number, flags: number): SyncObject | null {
    if (!this.enter()) return null;
    const handle = this.native.glFenceSync(condition, flags);
    return handle === null ? null : new SyncObject(this, handle);
  }

  isSync(sync: SyncObject | null): boolean {
    return this.isLive(sync);
  }

  deleteSync(sync: SyncObject | null): void {
    if (this.enter() && this.retire(sync)) this.native.glDeleteSync(sync!.handle);
  }

  /** Waits at most `timeout` nanoseconds; more than a second is refused. */
  clientWaitSync(sync: SyncObject, flags: number, timeout: number): number {
    if (!this.enter() || !this.accepts(sync)) return GL.WAIT_FAILED;
    if (timeout > MAX_CLIENT_WAIT_NANOSECONDS || timeout < 0) {
      this.fail(GL.INVALID_OPERATION);
      return GL.WAIT_FAILED;
    }
    return this.native.glClientWaitSync(sync.handle, flags, timeout);
  }

  /** Every command already waits for those before it: checked for errors, then nothing is left to do. */
  waitSync(sync: SyncObject, flags: number, timeout: number): void {
    if (!this.enter() || !this.accepts(sync)) return;
    if (flags !== 0 || timeout !== GL.TIMEOUT_IGNORED) this.fail(GL.INVALID_VALUE);
  }

  getSyncParameter(sync: SyncObject, name: number): number | null {
    if (!this.enter() || !this.accepts(sync)) return null;
    const value = new Int32Array(1);
    this.native.glGetSynciv(sync.handle, name, 1, null, value);
    return value[0]!;
  }
}
