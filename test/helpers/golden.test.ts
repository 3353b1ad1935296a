/** The goldens themselves: whole, consistent with each other, and worth comparing against. */
import { cpSync, mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { compareArrays } from './close.ts';
import { loadGolden, loadNetGolden, loadOfficialSizeGolden, loadPictureGolden } from './golden.ts';

const temporary = mkdtempSync(join(tmpdir(), 'dalle-gl-golden-'));
afterAll(() => rmSync(temporary, { recursive: true }));

/** First of equals along axis 1 of [B, V, P]. */
function findBest(logits: ArrayLike<number>, batch: number, vocabulary: number): number[] {
  const positions = logits.length / batch / vocabulary;
  return Array.from({ length: batch * positions }, (_, i) => {
    const start = Math.floor(i / positions) * vocabulary * positions + (i % positions);
    let best = 0;
    for (let v = 1; v < vocabulary; v++) {
      if (logits[start + v * positions]! > logits[start + best * positions]!) best = v;
    }
    return best;
  });
}

describe.each(['hidden-4', 'hidden-8', 'hidden-12'] as const)('golden %s', (name) => {
  const { record, array } = loadNetGolden(name);

  it.each(record.cases.map((entry) => [entry.name, entry] as const))('%s agrees with itself', (_, entry) => {
    const [batch, , height, width] = entry.shape;
    const grid = [height / 8, width / 8];
    expect(array(`${entry.name}.pixels`).shape).toEqual(entry.shape);
    const logits = array(`${entry.name}.logits.f64`);
    expect(logits.shape).toEqual([batch, record.architecture.vocab_size, ...grid]);
    const tokens = array(`${entry.name}.tokens.f64`);
    expect(tokens.shape).toEqual([batch, ...grid]);
    expect([...tokens.data]).toEqual(findBest(logits.data, batch, record.architecture.vocab_size));
    for (const key of ['logits', 'decoded', ...(entry.soft ? ['softDecoded' as const] : [])] as const) {
      const [single, double] = [array(`${entry.name}.${key}.f32`), array(`${entry.name}.${key}.f64`)];
      const { maxError } = compareArrays(single.data, double.data, 0);
      expect(maxError).toBe(entry.errors[key]!.maxError);
      expect(maxError).toBeGreaterThan(0);
    }
  });

  it('has tokens that vary', () => {
    expect(Math.max(...record.cases.map(({ distinctTokens }) => distinctTokens))).toBeGreaterThan(5);
  });
});

describe('golden folders', () => {
  it('of pictures are whole', () => {
    const emoji = loadPictureGolden();
    expect(emoji.array('strip-72x136.tokens.f32').shape).toEqual([9, 17]);
    const official = loadOfficialSizeGolden();
    expect(official.array('tokens.f64').shape).toEqual([32, 32]);
    expect(official.record.weights.encoder).toMatchObject({ tensors: 74, parameters: 53_786_240 });
    expect(official.record.weights.decoder).toMatchObject({ tensors: 76, parameters: 43_829_766 });
  });

  it('are refused when a file was changed or is missing, with the command that remakes them', () => {
    const folder = join(temporary, 'hidden-8');
    cpSync(dirname(loadNetGolden('hidden-8').path('golden.json')), folder, { recursive: true });
    const file = join(folder, '1x32x32.tokens.f64.npy');
    writeFileSync(file, 'edited');
    expect(() => loadGolden(folder)).toThrow(/tokens\.f64\.npy has SHA-256 .*make_goldens\.py/);
    unlinkSync(file);
    expect(() => loadGolden(folder)).toThrow(/tokens\.f64\.npy is missing/);
  });
});
