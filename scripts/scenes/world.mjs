/**
 * The world of scenes: 64 × 64 pictures of one to four things in a 2 × 2 grid, or of one huge thing, on one of four
 * backgrounds. A scene is what a picture shows, in words; it is a pure function of the random numbers it is chosen by.
 *
 * Some of the world is never shown in training, so that what a model makes of it tells whether it composes: a colour of
 * every thing (`HELD_PAIRS`), and things that never meet in one picture (`HELD_COMPANY`).
 */

/** The side of a picture, and of a cell of its grid, in pixels. */
export const SIDE = 64;
export const CELL = 32;

/** What there is to see: its name, its plural, and the icon of Fluent Emoji that shows it. */
export const THINGS = [
  { name: 'heart', plural: 'hearts', icon: 'red-heart' },
  { name: 'star', plural: 'stars', icon: 'star' },
  { name: 'moon', plural: 'moons', icon: 'crescent-moon' },
  { name: 'umbrella', plural: 'umbrellas', icon: 'umbrella' },
  { name: 'house', plural: 'houses', icon: 'house' },
  { name: 'car', plural: 'cars', icon: 'automobile' },
  { name: 'fish', plural: 'fish', icon: 'fish' },
  { name: 'cat', plural: 'cats', icon: 'cat-face' },
  { name: 'mushroom', plural: 'mushrooms', icon: 'mushroom' },
  { name: 'tulip', plural: 'tulips', icon: 'tulip' },
  { name: 'key', plural: 'keys', icon: 'key' },
  { name: 'rocket', plural: 'rockets', icon: 'rocket' },
];

/** Colours by the hue (degrees) and the lightness that the chief colour of a thing is turned to. */
export const COLOURS = [
  { name: 'red', hue: 358, lightness: 0.52 },
  { name: 'orange', hue: 27, lightness: 0.54 },
  { name: 'yellow', hue: 52, lightness: 0.56 },
  { name: 'green', hue: 125, lightness: 0.4 },
  { name: 'blue', hue: 212, lightness: 0.5 },
  { name: 'purple', hue: 272, lightness: 0.55 },
];

/** Sides in pixels. What is huge stands in the middle, alone. */
export const SIZES = [
  { name: 'small', side: 22 },
  { name: 'large', side: 32 },
  { name: 'huge', side: 56 },
];

export const BACKGROUNDS = [
  { name: 'white', colour: [252, 252, 252] },
  { name: 'sky', colour: [198, 226, 250] },
  { name: 'sand', colour: [250, 232, 190] },
  { name: 'night', colour: [38, 40, 66] },
];

/** The middle of each place, in pixels. */
export const PLACES = [
  { name: 'top left', x: 16, y: 16 },
  { name: 'top right', x: 48, y: 16 },
  { name: 'bottom left', x: 16, y: 48 },
  { name: 'bottom right', x: 48, y: 48 },
  { name: 'centre', x: 32, y: 32 },
];
const CORNERS = PLACES.slice(0, 4).map(({ name }) => name);

/** A colour of each thing, never shown: "orange heart", "red star", … Each colour is left out twice. */
export const HELD_PAIRS = THINGS.map(({ name }, i) => ({ thing: name, colour: COLOURS[(i * 5 + 1) % 6].name }));

/** Two things that are never in one picture. Each thing has one that it never meets. */
export const HELD_COMPANY = [
  ['heart', 'rocket'],
  ['star', 'fish'],
  ['moon', 'car'],
  ['umbrella', 'tulip'],
  ['house', 'key'],
  ['cat', 'mushroom'],
];

/** What a scene may show: what is trained on, a pair never shown in each, or company never shown in each. */
export const SPLITS = ['seen', 'pairs', 'company'];

/** How many things each group has, one list a scene, with how often. A group is of one thing, colour and size. */
const GROUPINGS = [
  [[1], 4],
  [[2], 2],
  [[3], 1],
  [[4], 1],
  [[1, 1], 5],
  [[1, 2], 1],
  [[2, 1], 1],
  [[1, 1, 1], 3],
];
const HUGE_SHARE = 0.25;

/**
 * A scene of a split. `uniform()` gives the next number in [0, 1).
 * `{ background, groups: [{ thing, colour, size, places }] }`, all by name, in the order in which a caption tells them.
 */
export function chooseScene(uniform, split = 'seen') {
  const background = pick(BACKGROUNDS, uniform).name;
  if (split !== 'company' && uniform() < HUGE_SHARE) {
    const subject = chooseSubject(uniform, split === 'pairs');
    return { background, groups: [{ ...subject, size: 'huge', places: ['centre'] }] };
  }
  const counts = chooseGrouping(uniform, split);
  const subjects = chooseSubjects(uniform, split, counts.length);
  const corners = shuffle(CORNERS, uniform);
  const groups = subjects.map((subject, i) => {
    const taken = new Set(corners.splice(0, counts[i]));
    const size = pick(['small', 'large'], uniform);
    return { ...subject, size, places: CORNERS.filter((name) => taken.has(name)) };
  });
  return { background, groups };
}

/** The things of a scene one by one, in the order of places. */
export function listThings({ groups }) {
  const order = PLACES.map(({ name }) => name);
  const things = groups.flatMap(({ places, ...subject }) => places.map((place) => ({ ...subject, place })));
  return things.sort((a, b) => order.indexOf(a.place) - order.indexOf(b.place));
}

/** The splits that a scene belongs to because of what is held out; none for one that training may show. */
export function findHeldOut({ groups }) {
  const isPair = groups.some(({ thing, colour }) => isHeldPair(thing, colour));
  const names = groups.map(({ thing }) => thing);
  const isCompany = HELD_COMPANY.some((two) => two.every((name) => names.includes(name)));
  return [...(isPair ? ['pairs'] : []), ...(isCompany ? ['company'] : [])];
}

function isHeldPair(thing, colour) {
  return HELD_PAIRS.some((pair) => pair.thing === thing && pair.colour === colour);
}

function chooseGrouping(uniform, split) {
  const allowed = GROUPINGS.filter(([counts]) => split !== 'company' || counts.length === 2);
  let at = uniform() * allowed.reduce((sum, [, weight]) => sum + weight, 0);
  return (allowed.find(([, weight]) => (at -= weight) < 0) ?? allowed[0])[0];
}

/** So many things with their colours: the split's first, then what training shows. Chosen again until they may meet. */
function chooseSubjects(uniform, split, count) {
  for (;;) {
    const subjects = Array.from({ length: count }, (_, i) => chooseSubject(uniform, split === 'pairs' && i === 0));
    if (split === 'company') {
      const two = shuffle(pick(HELD_COMPANY, uniform), uniform);
      two.forEach((thing, i) => (subjects[i] = { thing, colour: chooseColour(uniform, thing) }));
    }
    const wanted = split === 'seen' ? [] : [split];
    if (findHeldOut({ groups: subjects }).join() === wanted.join() && areDifferent(subjects)) return subjects;
  }
}

function chooseSubject(uniform, held) {
  if (held) return { ...pick(HELD_PAIRS, uniform) };
  const thing = pick(THINGS, uniform).name;
  return { thing, colour: chooseColour(uniform, thing) };
}

function chooseColour(uniform, thing) {
  return pick(
    COLOURS.filter(({ name }) => !isHeldPair(thing, name)),
    uniform,
  ).name;
}

function areDifferent(subjects) {
  return new Set(subjects.map(({ thing, colour }) => `${colour} ${thing}`)).size === subjects.length;
}

export function pick(list, uniform) {
  return list[Math.floor(uniform() * list.length)];
}

/** A copy in another order (Fisher and Yates). */
export function shuffle(list, uniform) {
  const shuffled = [...list];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const other = Math.floor(uniform() * (i + 1));
    [shuffled[i], shuffled[other]] = [shuffled[other], shuffled[i]];
  }
  return shuffled;
}
