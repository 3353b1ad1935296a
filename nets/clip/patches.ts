/** Pictures cut into patches. It costs what copying them costs, so it needs no convolution with strides. */

/** Pixels [B, 3, S, S] → patches [B·G·G, 3·P·P], G = S / P, in raster order, each a plane a channel. */
export function cutPatches(pixels: Float32Array, size: number, patch: number): Float32Array {
  const grid = size / patch;
  const pictures = pixels.length / (3 * size * size);
  const patches = new Float32Array(pixels.length);
  let to = 0;
  for (let b = 0; b < pictures; b++) {
    for (let place = 0; place < grid * grid; place++) {
      const corner = Math.floor(place / grid) * patch * size + (place % grid) * patch;
      for (let channel = 0; channel < 3; channel++) {
        const plane = (b * 3 + channel) * size * size + corner;
        for (let y = 0; y < patch; y++, to += patch) {
          patches.set(pixels.subarray(plane + y * size, plane + y * size + patch), to);
        }
      }
    }
  }
  return patches;
}
