/** A CLIP whose file is partly in halves, as OpenAI's are: each tensor is kept as it came, and computed with so. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../../../base/node/package-files.ts';
import { sizeOf } from '../../../engine/index.ts';
import { Clip } from '../../../nets/clip/clip.ts';
import { numberTokenizer, readClipCase } from '../../../test/helpers/clip-golden.ts';
import { expectClose } from '../../../test/helpers/close.ts';
import { openCpuTestDevice } from '../../../test/helpers/cpu-device.ts';
import { makeWorkplace, type Workplace } from '../../../test/helpers/workplace.ts';
import { sourceFromBytes } from '../../byte-source.ts';
import { convertToModelFolder } from '../../node/convert.ts';
import { openModelFolder, readModelManifest } from '../../node/open-model-folder.ts';
import { openWeights } from '../../open-weights.ts';

const ARCHIVE = join(packageRoot, 'weights-convert', 'corpus', 'clip', 'archive.pt');

describe('a model folder of halves and floats', () => {
  let place: Workplace;
  beforeAll(() => void (place = makeWorkplace()));
  afterAll(() => place.remove());

  test.each([undefined, 100_000])('has each tensor as the file has it, in shards of %s bytes', async (shardBytes) => {
    const source = await openWeights(sourceFromBytes(readFileSync(ARCHIVE), 'archive.pt'));
    const { tensors } = source;
    const out = place.path(`clip-${shardBytes}`);
    const shards = shardBytes === undefined ? {} : { shardBytes };
    const [report] = (await convertToModelFolder({ sources: [ARCHIVE], out, verify: true, ...shards })).parts;
    const model = await openModelFolder(out);
    const clip = model.clip!;
    const found = [...tensors].map(([name, { dtype }]) => [name, dtype]);
    expect([...clip.tensors].map(([name, { dtype }]) => [name, dtype])).toEqual(found);
    expect(new Set(found.map(([, dtype]) => dtype))).toEqual(new Set(['F16', 'F32']));
    const { parts } = await readModelManifest(out);
    expect([report!.dtype, parts.clip!.dtype]).toEqual(['mixed', 'mixed']);
    const numbers = [...tensors.values()].map(({ shape, dtype }) => sizeOf(shape) * (dtype === 'F16' ? 2 : 4));
    const files = parts.clip!.files.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(files / numbers.reduce((sum, bytes) => sum + bytes)).toBeLessThan(1.1);
    // Held so, it computes what it computed with floats.
    const given = readClipCase('named');
    const net = new Clip(clip, { ...numberTokenizer, vocabularySize: 40 }, { device: openCpuTestDevice() });
    const images = await net.encodeImages(given.pixels);
    expectClose(images.data, given.imageFeatures, 16 * given.errors.imageFeatures.maxError);
    await net.dispose();
    await model.close();
  });

  test('is written as one of either where that is asked for', async () => {
    for (const dtype of ['f16', 'f32'] as const) {
      const out = place.path(dtype);
      await convertToModelFolder({ sources: [ARCHIVE], out, dtype, verify: true });
      const model = await openModelFolder(out);
      expect(new Set([...model.clip!.tensors.values()].map((tensor) => tensor.dtype))).toEqual(
        new Set([dtype.toUpperCase()]),
      );
      expect(model.manifest.parts.clip!.dtype).toBe(dtype);
      await model.close();
    }
  });
});
