/// <reference lib="esnext.disposable" preserve="true" />
/**
 * Names of the platform that our declarations mention, for programs that are compiled without `lib.dom` or the types of
 * Node: with this file they exist there. Where a library declares them, its declarations and these are one (TypeScript
 * merges interfaces of one name), so nothing here may say more than every version of those does.
 *
 * Types only: at run time this file is empty, and an import of it is there for the declarations.
 */

/** Bytes that share no memory, as a Blob wants them: `Uint8Array<ArrayBuffer>`, which TypeScript 5.4 cannot read. */
export type UnsharedBytes = ReturnType<Uint8ArrayConstructor['of']>;

declare global {
  interface AbortSignal {
    readonly aborted: boolean;
  }
  interface Blob {
    readonly size: number;
    readonly type: string;
  }
  interface URL {
    href: string;
  }
  interface Response {
    readonly ok: boolean;
  }
  interface OffscreenCanvas {
    width: number;
    height: number;
  }
  interface HTMLCanvasElement {
    width: number;
    height: number;
  }
  /* eslint-disable @typescript-eslint/no-namespace -- what a library has in one can be said in no other way */
  // Their members are inherited in lib.dom, and none may be declared here again.
  /* eslint-disable @typescript-eslint/no-empty-object-type */
  interface WebGL2RenderingContext {}
  interface WebGLProgram {}
  interface WebGLTexture {}
  interface WebGLFramebuffer {}
  interface WebGLUniformLocation {}
  namespace NodeJS {
    interface ReadableStream {
      readable: boolean;
    }
    interface WritableStream {
      writable: boolean;
    }
  }
  namespace WebAssembly {
    interface Module {}
  }
  /* eslint-enable @typescript-eslint/no-empty-object-type */
  /* eslint-enable @typescript-eslint/no-namespace */
}
