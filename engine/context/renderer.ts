/** What a context says of the machine behind it. Pure. */

/** Names that software rasterisers give themselves, in drivers and in browsers. */
const SOFTWARE_RENDERER = /llvmpipe|softpipe|swrast|swiftshader|software|basic render/i;

/** Whether a renderer's name is that of a known software rasteriser. */
export const isSoftwareRenderer = (name: string): boolean => SOFTWARE_RENDERER.test(name);

/** The renderer's name as far as the context tells. */
export function describeRenderer(gl: WebGL2RenderingContext): string {
  const debug = gl.getExtension('WEBGL_debug_renderer_info');
  return String(gl.getParameter(debug?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER) ?? 'unknown renderer');
}
