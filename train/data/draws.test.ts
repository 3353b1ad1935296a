/** Chance of data: each use, seed, epoch and sample has its own, and it is the same in every version. */
import { expect, test } from 'vitest';
import { drawOfText, drawUniforms, drawWords } from './draws.ts';
import { permute } from './permutation.ts';

const key = { seed: 1, epoch: 0 };

test('each use, seed, epoch, index and attempt has numbers of its own', () => {
  const drawn = [
    drawWords('order', key, 0),
    drawWords('crop', key, 0),
    drawWords('caption', key, 0),
    drawWords('replacement', key, 0),
    drawWords('crop', { seed: 2, epoch: 0 }, 0),
    drawWords('crop', { seed: 1, epoch: 1 }, 0),
    drawWords('crop', key, 1),
    drawWords('crop', key, 0, 1),
  ].flat();
  expect(new Set(drawn).size).toBe(drawn.length);
});

test('are in [0, 1), and even', () => {
  const numbers = Array.from({ length: 1000 }, (_, index) => drawUniforms('crop', key, index)).flat();
  expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
  const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  // Five deviations of a mean of 4000.
  expect(Math.abs(mean - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / 4000));
});

test('of a text, depend on each letter of it and on where it stands', () => {
  const texts = ['', 'a', 'b', 'ab', 'ba', 'abcd', 'abcde', 'abcdx', 'abcd\0', 'xbcdabcd', 'abcdxbcd'];
  const drawn = texts.map((text) => drawOfText('validation', 1, text));
  expect(new Set([...drawn, drawOfText('validation', 2, 'a'), drawOfText('order', 1, 'a')]).size).toBe(13);
});

test('stay what they are: a run that goes on with another version sees what it would have seen', () => {
  expect(drawWords('crop', { seed: 7, epoch: 3 }, 11)).toEqual([4234691337, 2417844628, 3321060765, 1568197039]);
  expect(drawOfText('validation', 7, 'squares/0001.png')).toBe(0.3974200345110148);
  const order = Array.from({ length: 10 }, (_, place) => permute(place, 10, { seed: 7, epoch: 3 }));
  expect(order).toEqual([1, 4, 2, 8, 6, 5, 3, 7, 9, 0]);
});
