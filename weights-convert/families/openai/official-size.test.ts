/** The generator against the vectors in its own definition, which NumPy reproduces. */
import { expect, test } from 'vitest';
import { OFFICIAL_DECODER, OFFICIAL_ENCODER, type DvaeArchitecture } from '../../../nets/dvae/architecture.ts';
import { generateTensors } from './official-size.ts';

test.each<[string, DvaeArchitecture, number[]]>([
  [
    'blocks.input.w',
    OFFICIAL_ENCODER,
    [-0.2959495186805725, -0.36254340410232544, 0.11030501127243042, 0.06611663103103638],
  ],
  [
    'blocks.input.b',
    OFFICIAL_ENCODER,
    [-0.22093665599822998, 0.0043114423751831055, 3.1584155559539795, 2.62161922454834],
  ],
  [
    'blocks.output.conv.b',
    OFFICIAL_DECODER,
    [-0.03580513596534729, -0.03294897824525833, 0.002973414957523346, 0.001983232796192169],
  ],
])('%s', (name, architecture, wanted) => {
  const values = generateTensors(architecture)
    .find((tensor) => tensor.name === name)!
    .make();
  expect([...values.subarray(0, 4)]).toEqual(wanted);
});
