/**
 * TensorFlow.js 4.22 on a WebGL 2 context of ours, so that a benchmark compares programs and not drivers. Its WebGL
 * backend registers itself only in browsers; here it is told which context to use, that this is WebGL 2 with float
 * textures, and is then registered by hand under its own name with all its kernels.
 */
import * as tf from '@tensorflow/tfjs-core';
import { GPGPUContext, MathBackendWebGL, setWebGLContext } from '@tensorflow/tfjs-backend-webgl';

/** The peer: TensorFlow.js with its webgl backend active, and what it takes to stop it. */
export interface TfjsPeer {
  readonly tf: typeof tf;
  readonly version: string;
  /** Frees the backend's textures and programs; the context stays the caller's. */
  dispose(): void;
}

/** Starts TensorFlow.js on `gl`. One at a time: it keeps its backend and its context in global state. */
export async function createTfjsPeer(gl: WebGL2RenderingContext): Promise<TfjsPeer> {
  setWebGLContext(2, gl);
  tf.env().set('WEBGL_VERSION', 2);
  tf.registerBackend('webgl', () => new MathBackendWebGL(new GPGPUContext(gl)));
  if (!(await tf.setBackend('webgl'))) throw new Error('createTfjsPeer: TensorFlow.js refuses its webgl backend.');
  await tf.ready();
  return { tf, version: tf.version_core, dispose: () => tf.removeBackend('webgl') };
}
