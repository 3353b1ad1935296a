/** Sums, means and largest numbers along an axis: lines in one stretch, or four side by side. */
import { Lines, largestInLine, storeFirst, sumLine } from '../../cpu/lines.wasm';

function walkLines<Reduction>(item: i32, args: usize): void {
  const given = changetype<Lines>(args);
  const reduction = changetype<Reduction>(0);
  const end = min((item + 1) * given.each, given.units);
  const groups = (given.inner + 3) >> 2;
  const step = <usize>given.inner << 2;
  for (let unit = item * given.each; unit < end; unit++) {
    if (given.inner === 1) {
      const x = given.x + (<usize>(unit * given.size) << 2);
      f32.store(given.result + (<usize>unit << 2), reduction.line(x, given.size));
      continue;
    }
    const outer = unit / groups;
    const column = (unit - outer * groups) << 2;
    let x = given.x + (<usize>(outer * given.size * given.inner + column) << 2);
    let total = reduction.start();
    for (let at = 0; at < given.size; at++) {
      total = reduction.combine(total, v128.load(x));
      x += step;
    }
    const to = given.result + (<usize>(outer * given.inner + column) << 2);
    const numbers = reduction.finish(total, given.size);
    if (column + 4 <= given.inner) v128.store(to, numbers);
    else storeFirst(to, numbers, given.inner - column);
  }
}

class Sum {
  @inline start(): v128 {
    return f32x4.splat(0);
  }
  @inline combine(a: v128, b: v128): v128 {
    return f32x4.add(a, b);
  }
  @inline finish(total: v128, _count: i32): v128 {
    return total;
  }
  @inline line(x: usize, count: i32): f32 {
    return sumLine(x, count);
  }
}
export function sumOf(item: i32, args: usize, _scratch: usize): void {
  walkLines<Sum>(item, args);
}

class Mean {
  @inline start(): v128 {
    return f32x4.splat(0);
  }
  @inline combine(a: v128, b: v128): v128 {
    return f32x4.add(a, b);
  }
  @inline finish(total: v128, count: i32): v128 {
    return f32x4.div(total, f32x4.splat(<f32>count));
  }
  @inline line(x: usize, count: i32): f32 {
    return sumLine(x, count) / <f32>count;
  }
}
export function meanOf(item: i32, args: usize, _scratch: usize): void {
  walkLines<Mean>(item, args);
}

class Largest {
  @inline start(): v128 {
    return f32x4.splat(-Infinity);
  }
  @inline combine(a: v128, b: v128): v128 {
    return f32x4.max(a, b);
  }
  @inline finish(total: v128, _count: i32): v128 {
    return total;
  }
  @inline line(x: usize, count: i32): f32 {
    return largestInLine(x, count);
  }
}
export function maxOf(item: i32, args: usize, _scratch: usize): void {
  walkLines<Largest>(item, args);
}
