/**
 * Ops on every element by itself: their formulas, each a class without fields, of which generics make a function
 * (elements.wasm.ts).
 */
import { roundToHalf4 } from '../../cast/cpu/halves.wasm';
import { Elements, walkOne, walkTwo } from './elements.wasm';
import { all, erf4, exp4, gelu4, geluTanh4, log4, quickGelu4, sigmoid4, silu4, tanh4 } from './functions.wasm';

class Add {
  @inline apply(_given: Elements, a: v128, b: v128): v128 {
    return f32x4.add(a, b);
  }
}
export function addNumbers(item: i32, args: usize, scratch: usize): void {
  walkTwo<Add>(item, args, scratch);
}

class Subtract {
  @inline apply(_given: Elements, a: v128, b: v128): v128 {
    return f32x4.sub(a, b);
  }
}
export function subtractNumbers(item: i32, args: usize, scratch: usize): void {
  walkTwo<Subtract>(item, args, scratch);
}

class Multiply {
  @inline apply(_given: Elements, a: v128, b: v128): v128 {
    return f32x4.mul(a, b);
  }
}
export function multiplyNumbers(item: i32, args: usize, scratch: usize): void {
  walkTwo<Multiply>(item, args, scratch);
}

class Divide {
  @inline apply(_given: Elements, a: v128, b: v128): v128 {
    return f32x4.div(a, b);
  }
}
export function divideNumbers(item: i32, args: usize, scratch: usize): void {
  walkTwo<Divide>(item, args, scratch);
}

class ScaleAdd {
  @inline apply(given: Elements, id: v128, res: v128): v128 {
    return f32x4.add(id, f32x4.mul(all(given.first), res));
  }
}
export function scaleAdd(item: i32, args: usize, scratch: usize): void {
  walkTwo<ScaleAdd>(item, args, scratch);
}

class Relu {
  @inline apply(_given: Elements, x: v128): v128 {
    return f32x4.pmax(x, all(0));
  }
}
export function reluOf(item: i32, args: usize, _scratch: usize): void {
  walkOne<Relu>(item, args);
}

class Clamp {
  @inline apply(given: Elements, x: v128): v128 {
    return f32x4.pmin(f32x4.pmax(x, all(given.first)), all(given.second));
  }
}
export function clampNumbers(item: i32, args: usize, _scratch: usize): void {
  walkOne<Clamp>(item, args);
}

class Exp {
  @inline apply(_given: Elements, x: v128): v128 {
    return exp4(x);
  }
}
export function expOf(item: i32, args: usize, _scratch: usize): void {
  walkOne<Exp>(item, args);
}

class Log {
  @inline apply(_given: Elements, x: v128): v128 {
    return log4(x);
  }
}
export function logOf(item: i32, args: usize, _scratch: usize): void {
  walkOne<Log>(item, args);
}

class Tanh {
  @inline apply(_given: Elements, x: v128): v128 {
    return tanh4(x);
  }
}
export function tanhOf(item: i32, args: usize, _scratch: usize): void {
  walkOne<Tanh>(item, args);
}

class Sigmoid {
  @inline apply(_given: Elements, x: v128): v128 {
    return sigmoid4(x);
  }
}
export function sigmoidOf(item: i32, args: usize, _scratch: usize): void {
  walkOne<Sigmoid>(item, args);
}

class Erf {
  @inline apply(_given: Elements, x: v128): v128 {
    return erf4(x);
  }
}
export function erfOf(item: i32, args: usize, _scratch: usize): void {
  walkOne<Erf>(item, args);
}

class Gelu {
  @inline apply(_given: Elements, x: v128): v128 {
    return gelu4(x);
  }
}
export function geluOf(item: i32, args: usize, _scratch: usize): void {
  walkOne<Gelu>(item, args);
}

class GeluTanh {
  @inline apply(_given: Elements, x: v128): v128 {
    return geluTanh4(x);
  }
}
export function geluTanhOf(item: i32, args: usize, _scratch: usize): void {
  walkOne<GeluTanh>(item, args);
}

class Silu {
  @inline apply(_given: Elements, x: v128): v128 {
    return silu4(x);
  }
}
export function siluOf(item: i32, args: usize, _scratch: usize): void {
  walkOne<Silu>(item, args);
}

class QuickGelu {
  @inline apply(_given: Elements, x: v128): v128 {
    return quickGelu4(x);
  }
}
export function quickGeluOf(item: i32, args: usize, _scratch: usize): void {
  walkOne<QuickGelu>(item, args);
}

class RoundToHalf {
  @inline apply(_given: Elements, x: v128): v128 {
    return roundToHalf4(x);
  }
}
export function castToHalf(item: i32, args: usize, _scratch: usize): void {
  walkOne<RoundToHalf>(item, args);
}

class WholeToFloat {
  @inline apply(_given: Elements, x: v128): v128 {
    return f32x4.convert_i32x4_s(x);
  }
}
export function wholeToFloat(item: i32, args: usize, _scratch: usize): void {
  walkOne<WholeToFloat>(item, args);
}

class WholeToHalf {
  @inline apply(_given: Elements, x: v128): v128 {
    return roundToHalf4(f32x4.convert_i32x4_s(x));
  }
}
export function wholeToHalf(item: i32, args: usize, _scratch: usize): void {
  walkOne<WholeToHalf>(item, args);
}

class Same {
  @inline apply(_given: Elements, x: v128): v128 {
    return x;
  }
}
export function copyNumbers(item: i32, args: usize, _scratch: usize): void {
  walkOne<Same>(item, args);
}
