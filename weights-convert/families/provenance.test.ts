/** Whose words on the weights `model.json` repeats: the transformer's family, else that of the only net there is. */
import { expect, test } from 'vitest';
import { OFFICIAL_DECODER } from '../../nets/dvae/architecture.ts';
import { configurations } from '../../nets/transformer/configurations.ts';
import type { Family } from './family.ts';
import { findProvenance } from './provenance.ts';

const form = { reads: 'nothing', anchors: [], readArchitecture: () => undefined };
const families: readonly Family[] = [
  { name: 'coders', known: [], form: { ...form, licence: 'MIT' } },
  {
    name: 'drawers',
    known: [],
    form: { ...form, licence: 'CC-BY-NC-SA-4.0', notice: 'Not to be sold.', sampling: { topK: 256 } },
  },
];
const coder = { weights: { architecture: OFFICIAL_DECODER, family: 'coders' } };
const drawer = { weights: { architecture: configurations.emoji, family: 'drawers' } };

test('the transformer speaks for a model, wherever it stands among the parts', () => {
  const drawn = { family: 'drawers', licence: 'CC-BY-NC-SA-4.0', notice: 'Not to be sold.', sampling: { topK: 256 } };
  expect(findProvenance([coder, drawer], families)).toEqual(drawn);
  expect(findProvenance([drawer, coder], families)).toEqual(drawn);
  expect(findProvenance([coder], families)).toEqual({ family: 'coders', licence: 'MIT' });
});

test('of sampling that depends on the net, the net is asked', () => {
  const samplingOf = ({ kind }: { readonly kind: string }): { topK: number } | undefined =>
    kind === 'transformer' ? { topK: 7 } : undefined;
  const asking = families.map((family) => ({ ...family, form: { ...family.form!, samplingOf } }));
  expect(findProvenance([coder, drawer], asking)).toMatchObject({ sampling: { topK: 7 } });
  expect(findProvenance([coder], asking)).toEqual({ family: 'coders', licence: 'MIT' });
});

test('nothing is said of nets that were in no checkpoint', () => {
  expect(findProvenance([{ weights: { architecture: configurations.emoji } }], families)).toEqual({});
  expect(findProvenance([], families)).toEqual({});
});
