/** Model folders written, re-read and compared; and every way in which writing can fail without leaving anything. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';
import { smallEncoder, TorchCheckpoint } from '../../test/helpers/torch-checkpoint.ts';
import { FormatError } from '../../base/errors.ts';
import { sourceFromBytes } from '../byte-source.ts';
import { findTensors } from '../contents/find-tensors.ts';
import { generateTensors } from '../families/openai/official-size.ts';
import { dict, list, orderedDict } from '../pickle/build-records.ts';
import { stringEntries, type DictRecord, type PickleValue } from '../pickle/records.ts';
import { openTorchZip } from '../torch/torch-zip.ts';
import { decoder, encoder, keepConversions, sha256 } from '../../test/helpers/conversions.ts';
import { convertToModelFolder } from './convert.ts';
import { openModelFolder } from './open-model-folder.ts';

type Entries = DictRecord['entries'];

const place = keepConversions();
const { scratch } = place;
let out = '';
beforeEach(() => {
  out = place.out;
});

describe('a conversion', () => {
  test('writes what model.json says, and reads back', async () => {
    const stages = new Set<string>();
    const report = await convertToModelFolder({
      sources: [decoder, encoder],
      out,
      verify: true,
      notice: 'ours',
      onProgress: ({ stage, done, total }) => {
        stages.add(stage);
        expect(done).toBeLessThanOrEqual(total!);
      },
    });
    expect([...stages]).toEqual(['hash', 'write', 'verify']);
    expect(readdirSync(out).sort()).toEqual(['decoder.safetensors', 'encoder.safetensors', 'model.json']);
    expect(report.verified).toBe(true);
    const model = await openModelFolder(out);
    expect(model.manifest.notice).toBe('ours');
    expect(model.manifest.family).toBe('openai');
    expect(report.family).toBe('openai');
    for (const part of report.parts) {
      const [file] = part.files;
      expect(file!.sha256).toBe(sha256(join(out, file!.name)));
      expect(model.manifest.parts[part.name]!.files).toEqual(part.files);
      expect(model[part.name]!.architecture).toEqual(part.architecture);
    }
    const source = report.parts[1]!.source;
    expect(source).toMatchObject({
      sha256: sha256(encoder),
      official: false,
      note: "not known as a file of OpenAI's",
    });
    expect(report.bytes).toBe(report.parts.reduce((sum, part) => sum + part.files[0]!.bytes, 0));
    await model.close();
  });

  test('twice gives the same bytes', async () => {
    await convertToModelFolder({ sources: [encoder], out });
    await convertToModelFolder({ sources: [encoder], out: `${out}-again` });
    for (const name of readdirSync(out)) expect(sha256(join(out, name))).toBe(sha256(join(`${out}-again`, name)));
  });

  test('to halves', async () => {
    const report = await convertToModelFolder({ sources: [encoder], out, dtype: 'f16', verify: true });
    expect(report.bytes).toBeLessThan(report.parts[0]!.parameters * 2.2 + 20_000);
    const model = await openModelFolder(out);
    expect(model.encoder!.tensors.get('blocks.input.w')!.dtype).toBe('F16');
    expect(report.parts[0]!.dtype).toBe('f16');
    expect(model.decoder).toBeUndefined();
    await model.close();
  });

  test('of a model folder’s own file', async () => {
    await convertToModelFolder({ sources: [encoder], out });
    const report = await convertToModelFolder({ sources: [join(out, 'encoder.safetensors')], out: `${out}-2` });
    expect(report.parts[0]!.container).toBe('safetensors');
    expect(sha256(join(`${out}-2`, 'encoder.safetensors'))).toBe(sha256(join(out, 'encoder.safetensors')));
  });

  test('dry, writes nothing', async () => {
    const report = await convertToModelFolder({ sources: [encoder, decoder], out, dryRun: true });
    expect(report.parts.map(({ name, files }) => [name, files])).toEqual([
      ['encoder', []],
      ['decoder', []],
    ]);
    expect(existsSync(out)).toBe(false);
  });

  test('with force replaces the model and leaves other files', async () => {
    await convertToModelFolder({ sources: [encoder, decoder], out });
    writeFileSync(join(out, 'mine.txt'), 'mine');
    await convertToModelFolder({ sources: [encoder], out, force: true });
    expect(readdirSync(out).sort()).toEqual(['encoder.safetensors', 'mine.txt', 'model.json']);
  });
});

describe('numbers that are none', () => {
  const save = async (name: string, change: (values: Float32Array) => void): Promise<string> => {
    const file = new TorchCheckpoint();
    const entries = generateTensors(smallEncoder).map(({ name: key, shape, make }): [string, PickleValue] => {
      const values = make();
      if (key === 'blocks.output.conv.w') change(values);
      return [key.replace(/\.w$/, '.weight').replace(/\.b$/, '.bias'), file.tensor(values, shape)];
    });
    writeFileSync(join(scratch, name), await file.save(dict([['model', orderedDict(entries)]])));
    return join(scratch, name);
  };

  test.each([{}, { verify: true }, { dryRun: true }, { dtype: 'f16' }] as const)(
    'are warned of by tensor and count: %o',
    async (options) => {
      const source = await save('nan.pt', (values) => values.set([NaN, Infinity, NaN, -Infinity, NaN], 3));
      const { warnings } = await convertToModelFolder({ sources: [source], out, ...options });
      const tensor = 'model.blocks.output.conv.weight';
      expect(warnings).toEqual([
        {
          part: 'encoder',
          ...{ tensor, nan: 3, infinite: 2, elements: 256 },
          message: `encoder: ${tensor} has 3 NaN and 2 infinite among its 256 numbers`,
        },
      ]);
    },
  );

  test('are nobody’s concern where there are none: the largest and smallest numbers are numbers', async () => {
    const source = await save('fine.pt', (values) => values.set([3.4e38, -3.4e38, 1e-45, -0]));
    expect((await convertToModelFolder({ sources: [source], out })).warnings).toEqual([]);
  });
});

describe('DALLE-pytorch under DeepSpeed', () => {
  const corpus = fileURLToPath(new URL('../corpus/dalle-pytorch/plain.pt', import.meta.url));
  const keys = ['hparams', 'vae_params', 'vae_class_name', 'version'];

  /** The corpus's checkpoint taken apart: what says what it is, and its weights alone, behind a prefix or as ZeRO-3. */
  async function takeApart(
    change: (entries: Entries, file: TorchCheckpoint) => PickleValue,
  ): Promise<[string, string]> {
    const source = sourceFromBytes(readFileSync(corpus), 'plain.pt');
    const opened = await openTorchZip(source);
    const entries = stringEntries(opened.root)!;
    const settings = keys.map((key): [string, PickleValue] => [key, entries.get(key) ?? null]);
    const auxiliary = await new TorchCheckpoint().save(
      dict([...settings, ['weights', 'To get a working checkpoint …']]),
    );
    const file = new TorchCheckpoint();
    const weights: Entries = [];
    for (const { path, data } of findTensors(opened, new Set()).tensors) {
      if (!path.startsWith('weights.') || data instanceof FormatError) continue;
      weights.push([path.slice('weights.'.length), file.tensor(await data.read(), data.shape)]);
    }
    writeFileSync(join(scratch, 'auxiliary.pt'), auxiliary);
    writeFileSync(join(scratch, 'weights.pt'), await file.save(change(weights, file)));
    return [join(scratch, 'auxiliary.pt'), join(scratch, 'weights.pt')];
  }

  test('the auxiliary file and the weights, in any order, as the one file', async () => {
    const whole = await convertToModelFolder({ sources: [corpus], out: `${out}-whole` });
    for (const change of [
      (entries: Entries) => orderedDict(entries),
      (entries: Entries) =>
        dict([['module', orderedDict(entries.map(([name, value]) => [`module.${String(name)}`, value]))]]),
    ]) {
      const files = await takeApart(change);
      for (const sources of [files, [...files].reverse()]) {
        const { parts } = await convertToModelFolder({ sources, out, force: true });
        expect(parts[0]!.architecture).toEqual(whole.parts[0]!.architecture);
        expect(sha256(join(out, 'transformer.safetensors'))).toBe(
          sha256(join(`${out}-whole`, 'transformer.safetensors')),
        );
      }
    }
  });

  test('one without the other says what is missing', async () => {
    const [auxiliary, weights] = await takeApart((entries) => orderedDict(entries));
    await expect(convertToModelFolder({ sources: [auxiliary], out })).rejects.toMatchObject({
      code: 'E_ARCHITECTURE',
      message: expect.stringMatching(/without the weights.*zero_to_fp32\.py/),
    });
    await expect(convertToModelFolder({ sources: [weights], out })).rejects.toMatchObject({
      code: 'E_ARCHITECTURE',
      message: expect.stringContaining('auxiliary.pt'),
    });
  });

  test.each([[[1]], [[0]], [[]]])('placeholders of shape %o are a file of ZeRO-3', async (shape) => {
    const [auxiliary, weights] = await takeApart((entries, file) => {
      const values = (): Float32Array => new Float32Array(shape[0] ?? 1);
      // Small ones stay whole.
      return orderedDict(
        entries.map(([name, value]) => [name, /bias/.test(String(name)) ? value : file.tensor(values(), shape)]),
      );
    });
    await expect(convertToModelFolder({ sources: [auxiliary, weights], out })).rejects.toMatchObject({
      code: 'E_WEIGHTS_PARTITIONED',
      message: expect.stringMatching(/ZeRO-3.*partitioned.*zero_to_fp32\.py/),
    });
  });

  test('a part of an optimiser’s state is called so', async () => {
    const [, optimiser] = await takeApart((entries) =>
      dict([
        [
          'optimizer_state_dict',
          dict([
            ['zero_stage', 3],
            ['fp32_flat_groups', list(entries.slice(0, 1).map(([, value]) => value))],
          ]),
        ],
      ]),
    );
    await expect(convertToModelFolder({ sources: [optimiser], out })).rejects.toMatchObject({
      code: 'E_WEIGHTS_PARTITIONED',
      message: expect.stringContaining('optimiser'),
    });
  });
});
