/** What is said of a model that was trained of others. */
import { expect, test } from 'vitest';
import { joinProvenance } from './trained-weights.ts';

test('a model of its own weights is of whoever trained it', () => {
  expect(joinProvenance([])).toEqual({ licence: 'of whoever trained it' });
});

test('what holds for the models that it is made of holds for it, each said once', () => {
  const notice = 'Not for sale.';
  const own = { licence: 'of whoever trained it' };
  const sampling = { topK: 256 };
  const joined = joinProvenance([
    { licence: 'CC BY-NC-SA 4.0', notice, sampling },
    { licence: 'MIT' },
    own,
    { notice },
  ]);
  expect(joined).toEqual({
    licence: 'of whoever trained it, and of what it was made of: CC BY-NC-SA 4.0; MIT',
    notice,
    sampling,
  });
  expect(joinProvenance([joined]).licence).toContain('CC BY-NC-SA 4.0; MIT');
});
