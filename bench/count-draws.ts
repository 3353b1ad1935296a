/** How many draw calls some work makes on a context, whoever makes them. */

export async function countDraws(gl: WebGL2RenderingContext, work: () => Promise<unknown>): Promise<number> {
  let draws = 0;
  const { drawArrays, drawElements } = gl;
  gl.drawArrays = (...given) => {
    draws++;
    drawArrays.apply(gl, given);
  };
  gl.drawElements = (...given) => {
    draws++;
    drawElements.apply(gl, given);
  };
  try {
    await work();
  } finally {
    Object.assign(gl, { drawArrays, drawElements });
  }
  return draws;
}
