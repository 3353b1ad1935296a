/**
 * The state of a context that others share: set to what our draws, uploads and readbacks need, whatever it was, and
 * left as a fresh context has it. Textures, programs, framebuffers and viewports are bound anew for every draw and not
 * here.
 */

/** Everything that could change what a draw writes, or where pixels are uploaded from and read back to. */
export function resetState(gl: WebGL2RenderingContext): void {
  gl.bindVertexArray(null);
  const switches = [
    gl.BLEND,
    gl.DEPTH_TEST,
    gl.STENCIL_TEST,
    gl.CULL_FACE,
    gl.DITHER,
    gl.POLYGON_OFFSET_FILL,
    gl.SAMPLE_ALPHA_TO_COVERAGE,
    gl.SAMPLE_COVERAGE,
    gl.RASTERIZER_DISCARD,
  ];
  for (const name of switches) gl.disable(name);
  gl.enable(gl.SCISSOR_TEST);
  gl.colorMask(true, true, true, true);
  gl.bindBuffer(gl.PIXEL_UNPACK_BUFFER, null);
  gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
  const zeros = [
    gl.UNPACK_ROW_LENGTH,
    gl.UNPACK_IMAGE_HEIGHT,
    gl.UNPACK_SKIP_ROWS,
    gl.UNPACK_SKIP_PIXELS,
    gl.UNPACK_SKIP_IMAGES,
    gl.PACK_ROW_LENGTH,
    gl.PACK_SKIP_ROWS,
    gl.PACK_SKIP_PIXELS,
  ];
  for (const name of zeros) gl.pixelStorei(name, 0);
  gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false);
  gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
  // Rows of RGBA floats are multiples of 8 bytes: any alignment up to that would do.
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 4);
  gl.pixelStorei(gl.PACK_ALIGNMENT, 4);
  forgetErrors(gl); // of contexts that lack one of these, such as headless-gl
}

/** What would surprise the next user of the context. */
export function leaveState(gl: WebGL2RenderingContext): void {
  gl.disable(gl.SCISSOR_TEST);
  gl.enable(gl.DITHER);
}

/** Errors that an earlier user of the context left are not ours. A lost context repeats its error, so not for ever. */
export function forgetErrors(gl: WebGL2RenderingContext): void {
  for (let i = 0; i < 16 && gl.getError() !== gl.NO_ERROR; i++);
}
