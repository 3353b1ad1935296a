/** What a context says of the machine behind it. Pure. */

/** Names that software rasterisers give themselves, in drivers and in browsers. */
const SOFTWARE_RENDERER = /llvmpipe|softpipe|swrast|swiftshader|lavapipe|\bwarp\b|software|basic render/i;

/** Names of makers of GPUs, and of GPUs that do not name theirs. */
const HARDWARE_RENDERER =
  /nvidia|geforce|quadro|tesla|nouveau|\bNV[0-9A-F]{2,3}\b|\bamd\b|radeon|\bati\b|intel|apple|adreno|mali|panfrost|powervr|videocore|\bV3D\b|vivante|freedreno/i;

/** Whether a renderer's name is that of a known software rasteriser. */
export const isSoftwareRenderer = (name: string): boolean => SOFTWARE_RENDERER.test(name);

/** Who computes, as far as the name tells: browsers may hide it. */
export type RendererKind = 'software' | 'hardware' | 'unknown';

/** What a renderer's name tells. A rasteriser may name the GPU that it stands for, so its own name counts first. */
export function classifyRenderer(name: string): RendererKind {
  if (isSoftwareRenderer(name)) return 'software';
  return HARDWARE_RENDERER.test(name) ? 'hardware' : 'unknown';
}

/** The renderer's name as far as the context tells. */
export function describeRenderer(gl: WebGL2RenderingContext): string {
  const debug = gl.getExtension('WEBGL_debug_renderer_info');
  return String(gl.getParameter(debug?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER) ?? 'unknown renderer');
}
