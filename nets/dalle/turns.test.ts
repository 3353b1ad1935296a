/** Others get a turn once the time is up, and not before. */
import { expect, test } from 'vitest';
import { createTurns } from './turns.ts';

test('a turn is given when 50 ms have passed since the last', async () => {
  let clock = 0;
  const giveTurn = createTurns(() => clock);
  const hadTurn = async (): Promise<boolean> => {
    let had = false;
    const timer = setTimeout(() => (had = true));
    await giveTurn();
    clearTimeout(timer);
    return had;
  };
  expect(await hadTurn()).toBe(false);
  clock = 49;
  expect(await hadTurn()).toBe(false);
  clock = 51;
  expect(await hadTurn()).toBe(true);
  clock = 100;
  expect(await hadTurn()).toBe(false);
  clock = 101;
  expect(await hadTurn()).toBe(true);
});
