/** What the kernels of arg-max are told, and what its ops and kernels agree upon. */

export interface ArgmaxAttributes {
  readonly axis: number;
}

/** Channel quads in a chunk of `channel_best`: what one fragment looks through. */
export const chunkQuads = 16;
