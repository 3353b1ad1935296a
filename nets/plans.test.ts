/** The session: one plan of a kind, loans that end when nothing runs, files closed last and once. */
import { expect, test } from 'vitest';
import { Plans } from './plans.ts';

const disposedError = expect.objectContaining({
  name: 'ContextError',
  code: 'E_DISPOSED',
  message: 'run: this net was disposed. Load it again.',
});

/** A session whose plans write down what happens to them. */
function makeSession(): { session: Plans; log: string[]; make: (name: string) => () => { dispose(): void } } {
  const log: string[] = [];
  const file = {
    close: async () => {
      await undefined;
      log.push('close');
    },
  };
  const make = (name: string) => () => {
    log.push(`make ${name}`);
    return { dispose: () => void log.push(`free ${name}`) };
  };
  return { session: new Plans('net', [file, undefined]), log, make };
}

function makeRun(): { run: Promise<number>; end: (value: number) => void; fail: (error: Error) => void } {
  let end!: (value: number) => void;
  let fail!: (error: Error) => void;
  const run = new Promise<number>((resolve, reject) => ([end, fail] = [resolve, reject]));
  return { run, end, fail };
}

test('a plan is made once for a key, and another key replaces it: the old one goes first', () => {
  const { session, log, make } = makeSession();
  const first = session.get('encode', '1', make('a'));
  expect(session.get('encode', '1', make('b'))).toBe(first);
  session.get('decode', '1', make('c'));
  session.get('encode', '2', make('d'));
  expect(log).toEqual(['make a', 'make c', 'free a', 'make d']);
});

test('a plan that cannot be made leaves none behind', () => {
  const { session, log, make } = makeSession();
  session.get('encode', '1', make('a'));
  const fail = (): never => {
    throw new Error('too large');
  };
  expect(() => session.get('encode', '2', fail)).toThrow('too large');
  session.get('encode', '1', make('b'));
  expect(log).toEqual(['make a', 'free a', 'make b']);
});

test('a loan is given back for the next of its key; two at a time are two plans, and the later one is kept', () => {
  const { session, log, make } = makeSession();
  const first = session.lend('decoding', '1', make('a'));
  const second = session.lend('decoding', '1', make('b'));
  expect(second.plan).not.toBe(first.plan);
  first.giveBack();
  first.giveBack();
  second.giveBack();
  expect(log).toEqual(['make a', 'make b', 'free a']);
  expect(session.lend('decoding', '1', make('c')).plan).toBe(second.plan);
  expect([first.isOver, second.isOver]).toEqual([true, true]);
});

test('a loan that is given back while it runs is over, and free once the run is done', async () => {
  const { session, log, make } = makeSession();
  const loan = session.lend('decoding', '1', make('a'));
  const { run, end } = makeRun();
  const result = loan.track(run);
  loan.giveBack();
  expect(loan.isOver).toBe(true);
  const other = session.lend('decoding', '1', make('b'));
  end(3);
  expect(await result).toBe(3);
  expect(session.lend('decoding', '1', make('c')).plan).toBe(loan.plan);
  expect(other.isOver).toBe(false);
  expect(log).toEqual(['make a', 'make b']);
});

test.each([false, true])(
  'disposing waits for what runs, frees what is lent, and then closes; failing: %s',
  async (fails) => {
    const { session, log, make } = makeSession();
    session.get('encode', '1', make('kept'));
    const idle = session.lend('other', '1', make('idle'));
    const loan = session.lend('decoding', '1', make('lent'));
    const { run, end, fail } = makeRun();
    const result = loan.track(run).catch((error: Error) => error.message);
    log.length = 0;
    const ends = [session.dispose(), session.dispose()];
    expect([session.isDisposed, loan.isOver, idle.isOver]).toEqual([true, true, true]);
    expect(() => session.check('run')).toThrow(disposedError);
    expect(log).toEqual(['free kept', 'free idle']);
    if (fails) fail(new Error('lost'));
    else end(1);
    await Promise.all(ends);
    expect(await result).toBe(fails ? 'lost' : 1);
    expect(log).toEqual(['free kept', 'free idle', 'free lent', 'close']);
  },
);

test('a session that goes on refuses nothing', () => {
  const { session } = makeSession();
  session.check('run');
  expect(session.isDisposed).toBe(false);
});
