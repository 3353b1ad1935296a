/**
 * AdamW: the moments of a gradient, and a step of weights. Multiplications and additions follow the loops of adam.ts,
 * each rounded to fp32.
 */
import { storeFirst } from '../../cpu/lines.wasm';
import { Elements, walkOne } from '../../elementwise/cpu/elements.wasm';

class ClipScale {
  @inline apply(given: Elements, squares: v128): v128 {
    const scales = f32x4.div(f32x4.splat(given.first), f32x4.add(f32x4.sqrt(squares), f32x4.splat(1e-6)));
    const isFinite = f32x4.eq(f32x4.sub(squares, squares), f32x4.splat(0));
    return v128.bitselect(f32x4.pmin(f32x4.splat(1), scales), f32x4.splat(-1), isFinite);
  }
}
export function clipScale(item: i32, args: usize, _scratch: usize): void {
  walkOne<ClipScale>(item, args);
}

/** The arguments of both moments, as `adam.ts` lays them. */
@unmanaged
class Moments {
  total: i32;
  each: i32;
  result: usize;
  moment: usize;
  gradient: usize;
  scale: usize;
  beta: f32;
  rest: f32;
}

function walkMoments(item: i32, args: usize, isSecond: bool): void {
  const given = changetype<Moments>(args);
  const start = item * given.each;
  const count = min(given.each, given.total - start);
  const scale = load<f32>(given.scale);
  const stays = scale < 0;
  const scales = f32x4.splat(scale);
  const betas = f32x4.splat(given.beta);
  const rests = f32x4.splat(given.rest);
  for (let at = 0; at < count; at += 4) {
    const place = <usize>(start + at) << 2;
    let moment = v128.load(given.moment + place);
    if (!stays) {
      const scaled = f32x4.mul(v128.load(given.gradient + place), scales);
      const part = isSecond ? f32x4.mul(scaled, scaled) : scaled;
      moment = f32x4.add(f32x4.mul(betas, moment), f32x4.mul(rests, part));
    }
    if (count - at < 4) storeFirst(given.result + place, moment, count - at);
    else v128.store(given.result + place, moment);
  }
}

export function firstMoment(item: i32, args: usize, _scratch: usize): void {
  walkMoments(item, args, false);
}

export function secondMoment(item: i32, args: usize, _scratch: usize): void {
  walkMoments(item, args, true);
}

/** The arguments of a step. */
@unmanaged
class Step {
  rows: i32;
  each: i32;
  columns: i32;
  result: usize;
  p: usize;
  m: usize;
  v: usize;
  decays: usize;
  rate: usize;
  first: usize;
  second: usize;
  scale: usize;
  epsilon: f32;
  decay: f32;
}

export function adamStep(item: i32, args: usize, _scratch: usize): void {
  const given = changetype<Step>(args);
  const columns = given.columns;
  const last = min((item + 1) * given.each, given.rows);
  const rate = load<f32>(given.rate);
  const rates = f32x4.splat(rate * load<f32>(given.first));
  const seconds = f32x4.splat(load<f32>(given.second));
  const epsilons = f32x4.splat(given.epsilon);
  const stays = load<f32>(given.scale) < 0;
  for (let row = item * given.each; row < last; row++) {
    const kept = f32x4.splat(<f32>1 - rate * given.decay * load<f32>(given.decays + (<usize>row << 2)));
    for (let column = 0; column < columns; column += 4) {
      const place = <usize>(row * columns + column) << 2;
      let p = v128.load(given.p + place);
      if (!stays) {
        const below = f32x4.add(f32x4.sqrt(f32x4.mul(v128.load(given.v + place), seconds)), epsilons);
        p = f32x4.sub(f32x4.mul(p, kept), f32x4.div(f32x4.mul(rates, v128.load(given.m + place)), below));
      }
      if (columns - column < 4) storeFirst(given.result + place, p, columns - column);
      else v128.store(given.result + place, p);
    }
  }
}
