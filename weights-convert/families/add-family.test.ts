/**
 * A family that does not exist, added to the table as a real one would be: its checkpoint is found, opened, and written
 * back, and nothing of the converter was changed for it. Real ones are looked for as before.
 */
import { describe, expect, test } from 'vitest';
import { smallDecoder, smallEncoder, TorchCheckpoint } from '../../test/helpers/torch-checkpoint.ts';
import { sourceFromBytes, type ByteSource } from '../byte-source.ts';
import { readSizes, type DvaeArchitecture } from '../../nets/dvae/architecture.ts';
import { netTensors, type Weights } from '../../nets/weights.ts';
import { openCheckpoint, openNets } from '../open-weights.ts';
import { dict, orderedDict, plainDict } from '../pickle/build-records.ts';
import { plainEntries, stringEntries, type DictRecord, type PickleValue } from '../pickle/records.ts';
import { openTorchZip } from '../torch/torch-zip.ts';
import { writeCheckpoint } from '../write-checkpoint.ts';
import { FAMILIES } from './all-families.ts';
import type { Family } from './family.ts';
import { generateTensors } from './openai/official-size.ts';
import { readSettingsFile } from './read-settings-file.ts';
import { recogniseNet } from './recognise-net.ts';

/** Decoders of a program that has names of its own, a bias as an image of one pixel, and its sizes in a dictionary. */
const madeUp: Family<DvaeArchitecture> = {
  name: 'made-up',
  known: [
    { name: 'a made-up decoder', note: 'it is for tests', isSupported: true, tensors: ['trunk.input.kernel:4'] },
    { name: 'a made-up encoder', note: 'there is none', isSupported: false, tensors: ['root.input.kernel:4'] },
  ],
  form: {
    reads: 'made-up decoders',
    anchors: [{ name: 'trunk.input.kernel', beside: ['trunk.output.conv.kernel'], part: 'decoder' }],
    settings: ['options', 'made_by'],
    settingsFile: {
      part: 'decoder',
      isSuch: (entries) => entries.has('options'),
      companion: 'with its options',
      alone: 'only options.',
    },
    readArchitecture({ settings }) {
      const options = plainEntries(settings?.get('options'));
      return options && readSizes('dvae-decoder', options);
    },
    whyLeftOut: (name) => (name === 'clock' ? 'a clock: it is computed' : undefined),
    owns: ({ kind }) => kind === 'dvae-decoder',
    netName(name) {
      if (!name.startsWith('trunk.')) return undefined;
      const own = name.replace('trunk.', 'blocks.').replace(/\.kernel$/, '.w');
      return own.endsWith('.shift') ? { name: own.replace(/\.shift$/, '.b'), keepAxes: [1] } : { name: own };
    },
    wrapStateDict: (architecture, stateDict) =>
      dict([
        ['options', plainDict(new Map(Object.entries(architecture)))],
        ['made_by', 'nobody'],
        ['trunk_weights', stateDict],
      ]),
  },
};

const families: readonly Family[] = [madeUp, ...FAMILIES];

const options = plainDict(new Map(Object.entries(smallDecoder)));

function entriesOf(file: TorchCheckpoint): DictRecord['entries'] {
  return generateTensors(smallDecoder).map(({ name, shape, make }) => {
    const own = name.replace('blocks.', 'trunk.').replace(/\.w$/, '.kernel').replace(/\.b$/, '.shift');
    return [own, file.tensor(make(), own.endsWith('.shift') ? [1, shape[0]!, 1, 1] : shape)];
  });
}

async function saved(makeRoot: (file: TorchCheckpoint) => PickleValue): Promise<ByteSource> {
  const file = new TorchCheckpoint();
  return sourceFromBytes(await file.save(makeRoot(file)), 'made-up.pt');
}

function makeFile(others: (file: TorchCheckpoint) => DictRecord['entries'] = () => []): Promise<ByteSource> {
  return saved((file) =>
    dict([
      ['options', options],
      ['made_by', 'a test'],
      ['trunk_weights', orderedDict([...entriesOf(file), ['clock', file.tensor(new Float32Array(2), [2])]])],
      ...others(file),
    ]),
  );
}

async function expectDecoder(weights: Weights): Promise<void> {
  expect(weights.architecture).toEqual(smallDecoder);
  expect([...weights.tensors.keys()].slice(0, 2)).toEqual(['trunk.input.kernel', 'trunk.input.shift']);
  const tensors = netTensors(weights);
  const wanted = generateTensors(smallDecoder);
  expect([...tensors].map(([name, { shape }]) => [name, shape])).toEqual(
    wanted.map(({ name, shape }) => [name, shape]),
  );
  for (const { name, make } of wanted) expect(await tensors.get(name)!.read(), name).toEqual(make());
}

describe('a checkpoint of a family that was added', () => {
  test('is found and opened, with what is left out and why', async () => {
    const [weights, ...others] = await openNets(await makeFile(), { families });
    expect(others).toEqual([]);
    await expectDecoder(weights!);
    expect(weights!.leftOut).toEqual([{ reason: 'a clock: it is computed', tensors: 1 }]);
    expect(weights!.leftOutValues ?? []).toEqual([]);
  });

  test('is found beside a net of another', async () => {
    const file = await makeFile((beside) => [['eyes', orderedDict(beside.entries(smallEncoder))]]);
    const nets = await openNets(file, { families });
    expect(nets.map(({ architecture }) => architecture)).toEqual([smallDecoder, smallEncoder]);
    await expectDecoder(nets[0]!);
  });

  test('is written back as its programs load it, and opened again', async () => {
    const [weights] = await openNets(await makeFile(), { families });
    const blocks: Uint8Array[] = [];
    for await (const block of writeCheckpoint(weights!, families)) blocks.push(block);
    const written = sourceFromBytes(Buffer.concat(blocks), 'decoder.pt');
    const root = stringEntries((await openTorchZip(written)).root)!;
    expect([...root.keys()]).toEqual(['options', 'made_by', 'trunk_weights']);
    const [again] = await openNets(written, { families });
    await expectDecoder(again!);
  });

  test('is opened with its settings in a file of their own', async () => {
    const bare = await saved((file) => orderedDict(entriesOf(file)));
    await expect(openNets(bare, { families })).rejects.toMatchObject({
      code: 'E_ARCHITECTURE',
      message: expect.stringContaining('holds a made-up decoder; it is for tests. dalle-gl reads made-up decoders, an'),
    });
    const beside = await saved(() => dict([['options', options]]));
    expect(await readSettingsFile(beside)).toBeUndefined();
    const [weights] = await openNets(bare, { families, settings: await readSettingsFile(beside, families) });
    await expectDecoder(weights!);
  });

  test('is refused, and listed by no sentence, while its line is not in the table', async () => {
    const refusal = await openCheckpoint(await makeFile()).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'E_ARCHITECTURE', message: expect.not.stringContaining('made-up decoders') });
  });
});

test('a net of such a family that cannot be computed is called by its name', async () => {
  const file = await saved((made) => dict([['root.input.kernel', made.tensor(new Float32Array(1), [1, 1, 1, 1])]]));
  await expect(openNets(file, { families })).rejects.toMatchObject({
    code: 'E_NET_UNSUPPORTED',
    message: expect.stringContaining('a made-up encoder: there is none. dalle-gl reads made-up decoders, '),
  });
  expect(recogniseNet(new Map([['trunk.input.kernel', [1, 1, 1, 1]]]), families)?.name).toBe('a made-up decoder');
});
