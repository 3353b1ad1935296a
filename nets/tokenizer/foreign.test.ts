/**
 * Tokenizer files made to take for ever or to fill the memory: refused, or stopped in time, and whoever opened them
 * lives on.
 */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { startProcess } from './node/start-process.ts';
import type { ForeignWorker, StartWorker } from './foreign-host.ts';
import { openTokenizer } from './open-tokenizer.ts';
import type { Tokenizer } from './tokenizer.ts';

/** A small tokenizer of no form of ours. */
const plain = {
  ...{ version: '1.0', truncation: null, padding: null, added_tokens: [], normalizer: null, pre_tokenizer: null },
  ...{ post_processor: null, decoder: null },
  model: {
    ...{ type: 'BPE', dropout: null, unk_token: '<unk>', continuing_subword_prefix: null, end_of_word_suffix: null },
    ...{ fuse_unk: false, byte_fallback: false, vocab: { '<unk>': 0, a: 1, b: 2 }, merges: [] },
  },
};

const replace = (pattern: object, content: string): object => ({ type: 'Replace', pattern, content });
const times = (count: number, step: object): object => ({
  type: 'Sequence',
  ...{ normalizers: Array(count).fill(step), pretokenizers: Array(count).fill(step) },
});
const split = (regex: string): object => ({ type: 'Split', pattern: { Regex: regex }, behavior: 'Isolated' });

let opened: Tokenizer | undefined;
afterEach(() => opened?.dispose?.());

async function open(change: object, startWorker: StartWorker = startProcess): Promise<Tokenizer> {
  opened = await openTokenizer(JSON.stringify({ ...plain, ...change }), { startWorker });
  return opened;
}

describe('stopped in time', () => {
  test.each<[string, object]>([
    ['a split that goes back for ever', { pre_tokenizer: split('^(a+)+$') }],
    ['a replacement that goes back for ever', { normalizer: replace({ Regex: '^(a|a)*$' }, 'b') }],
    ['a letter before each letter, thirty times', { normalizer: times(30, replace({ Regex: '' }, 'a')) }],
    ['bytes of bytes of bytes', { pre_tokenizer: times(40, { type: 'ByteLevel', add_prefix_space: false }) }],
    ['a long beginning, again and again', { normalizer: times(1500, { type: 'Prepend', prepend: 'é'.repeat(4000) }) }],
  ])('%s', async (_, change) => {
    const tokenizer = await open(change);
    const before = process.memoryUsage().rss;
    const text = `${'a'.repeat(40)}é`;
    await expect(tokenizer.encode(text)).rejects.toMatchObject({
      code: expect.stringMatching(/^E_TOKENIZER_(SLOW|FILE)$/),
    });
    expect(process.memoryUsage().rss - before).toBeLessThan(3e8);
  });

  test('and the next text is read again, by a new process', async () => {
    const tokenizer = await open({ pre_tokenizer: split('^(a+)+$') });
    const slow = tokenizer.encode(`${'a'.repeat(40)}!`);
    // Asked meanwhile, it waits for its turn.
    const next = tokenizer.encode('ab');
    await expect(slow).rejects.toMatchObject({ code: 'E_TOKENIZER_SLOW' });
    expect(await next).toEqual([1, 2]);
  });

  test('at once by dispose', async () => {
    const tokenizer = await open({ pre_tokenizer: split('^(a+)+$') });
    const slow = Promise.resolve(tokenizer.encode(`${'a'.repeat(40)}!`));
    const next = Promise.resolve(tokenizer.encode('ab'));
    setTimeout(() => tokenizer.dispose!(), 100);
    await expect(slow).rejects.toMatchObject({ code: 'E_DISPOSED' });
    await expect(next).rejects.toMatchObject({ code: 'E_DISPOSED' });
  });
});

describe('refused before anything runs', () => {
  const refusesAll: StartWorker = () => expect.unreachable('nothing should be started');

  test.each<[string, object]>([
    ['ten letters for one, nine times', { normalizer: times(9, replace({ Regex: '.' }, 'a'.repeat(10))) }],
    ['a thousand letters for one', { normalizer: replace({ String: 'a' }, 'a'.repeat(1000)) }],
    ['in the decoder', { decoder: times(9, replace({ String: 'a' }, 'a'.repeat(10))) }],
    ['in a sequence of sequences', { pre_tokenizer: times(3, times(3, replace({ String: 'a' }, 'a'.repeat(10)))) }],
    ['the text before a match for it', { normalizer: replace({ Regex: 'a' }, '$`$`') }],
    ['a token of a million letters', { model: { ...plain.model, vocab: { '<unk>': 0, ['a'.repeat(1e6)]: 1 } } }],
    ['an added token of a million letters', { added_tokens: [{ id: 0, content: 'a'.repeat(1e6) }] }],
  ])('%s', async (_, change) => {
    await expect(open(change, refusesAll)).rejects.toMatchObject({ code: 'E_TOKENIZER_FILE' });
  });
});

test('what a worker says after it was stopped answers no later question', async () => {
  vi.useFakeTimers();
  try {
    const late: (() => void)[] = [];
    const start: StartWorker = ({ onAnswer }): ForeignWorker => ({
      ask: ({ kind }) => {
        const answer = kind === 'open' ? { tokens: ['<unk>', 'a', 'b'] } : { ids: [late.length] };
        if (kind === 'open') onAnswer(answer);
        else late.push(() => onAnswer(answer));
      },
      end: () => {},
    });
    const tokenizer = await open({}, start);
    const first = Promise.resolve(tokenizer.encode('a'));
    const refused = expect(first).rejects.toMatchObject({ code: 'E_TOKENIZER_SLOW' });
    await vi.advanceTimersByTimeAsync(3000);
    await refused;
    const second = tokenizer.encode('b');
    await vi.advanceTimersByTimeAsync(1);
    late[0]!();
    late[1]!();
    expect(await second).toEqual([1]);
  } finally {
    vi.useRealTimers();
  }
});

describe('a worker that breaks down', () => {
  const failing = (fail: (failure: (cause: unknown) => void, ready: () => void) => void): StartWorker => {
    return ({ onAnswer, onFailure }): ForeignWorker => {
      fail(onFailure, () => onAnswer({ ready: true }));
      return { ask: () => {}, end: () => {} };
    };
  };

  test('before it is ready lacks its package', async () => {
    const start = failing((failure) => setTimeout(() => failure(new Error('no such file')), 1));
    await expect(open({}, start)).rejects.toMatchObject({ code: 'E_TOKENIZER_PACKAGE' });
    const throwing: StartWorker = () => {
      throw new Error('Worker is not defined');
    };
    await expect(open({}, throwing)).rejects.toMatchObject({ code: 'E_TOKENIZER_PACKAGE' });
  });

  test('later has run out of memory', async () => {
    const start = failing((failure, ready) => setTimeout(() => (ready(), failure(new Error('ended'))), 1));
    await expect(open({}, start)).rejects.toMatchObject({ code: 'E_TOKENIZER_SLOW' });
  });
});
