/** Pixels along each side of a token: the encoder halves the picture three times, the decoder doubles it as often. */
export const patch = 8;
