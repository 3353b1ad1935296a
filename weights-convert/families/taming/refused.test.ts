/** What is no VQGAN, or no whole one: each refused with the tensor that says so. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DalleError } from '../../../base/errors.ts';
import type { Weights } from '../../../nets/weights.ts';
import { loadVqganGolden } from '../../../test/helpers/golden.ts';
import { BOTH, kinds, listTiny, writeShapes, type Shapes } from '../../../test/helpers/vqgan-checkpoints.ts';
import { sourceFromBytes } from '../../byte-source.ts';
import { openCheckpoint } from '../../open-weights.ts';

const golden = loadVqganGolden();

describe('what is no such net', () => {
  const refused = async (shapes: Shapes): Promise<unknown> =>
    openCheckpoint(await writeShapes(shapes)).then(
      (weights) => kinds(weights),
      (error: unknown) => error,
    );

  test('any tensor missing is told by its name', async () => {
    for (const missing of listTiny().keys()) {
      const shapes = listTiny();
      shapes.delete(missing);
      const error = await refused(shapes);
      expect(error, missing).toBeInstanceOf(DalleError);
      const { code, message } = error as DalleError;
      expect(['E_KEYS_MISSING', 'E_KEYS_EXTRA', 'E_NET_UNSUPPORTED', 'E_ARCHITECTURE'], missing).toContain(code);
      expect(message, missing).toMatch(/vqgan-|VQGAN/);
      const stem = missing.replace(/\.(weight|bias)$/, '');
      expect(message, missing).toContain(stem);
    }
  }, 60_000);

  test('any tensor of another shape is told', async () => {
    for (const [name, shape] of listTiny()) {
      const shapes = listTiny().set(name, [...shape.slice(0, -1), shape.at(-1)! + 1]);
      const error = await refused(shapes);
      expect(error, name).toBeInstanceOf(DalleError);
      expect((error as DalleError).code, name).toMatch(/^E_(KEYS_\w+|ARCHITECTURE)$/);
    }
  }, 60_000);

  test.each<[string, string, RegExp, (shapes: Shapes) => void]>([
    ['a tensor too many', 'E_KEYS_EXTRA', /encoder\.extra/, (s) => s.set('encoder.extra', [1])],
    ['codes that are numbered anew', 'E_NET_UNSUPPORTED', /quantize\.used/, (s) => s.set('quantize.used', [4])],
    ['no codebook', 'E_NET_UNSUPPORTED', /no codebook.*Stable Diffusion/, (s) => s.delete('quantize.embedding.weight')],
    [
      'a width that is no multiple of 32',
      'E_ARCHITECTURE',
      /24 channels/,
      (s) => s.set('encoder.down.0.block.0.conv1.weight', [24, 32, 3, 3]),
    ],
    [
      'a width that is no multiple of ch',
      'E_ARCHITECTURE',
      /multiples of 96/,
      (s) => s.set('encoder.conv_in.weight', [96, 3, 3, 3]),
    ],
    ['a kernel of two axes', 'E_ARCHITECTURE', /shape \[32, 3\]/, (s) => s.set('encoder.conv_in.weight', [32, 3])],
    [
      'nine levels',
      'E_ARCHITECTURE',
      /at most 8/,
      (s) => {
        for (let level = 2; level < 9; level++) s.set(`encoder.down.${level}.block.0.conv1.weight`, [64, 64, 1, 1]);
      },
    ],
    [
      'an encoder without a beginning',
      'E_KEYS_MISSING',
      /encoder\.conv_in\.weight is missing/,
      (s) => s.delete('encoder.conv_in.weight'),
    ],
    [
      'a decoder without one',
      'E_KEYS_MISSING',
      /decoder\.conv_in\.weight is missing/,
      (s) => s.delete('decoder.conv_in.weight'),
    ],
  ])('%s is refused', async (_, code, message, spoil) => {
    const shapes = listTiny();
    spoil(shapes);
    expect(await refused(shapes)).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('two of them in one dictionary are not guessed between', async () => {
    const error = await refused(new Map([...listTiny('a.'), ...listTiny('b.')]));
    expect(error).toMatchObject({ code: 'E_ARCHITECTURE', message: expect.stringContaining('"a." and "b."') });
  });

  test('any one byte changed is read or refused', async () => {
    const original = readFileSync(golden.path(golden.record.cases[0]!.files.checkpoint));
    let refusals = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(40_000), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const bytes = Uint8Array.from(original);
        bytes[at]! ^= change;
        const outcome = await openCheckpoint(sourceFromBytes(bytes, 'x')).catch((error: unknown) => error);
        if (outcome instanceof DalleError) refusals++;
        else expect(kinds(outcome as Weights[])).toEqual(BOTH);
      }),
      { numRuns: 150 },
    );
    expect(refusals).toBeGreaterThan(10);
  }, 60_000);
});
