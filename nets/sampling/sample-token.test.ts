/** Draws by their definitions: full sorts, frequencies, and what must not change them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exponential } from './exponential.ts';
import { createRandom, uniformAt } from './random.ts';
import { guideLogits, logProbabilityOf, sampleToken, weighTokens } from './sample-token.ts';
import { selectPrefix } from './select-prefix.ts';

const plain = { temperature: 1, topP: 1, guidance: 1 };
/** Logits with many ties: multiples of 1/4. */
const someLogits = fc
  .array(fc.integer({ min: -40, max: 40 }), { minLength: 1, maxLength: 300 })
  .map((values) => Float32Array.from(values, (value) => value / 4));
const share = fc.double({ min: 0, max: 1, minExcluded: true, noNaN: true });

function sortTokens(logits: Float32Array): number[] {
  return [...logits.keys()].sort((a, b) => logits[b]! - logits[a]! || a - b);
}

function listKept(weights: Float64Array): number[] {
  return [...weights.keys()].filter((token) => weights[token]! > 0);
}

test('exponential is exp, to 2⁻⁵¹', () => {
  const random = createRandom(1);
  for (let run = 0; run < 20_000; run++) {
    const x = -(10 ** (6.85 * random.uniform() - 4));
    const [found, wanted] = [exponential(x), Math.exp(x)];
    // Math.exp itself may be off by an ulp.
    expect(Math.abs(found - wanted)).toBeLessThanOrEqual(2 ** -51 * wanted);
  }
  expect([0, -0, -708.001, -1e9, -Infinity].map(exponential)).toEqual([1, 1, 0, 0, 0]);
  expect(exponential(-708) / Math.exp(-708)).toBeCloseTo(1, 14);
});

describe('selectPrefix', () => {
  test('is the shortest prefix of the sorted items that weighs enough', () => {
    const items = fc.array(fc.nat(30), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(items, fc.nat(1500), (weights, extra) => {
        const compare = (a: number, b: number): number => weights[b]! - weights[a]! || a - b;
        const list = Int32Array.from(weights.keys());
        const length = selectPrefix(list, compare, (item) => weights[item]!, extra + 1);
        const sorted = [...weights.keys()].sort(compare);
        let sum = 0;
        const wanted = sorted.filter((item) => {
          const before = sum;
          sum += weights[item]!;
          return before < extra + 1;
        });
        expect([...list.subarray(0, length)].sort(compare)).toEqual(wanted);
        expect([...list].sort((a, b) => a - b)).toEqual([...weights.keys()]);
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  test('values made to be split badly take no square of time', () => {
    const length = 1 << 14;
    // Organ pipes, and a saw: the middle and both ends are low again and again.
    for (const height of [(i: number) => -Math.min(i, length - i), (i: number) => (i % 2 ? i : -i)]) {
      let comparisons = 0;
      const compare = (a: number, b: number): number => {
        comparisons++;
        return height(b) - height(a) || a - b;
      };
      expect(
        selectPrefix(
          Int32Array.from({ length }, (_, i) => i),
          compare,
          () => 1,
          length / 2,
        ),
      ).toBe(length / 2);
      expect(comparisons).toBeLessThan(80 * length);
    }
  });
});

describe('weighTokens', () => {
  test('top-k keeps exactly k, of equals the first', () => {
    fc.assert(
      fc.property(someLogits, fc.nat(299), (logits, some) => {
        const topK = 1 + (some % logits.length);
        const kept = listKept(weighTokens(Float64Array.from(logits), { ...plain, topK }));
        expect(kept).toEqual(
          sortTokens(logits)
            .slice(0, topK)
            .sort((a, b) => a - b),
        );
      }),
      { numRuns: 500, seed: 2 },
    );
  });

  test('top-p keeps the fewest that have p, after top-k', () => {
    fc.assert(
      fc.property(someLogits, fc.nat(299), share, (logits, some, topP) => {
        const topK = 1 + (some % logits.length);
        const best = sortTokens(logits).slice(0, topK);
        const masses = best.map((token) => Math.exp(logits[token]! - logits[best[0]!]!));
        const total = masses.reduce((a, b) => a + b);
        const kept = listKept(weighTokens(Float64Array.from(logits), { ...plain, topK, topP }));
        expect(kept).toEqual(best.slice(0, kept.length).sort((a, b) => a - b));
        const without = masses.slice(0, kept.length - 1).reduce((a, b) => a + b, 0);
        const slack = 1e-12 * total;
        expect(without).toBeLessThan(topP * total + slack);
        expect(without + masses[kept.length - 1]!).toBeGreaterThanOrEqual(topP * total - slack);
      }),
      { numRuns: 500, seed: 3 },
    );
  });

  test('a higher temperature never makes the likeliest token likelier', () => {
    const temperature = fc.double({ min: 0.05, max: 20, noNaN: true });
    fc.assert(
      fc.property(someLogits, temperature, temperature, (logits, one, other) => {
        const [low, high] = [one, other]
          .sort((a, b) => a - b)
          .map((value) => {
            const weights = weighTokens(Float64Array.from(logits), { ...plain, temperature: value });
            return 1 / weights.reduce((a, b) => a + b);
          });
        expect(high).toBeLessThanOrEqual(low! * (1 + 1e-12));
      }),
      { numRuns: 300, seed: 4 },
    );
  });

  test('top-k beyond the vocabulary', () => {
    expect(() => weighTokens(new Float64Array(4), { ...plain, topK: 5 })).toThrow(
      expect.objectContaining({ name: 'UsageError', code: 'E_SAMPLING' }),
    );
  });
});

describe('sampleToken', () => {
  test('draws as often as the probabilities say, with each setting', () => {
    const conditional = Float32Array.of(0.5, -1, 2, 1.25, 0, -3, 1, 0.75);
    const runs = 20_000;
    for (const settings of [plain, { ...plain, temperature: 0.7 }, { ...plain, topK: 4 }, { ...plain, topP: 0.8 }]) {
      const counts = new Float64Array(8);
      for (let run = 0; run < runs; run++) counts[sampleToken({ conditional }, settings, uniformAt(3, run)).token]!++;
      const weights = weighTokens(Float64Array.from(conditional), settings);
      const total = weights.reduce((a, b) => a + b);
      const kept = listKept(weights);
      expect(listKept(counts)).toEqual(kept);
      const chiSquare = kept.reduce((sum, token) => {
        const expected = (runs * weights[token]!) / total;
        return sum + (counts[token]! - expected) ** 2 / expected;
      }, 0);
      // At most 7 degrees of freedom: 1 in 1000 exceeds 24.3.
      expect(chiSquare).toBeLessThan(24.3);
    }
  });

  test('adding a number to all logits changes nothing', () => {
    fc.assert(
      fc.property(someLogits, fc.integer({ min: -64, max: 64 }), fc.nat(999), (conditional, shift, index) => {
        const settings = { ...plain, topP: 0.9, temperature: 0.8 };
        const uniform = uniformAt(4, index);
        const drawn = sampleToken({ conditional }, settings, uniform);
        expect(sampleToken({ conditional: conditional.map((c) => c + shift) }, settings, uniform)).toEqual(drawn);
      }),
      { numRuns: 300, seed: 5 },
    );
  });

  test('top-k 1 is the first of the likeliest, whatever the rest', () => {
    fc.assert(
      fc.property(someLogits, share, (conditional, uniform) => {
        const settings = { temperature: 3, topK: 1, topP: 0.5, guidance: 1 };
        expect(sampleToken({ conditional }, settings, uniform).token).toBe(sortTokens(conditional)[0]);
      }),
      { numRuns: 300, seed: 6 },
    );
  });

  test('a token has its share of the way, without its end', () => {
    const draw = (uniform: number): number => sampleToken({ conditional: Float32Array.of(1, 1) }, plain, uniform).token;
    expect([0, 0.5 - 2 ** -53, 0.5, 1 - 2 ** -53].map(draw)).toEqual([0, 0, 1, 1]);
  });

  test('what was left out is never drawn, at either end of the way', () => {
    fc.assert(
      fc.property(someLogits, share, fc.constantFrom(0, 1 - 2 ** -53), (conditional, topP, uniform) => {
        const settings = { ...plain, topP };
        const kept = listKept(weighTokens(Float64Array.from(conditional), settings));
        const { token } = sampleToken({ conditional }, settings, uniform);
        expect(token).toBe(uniform === 0 ? kept[0] : kept.at(-1));
      }),
      { numRuns: 300, seed: 7 },
    );
  });

  test('the log-probability is of the conditional logits alone', () => {
    const logits = { conditional: Float32Array.of(0, Math.log(3)), unconditional: Float32Array.of(5, -5) };
    const { token, logProbability } = sampleToken(logits, { temperature: 9, topK: 1, topP: 0.1, guidance: 2 }, 0.5);
    expect(token).toBe(1);
    expect(logProbability).toBeCloseTo(Math.log(0.75), 7);
    expect(logProbabilityOf(0, logits.conditional)).toBeCloseTo(Math.log(0.25), 7);
    expect(logProbabilityOf(0, Float32Array.of(1e30, -1e30))).toBe(0);
  });

  test.each([NaN, Infinity, -Infinity])('a logit of %s', (value) => {
    const [good, bad] = [Float32Array.of(0, 1), Float32Array.of(0, value)];
    const use = (logits: Parameters<typeof sampleToken>[0]) => () =>
      sampleToken(logits, { ...plain, guidance: 2 }, 0.5);
    const thrown = expect.objectContaining({ code: 'E_NOT_FINITE' });
    expect(use({ conditional: bad, unconditional: good })).toThrow(thrown);
    expect(use({ conditional: good, unconditional: bad })).toThrow(thrown);
    expect(() => sampleToken({ conditional: new Float32Array(0) }, plain, 0)).toThrow(thrown);
  });
});

describe('guidance', () => {
  const conditional = Float32Array.of(0.1, 0.7, -2);
  const unconditional = Float32Array.of(1, 0.3, 0.1);

  test('1 is the conditional logits to the bit, 0 the unconditional ones', () => {
    expect([...guideLogits({ conditional, unconditional }, 1)]).toEqual([...conditional]);
    expect([...guideLogits({ conditional }, 1)]).toEqual([...conditional]);
    expect([...guideLogits({ conditional, unconditional }, 0)]).toEqual([...unconditional]);
  });

  test('3 goes twice the way from c further on', () => {
    const guided = guideLogits({ conditional, unconditional }, 3);
    conditional.forEach((c, token) => expect(guided[token]).toBeCloseTo(3 * c - 2 * unconditional[token]!, 12));
  });

  test('needs as many of both', () => {
    expect(() => guideLogits({ conditional }, 2)).toThrow(expect.objectContaining({ code: 'E_SAMPLING' }));
    expect(() => guideLogits({ conditional, unconditional: new Float32Array(2) }, 2)).toThrow(
      expect.objectContaining({ code: 'E_SHAPE' }),
    );
  });
});
