/**
 * The world of scenes: that a picture and its captions are functions of seed and index, that what is held out is never
 * shown, and that every picture is read back as what it shows, which is what scores of models rest on.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { decodePng } from '../../images/node/png.ts';
import { uniformAt } from '../../nets/sampling/random.ts';
import { countWords, describePlainly, MOST_WORDS } from './caption.mjs';
import { drawScene } from './draw-scene.mjs';
import { makeExample } from './example.mjs';
import { createReader } from './read-scene.mjs';
import { scoreScenes } from './score-scenes.mjs';
import { readSprites, sheetFile } from './sprites.mjs';
import { BACKGROUNDS, COLOURS, findHeldOut, HELD_COMPANY, HELD_PAIRS, listThings, SPLITS, THINGS } from './world.mjs';
import type { Scene, Split } from './world.mjs';

const sprites = readSprites(decodePng(readFileSync(sheetFile)));
const read = createReader(sprites);

function chooseScenes(split: Split, count: number): Scene[] {
  return Array.from({ length: count }, (_, index) => makeExample(uniformAt, { seed: 7, split, index }).scene);
}

test.each(SPLITS)('pictures of the split %s are read back as what they show', (split) => {
  const scenes = chooseScenes(split, 16);
  const score = scoreScenes(scenes.map((scene) => ({ scene, read: read(drawScene(scene, sprites)) })));
  expect(score).toMatchObject({ background: 1, count: 1, place: 1, thing: 1, colour: 1, size: 1, whole: 1 });
});

test('every thing in every colour and size is read back on every background', () => {
  const places = { small: 'top left', large: 'bottom right', huge: 'centre' } as const;
  for (const [i, { name: thing }] of THINGS.entries()) {
    for (const [j, { name: colour }] of COLOURS.entries()) {
      // One size a picture, every size and background in turn.
      const size = (['small', 'large', 'huge'] as const)[(i + j) % 3]!;
      const background = BACKGROUNDS[(i + 2 * j) % 4]!.name;
      const scene = { background, groups: [{ thing, colour, size, places: [places[size]] }] };
      expect(read(drawScene(scene, sprites))).toEqual({ background, things: listThings(scene) });
    }
  }
});

test('training is never shown what is held out, and each other split shows its own in every picture', () => {
  for (const scene of chooseScenes('seen', 3000)) expect(findHeldOut(scene)).toEqual([]);
  for (const split of ['pairs', 'company'] as const) {
    for (const scene of chooseScenes(split, 300)) expect(findHeldOut(scene)).toEqual([split]);
  }
  const inPairs = new Set(
    chooseScenes('pairs', 600)
      .flatMap(listThings)
      .map(({ thing, colour }) => `${colour} ${thing}`),
  );
  for (const { thing, colour } of HELD_PAIRS) expect(inPairs).toContain(`${colour} ${thing}`);
  expect(new Set(HELD_COMPANY.flat()).size).toBe(THINGS.length);
});

test('training is shown all that is not held out', () => {
  const shown = new Set(
    chooseScenes('seen', 3000)
      .flatMap(listThings)
      .map((one) => [one.thing, one.colour, one.size].join()),
  );
  expect(shown.size).toBe((THINGS.length * COLOURS.length - HELD_PAIRS.length) * 3);
});

test('an example is a function of seed, split and index', () => {
  const make = (seed: number, index: number, split: Split = 'seen') =>
    JSON.stringify(makeExample(uniformAt, { seed, index, split, captions: 3 }));
  expect(make(1, 5)).toBe(make(1, 5));
  expect(new Set([make(1, 5), make(2, 5), make(1, 6), make(1, 5, 'pairs')]).size).toBe(4);
  expect(makeExample(uniformAt, { seed: 1, index: 5, captions: 1 }).scene).toEqual(JSON.parse(make(1, 5)).scene);
});

test('captions tell things and colours in at most 24 words, each scene in many ways', () => {
  const words = new Set<string>();
  for (let index = 0; index < 500; index++) {
    const { scene, captions } = makeExample(uniformAt, { seed: 3, index, captions: 12 });
    expect(new Set(captions).size).toBeGreaterThan(3);
    for (const caption of captions) {
      expect(countWords(caption), caption).toBeLessThanOrEqual(MOST_WORDS);
      for (const { colour, thing } of scene.groups) expect(caption).toMatch(new RegExp(`${colour} ${thing}`));
      caption.split(' ').forEach((word) => words.add(word));
    }
  }
  expect(words.size).toBeLessThan(80);
});

test('the plain caption leaves nothing out', () => {
  const scene: Scene = {
    background: 'night',
    groups: [
      { thing: 'heart', colour: 'red', size: 'small', places: ['top left'] },
      { thing: 'car', colour: 'blue', size: 'large', places: ['top right', 'bottom right'] },
    ],
  };
  expect(describePlainly(scene)).toBe(
    'small red heart top left and two large blue cars top right bottom right on night',
  );
});

test('a score says what is wrong, and a missing thing has nothing right', () => {
  const scene: Scene = {
    background: 'sand',
    groups: [{ thing: 'key', colour: 'red', size: 'small', places: ['top left', 'top right'] }],
  };
  const right = { background: 'sand', things: listThings(scene) };
  const missing = { ...right, things: right.things.slice(0, 1) };
  const other = { background: 'sky', things: right.things.map((thing) => ({ ...thing, colour: 'blue' })) };
  const more = { ...right, things: [...right.things, { ...right.things[0]!, place: 'bottom left' }] };
  const score = scoreScenes([right, missing, other, more].map((found) => ({ scene, read: found })));
  expect(score).toEqual({
    ...{ pictures: 4, things: 8, background: 0.75, count: 0.5, whole: 0.25 },
    ...{ place: 7 / 8, thing: 7 / 8, colour: 5 / 8, size: 7 / 8 },
  });
});
