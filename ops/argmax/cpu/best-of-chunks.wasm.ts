/** Of each pixel the best of its chunks: the first of equals, -1 where a chunk met a NaN. Four pixels at a time. */

@unmanaged
class Chunks {
  /** [B, 4·chunks, H, W]: of each chunk the best value, its channel, and two maps of zeros. */
  chunks: usize;
  result: usize;
  count: i32;
  pixels: i32;
  /** Groups of four pixels of all pictures, and how many an item looks at. */
  units: i32;
  each: i32;
}

export function bestOfChunks(item: i32, args: usize, _scratch: usize): void {
  const given = changetype<Chunks>(args);
  const pixels = given.pixels;
  const map = <usize>pixels << 2;
  const groups = (pixels + 3) >> 2;
  const end = min((item + 1) * given.each, given.units);
  for (let unit = item * given.each; unit < end; unit++) {
    const picture = unit / groups;
    const pixel = (unit - picture * groups) << 2;
    let from = given.chunks + <usize>(picture * given.count * 4) * map + (<usize>pixel << 2);
    let best = f32x4.splat(-Infinity);
    let found = f32x4.splat(0);
    let spoilt = i32x4.splat(0);
    for (let chunk = 0; chunk < given.count; chunk++) {
      const value = v128.load(from);
      const channel = v128.load(from + map);
      const isBetter = f32x4.gt(value, best);
      best = v128.bitselect(value, best, isBetter);
      found = v128.bitselect(channel, found, isBetter);
      spoilt = v128.or(spoilt, f32x4.lt(channel, f32x4.splat(0)));
      from += 4 * map;
    }
    const channels = v128.or(i32x4.trunc_sat_f32x4_s(found), spoilt);
    const to = given.result + (<usize>(picture * pixels + pixel) << 2);
    if (pixel + 4 <= pixels) v128.store(to, channels);
    else {
      i32.store(to, i32x4.extract_lane(channels, 0));
      if (pixel + 1 < pixels) i32.store(to, i32x4.extract_lane(channels, 1), 4);
      if (pixel + 2 < pixels) i32.store(to, i32x4.extract_lane(channels, 2), 8);
    }
  }
}
