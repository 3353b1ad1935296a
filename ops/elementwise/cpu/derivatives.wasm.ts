/** The formulas of ../derivatives.ts: a cotangent and where it goes through a function. */
import { Elements, walkTwo } from './elements.wasm';
import { all, exp4, scaledErfc } from './functions.wasm';

// @ts-ignore: decorator
@inline
function bound(x: v128, most: f32): v128 {
  return f32x4.pmin(f32x4.pmax(x, all(-most)), all(most));
}

class SelectPositive {
  @inline apply(_given: Elements, cotangent: v128, x: v128): v128 {
    return v128.andnot(cotangent, f32x4.le(x, all(0)));
  }
}
export function selectPositive(item: i32, args: usize, scratch: usize): void {
  walkTwo<SelectPositive>(item, args, scratch);
}

class SelectWithin {
  @inline apply(given: Elements, cotangent: v128, x: v128): v128 {
    return v128.and(cotangent, v128.and(f32x4.ge(x, all(given.first)), f32x4.le(x, all(given.second))));
  }
}
export function selectWithin(item: i32, args: usize, scratch: usize): void {
  walkTwo<SelectWithin>(item, args, scratch);
}

class GeluByX {
  @inline apply(_given: Elements, cotangent: v128, x: v128): v128 {
    const bounded = bound(x, 14);
    const t = f32x4.abs(bounded);
    const power = exp4(f32x4.mul(f32x4.mul(t, all(-0.5)), t));
    const tail = f32x4.mul(f32x4.mul(power, all(0.5)), scaledErfc(f32x4.mul(t, all(0.707106781))));
    const below = v128.bitselect(tail, f32x4.sub(all(1), tail), f32x4.lt(bounded, all(0)));
    const density = f32x4.mul(f32x4.mul(bounded, power), all(0.39894228));
    return f32x4.mul(cotangent, f32x4.add(below, density));
  }
}
export function geluByX(item: i32, args: usize, scratch: usize): void {
  walkTwo<GeluByX>(item, args, scratch);
}

class GeluTanhByX {
  @inline apply(_given: Elements, cotangent: v128, x: v128): v128 {
    const bounded = bound(x, 10);
    const square = f32x4.mul(bounded, bounded);
    const inner = f32x4.sub(all(-1.59576912), f32x4.mul(all(7.13548163e-2), square));
    const power = exp4(f32x4.mul(bounded, inner));
    const share = f32x4.div(all(1), f32x4.add(all(1), power));
    const slope = f32x4.add(all(1.59576912), f32x4.mul(all(2.14064449e-1), square));
    const turn = f32x4.mul(f32x4.mul(f32x4.mul(bounded, share), f32x4.mul(power, share)), slope);
    return f32x4.mul(cotangent, f32x4.add(share, turn));
  }
}
export function geluTanhByX(item: i32, args: usize, scratch: usize): void {
  walkTwo<GeluTanhByX>(item, args, scratch);
}

class SiluByX {
  @inline apply(given: Elements, cotangent: v128, x: v128): v128 {
    const bounded = bound(f32x4.mul(x, all(given.first)), 80);
    const power = exp4(f32x4.neg(bounded));
    const share = f32x4.div(all(1), f32x4.add(all(1), power));
    const turn = f32x4.mul(bounded, f32x4.mul(power, share));
    return f32x4.mul(cotangent, f32x4.mul(share, f32x4.add(all(1), turn)));
  }
}
export function siluByX(item: i32, args: usize, scratch: usize): void {
  walkTwo<SiluByX>(item, args, scratch);
}
