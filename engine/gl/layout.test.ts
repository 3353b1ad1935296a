/**
 * The layout rule: every element has a place of its own inside its texture, whatever the shape, the block and the
 * largest texture; packing and unpacking are inverse; padding is zero.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { halfToFloatBits } from '../../base/half.ts';
import { shapesFromRank } from '../../test/helpers/shapes.ts';
import { bytesOf, defaultBlock, flatLayoutOf, keyOfLayout, layoutOf, placeOf } from './layout.ts';
import type { Block, Layout } from './layout.ts';
import { packRows, unpackLayer } from './texels.ts';
import type { Texels } from './texels.ts';
import { sizeOf } from '../shape.ts';

const blocks: fc.Arbitrary<Block> = fc
  .tuple(fc.constantFrom(1, 2, 4, 8), fc.constantFrom(1, 2))
  .map(([width, height]) => ({ width, height }));
const limits = fc.constantFrom(4, 64, 16384).map((maxTextureSize) => ({ maxTextureSize }));
const dtypes = fc.constantFrom('f32', 'f16');
const blocked: fc.Arbitrary<Layout> = fc
  .tuple(shapesFromRank(0, 4000), dtypes, blocks, limits)
  .map(([shape, dtype, block, limit]) => layoutOf({ shape, dtype }, block, limit));
const flat: fc.Arbitrary<Layout> = fc
  .tuple(shapesFromRank(0, 4000), limits)
  .map(([shape, limit]) => flatLayoutOf({ shape, dtype: 'f32' }, limit));
const layouts = fc.oneof({ arbitrary: blocked, weight: 3 }, { arbitrary: flat, weight: 1 });

/** All layers, each in bands of three rows. */
function packAll(layout: Layout, data: Float32Array | Uint16Array): Texels[] {
  const { width, height, layers } = layout.texture;
  return Array.from({ length: layers }, (_, layer) => {
    const texels = layout.lanes === 8 ? new Uint32Array(width * height * 4) : new Float32Array(width * height * 4);
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

  test('halves lie eight a texel, in half the bytes', () => {
    const shape = [1, 12, 4, 8];
    const halves = layoutOf({ shape, dtype: 'f16' }, { width: 8, height: 1 }, { maxTextureSize: 64 });
    const floats = layoutOf({ shape, dtype: 'f32' }, { width: 8, height: 1 }, { maxTextureSize: 64 });
    expect(halves).toMatchObject({ lanes: 8, quads: 3, depth: 2, bytes: 2 * 4 * 8 * 16 });
    expect(floats).toMatchObject({ lanes: 4, quads: 3, depth: 3, bytes: 3 * 4 * 8 * 16 });
    const data = Float32Array.from({ length: 12 * 4 * 8 }, (_, i) => i);
    // Pixel 0 of the first row: channels 0 and 1 in the first number, the first in its lower bits.
    const [first] = packRows(halves, 0, data, 0, 1) as Uint32Array;
    expect([first! & 0xffff, first! >>> 16]).toEqual([0, 0x5000]); // 0 and 32
  });

  test('layouts that differ have different keys', () => {
    const type = { shape: [1, 8, 16, 16], dtype: 'f32' } as const;
    const wide = layoutOf(type, { width: 8, height: 1 }, { maxTextureSize: 64 });
    expect(keyOfLayout(wide)).not.toBe(keyOfLayout(layoutOf(type, { width: 4, height: 2 }, { maxTextureSize: 64 })));
    expect(keyOfLayout(wide)).toBe(keyOfLayout(layoutOf(type, { width: 8, height: 1 }, { maxTextureSize: 64 })));
  });
});

test('a block is a strip, or two rows where there are two, and no wider than the map', () => {
  const blocks = (shape: readonly number[], targets: number): string[] =>
    (['strip', 'block'] as const).map((form) => {
      const { width, height } = defaultBlock(shape, targets, form);
      return `${width}×${height}`;
    });
  expect(blocks([1, 3, 9, 20], 8)).toEqual(['8×1', '4×2']);
  expect(blocks([1, 3, 9, 20], 2)).toEqual(['2×1', '1×2']);
  expect(blocks([1, 3, 9, 20], 1)).toEqual(['1×1', '1×1']);
  expect(blocks([1, 3, 9, 3], 8)).toEqual(['4×1', '4×2']);
  expect(blocks([1, 3, 9, 1], 8)).toEqual(['1×1', '1×2']);
  expect(blocks([1, 3, 1, 20], 8)).toEqual(['8×1', '8×1']); // one row
  expect(blocks([7, 20], 8)).toEqual(['8×1', '8×1']); // a matrix lies in one row
});

function countFilledLanes(texels: Texels): number {
  const lanes = texels instanceof Uint32Array ? Array.from(new Uint16Array(texels.buffer)) : Array.from(texels);
  return lanes.filter((value) => value !== 0).length;
}

describe('texels', () => {
  test('unpacking gives back what was packed, and everything else is zero', () => {
    const check = (layout: Layout): void => {
      const data = Float32Array.from({ length: sizeOf(layout.shape) }, (_, i) => (i % 2048) + 1); // halves hold them
      const layers = packAll(layout, data);
      const back = new Float32Array(data.length);
      layers.forEach((texels, layer) => unpackLayer(layout, layer, texels, back));
      expect(back).toEqual(data);
      const filled = layers.reduce((sum, texels) => sum + countFilledLanes(texels), 0);
      expect(filled).toBe(data.length);
    };
    fc.assert(fc.property(layouts, check), { seed: 3, numRuns: 200 });
  });

  test('bits of halves lie where their floats do', () => {
    const check = (layout: Layout): void => {
      fc.pre(layout.lanes === 8);
      const halves = Uint16Array.from({ length: sizeOf(layout.shape) }, (_, i) => (i * 7) & 0x7bff);
      const floats = new Float32Array(Uint32Array.from(halves, halfToFloatBits).buffer);
      expect(packAll(layout, halves)).toEqual(packAll(layout, floats));
    };
    fc.assert(fc.property(blocked, check), { seed: 4, numRuns: 200 });
    const octets = { shape: [5, 6, 8], dtype: 'f16' } as const;
    check(layoutOf(octets, { width: 1, height: 1 }, { maxTextureSize: 16 }));
  });
});
