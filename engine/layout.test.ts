/**
 * The layout rule: every element has a place of its own inside its texture, whatever the shape, the block and the
 * largest texture; packing and unpacking are inverse; padding is zero.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shapesFromRank } from '../test/helpers/shapes.ts';
import { bytesOf, keyOfLayout, layoutOf, placeOf } from './layout.ts';
import type { Block, Layout } from './layout.ts';
import { packRows, unpackLayer } from './texels.ts';
import { sizeOf } from './shape.ts';

const blocks: fc.Arbitrary<Block> = fc
  .tuple(fc.constantFrom(1, 2, 4, 8), fc.constantFrom(1, 2))
  .map(([width, height]) => ({ width, height }));
const limits = fc.constantFrom(4, 64, 16384).map((maxTextureSize) => ({ maxTextureSize }));
const layouts: fc.Arbitrary<Layout> = fc
  .tuple(shapesFromRank(0, 4000), blocks, limits)
  .map(([shape, block, limit]) => layoutOf({ shape, dtype: 'f32' }, block, limit));

/** All layers, each in bands of three rows. */
function packAll(layout: Layout, data: Float32Array): Float32Array[] {
  const { width, height, layers } = layout.texture;
  return Array.from({ length: layers }, (_, layer) => {
    const texels = new Float32Array(width * height * 4);
    for (let y = 0; y < height; y += 3) {
      texels.set(packRows(layout, layer, data, y, Math.min(3, height - y)), y * width * 4);
    }
    return texels;
  });
}

describe('layoutOf', () => {
  test('stays within the largest texture and counts its bytes', () => {
    const check = (layout: Layout, { maxTextureSize }: { maxTextureSize: number }): void => {
      const again = layoutOf({ shape: layout.shape, dtype: 'f32' }, layout.block, { maxTextureSize });
      const { width, height, layers } = again.texture;
      expect(Math.max(width, height)).toBeLessThanOrEqual(maxTextureSize);
      expect(again.bytes).toBe(width * height * layers * 16);
      expect(width * height * layers * 4).toBeGreaterThanOrEqual(sizeOf(layout.shape));
    };
    fc.assert(fc.property(layouts, limits, check), { seed: 1, numRuns: 300 });
  });

  test('gives every block of every plane a place of its own', () => {
    const check = (layout: Layout): void => {
      const { planes, tiles, tile, texture } = layout;
      const seen = new Set<string>();
      const wide = Math.ceil(layout.grid.w / layout.block.width);
      const high = Math.ceil(layout.grid.h / layout.block.height);
      expect(tiles.x * tile.width).toBeGreaterThanOrEqual(wide);
      for (let plane = 0; plane < planes; plane++) {
        for (let y = 0; y < high; y++) {
          for (let x = 0; x < wide; x++) {
            const place = placeOf(layout, plane, y, x);
            expect(place.x >= 0 && place.x < texture.width && place.y >= 0 && place.y < texture.height).toBe(true);
            expect(place.layer + layout.targets).toBeLessThanOrEqual(texture.layers);
            seen.add(`${place.x} ${place.y} ${place.layer}`);
          }
        }
      }
      expect(seen.size).toBe(planes * wide * high);
    };
    fc.assert(fc.property(layouts, check), { seed: 2, numRuns: 60 });
  });

  test('the largest map of the official encoder fits one fold without waste', () => {
    const layout = layoutOf(
      { shape: [1, 256, 256, 256], dtype: 'f32' },
      { width: 8, height: 1 },
      { maxTextureSize: 4096 },
    );
    expect(layout.folds).toBe(1);
    expect(layout.bytes).toBe(256 ** 3 * 4);
    expect(bytesOf(layout.texture)).toBe(layout.bytes);
  });

  test('layouts that differ have different keys', () => {
    const type = { shape: [1, 8, 16, 16], dtype: 'f32' } as const;
    const wide = layoutOf(type, { width: 8, height: 1 }, { maxTextureSize: 64 });
    expect(keyOfLayout(wide)).not.toBe(keyOfLayout(layoutOf(type, { width: 4, height: 2 }, { maxTextureSize: 64 })));
    expect(keyOfLayout(wide)).toBe(keyOfLayout(layoutOf(type, { width: 8, height: 1 }, { maxTextureSize: 64 })));
  });
});

describe('texels', () => {
  test('unpacking gives back what was packed, and everything else is zero', () => {
    const check = (layout: Layout): void => {
      const data = Float32Array.from({ length: sizeOf(layout.shape) }, (_, i) => i + 1);
      const layers = packAll(layout, data);
      const back = new Float32Array(data.length);
      layers.forEach((texels, layer) => unpackLayer(layout, layer, texels, back));
      expect(back).toEqual(data);
      const filled = layers.reduce((sum, texels) => sum + texels.reduce((n, value) => n + Number(value !== 0), 0), 0);
      expect(filled).toBe(data.length);
    };
    fc.assert(fc.property(layouts, check), { seed: 3, numRuns: 200 });
  });
});
