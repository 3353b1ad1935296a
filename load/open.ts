/** Opens a device where there is no Node: on a context of yours, on your canvas, or on a canvas of its own. */
import { checkObject } from '../base/check-argument.ts';
import { openBrowserContext, type BrowserContextOptions } from '../engine/context/browser.ts';
import { wrapContext } from '../engine/context/caller.ts';
import { WebGLDevice, type DeviceOptions } from '../engine/index.ts';

/** Where a device gets its context, and how it computes. */
export interface OpenOptions extends DeviceOptions, BrowserContextOptions {
  /** A WebGL 2 context of yours; it stays yours when the device is disposed. */
  readonly gl?: WebGL2RenderingContext;
}

/**
 * Opens a device on your context, on your canvas, or on one of its own.
 *
 * @throws ContextError `E_GL_*` when there is no context, or one that cannot compute in float32
 */
export async function open(options: OpenOptions = {}): Promise<WebGLDevice> {
  checkObject('open', 'options', options);
  const { gl, canvas, ...rest } = options;
  const source = gl !== undefined ? wrapContext(gl) : openBrowserContext(canvas !== undefined ? { canvas } : {});
  try {
    return new WebGLDevice(source, rest);
  } catch (error) {
    source.dispose();
    throw error;
  }
}
