/**
 * pack_weights for the CPU: a weight [O, I, KH, KW] as panels [⌈O/4⌉, I·KH·KW, 4], of four output channels each. Rows
 * of a last panel that there are no channels for are zeros. An item is a panel.
 */
import { narrow } from '../../cpu/panels.wasm';

@unmanaged
class PackWeightsArgs {
  weight!: usize;
  panels!: usize;
  outChannels!: i32;
  /** I · KH · KW. */
  inner!: i32;
  /** Of a number of the weight and of the panels: 4, or 2 for halves. */
  weightBytes!: i32;
  panelBytes!: i32;
}

export function pack_weights(item: i32, args: usize, _scratch: usize): void {
  const a = changetype<PackWeightsArgs>(args);
  const inner = a.inner;
  const first = item * 4;
  for (let row = 0; row < 4; row++) {
    const isGiven = first + row < a.outChannels;
    const start = <usize>(first + row) * inner;
    const into = <usize>first * inner + row;
    if (a.weightBytes === 2) {
      let to = a.panels + (into << 1);
      let from = a.weight + (start << 1);
      for (let k = 0; k < inner; k++, to += 8, from += 2) store<u16>(to, isGiven ? load<u16>(from) : <u16>0);
    } else if (a.panelBytes === 2) {
      let to = a.panels + (into << 1);
      let from = a.weight + (start << 2);
      for (let k = 0; k < inner; k++, to += 8, from += 4) store<u16>(to, isGiven ? narrow(load<f32>(from)) : <u16>0);
    } else {
      let to = a.panels + (into << 2);
      let from = a.weight + (start << 2);
      for (let k = 0; k < inner; k++, to += 16, from += 4) store<f32>(to, isGiven ? load<f32>(from) : <f32>0);
    }
  }
}
