/** What the stages of winograd_conv2d (winograd-conv2d.wasm.ts) are told about the call. */

@unmanaged
export class WinogradArgs {
  x!: usize;
  strips!: usize;
  bias!: usize;
  residual!: usize;
  output!: usize;
  inChannels!: i32;
  outChannels!: i32;
  height!: i32;
  width!: i32;
  relu!: i32;
  gain!: f32;
  residualScale!: i32;
  /** Pixels that a tile gives along a side: 4 or 2. */
  outputs!: i32;
  /** Of an item: quads, and output channels, a multiple of 8. */
  quads!: i32;
  channels!: i32;
  /** Input channels that are added up at once. */
  part!: i32;
}
