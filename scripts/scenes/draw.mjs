/**
 * Draws a folder of captioned pictures, as `dalle-gl train --data` reads them: 000000.png, … and captions.jsonl.
 * What each shows is in scenes.jsonl, for scripts/scenes/score.mjs; training does not look at it. A picture and its
 * captions are a function of the seed, the split and the index, whatever else is drawn.
 *
 * Usage: node scripts/scenes/draw.mjs -o DIR --count N [--seed S] [--split SPLIT] [--captions K] [--first I]
 *        (`npm run build` comes first)
 *
 * SPLIT is seen (which training may show), pairs or company (world.mjs). `--captions K` writes K captions a picture,
 * as `captions`; one is written as `caption`. Of 0, it is the plainest one, which leaves nothing out: for scores.
 * `--first I` begins at an index: a validation set is of other indices than the training set, not of another seed.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { decodePng, encodePng } from '../../dist/images/node/png.js';
import { uniformAt } from '../../dist/nets/sampling/random.js';
import { drawScene } from './draw-scene.mjs';
import { makeExample } from './example.mjs';
import { readSprites, sheetFile } from './sprites.mjs';
import { SPLITS } from './world.mjs';

const { values } = parseArgs({
  options: {
    out: { type: 'string', short: 'o' },
    count: { type: 'string' },
    seed: { type: 'string', default: '0' },
    split: { type: 'string', default: 'seen' },
    captions: { type: 'string', default: '1' },
    first: { type: 'string', default: '0' },
  },
});
const wholes = Object.fromEntries(['count', 'seed', 'captions', 'first'].map((name) => [name, Number(values[name])]));
const wrong = Object.keys(wholes).find((name) => !Number.isSafeInteger(wholes[name]) || wholes[name] < 0);
if (values.out === undefined || wrong !== undefined || !SPLITS.includes(values.split)) {
  console.error(
    `draw: ${wrong ? `--${wrong} wants a whole number` : 'wanted -o DIR --count N'}. Splits are ${SPLITS.join(', ')}.`,
  );
  process.exit(2);
}

const { count, seed, captions: each, first } = wholes;
const sprites = readSprites(decodePng(readFileSync(sheetFile)));
mkdirSync(values.out, { recursive: true });
if (readdirSync(values.out).length > 0) {
  // Pictures that were there before would be trained on too.
  console.error(`draw: ${values.out} is not empty. Name another folder, or remove it first.`);
  process.exit(1);
}
const [captions, scenes] = [[], []];
for (let index = first; index < first + count; index++) {
  const file = `${String(index).padStart(6, '0')}.png`;
  const example = makeExample(uniformAt, { seed, split: values.split, index, captions: each });
  writeFileSync(join(values.out, file), encodePng(drawScene(example.scene, sprites)));
  const told = each < 2 ? { caption: example.captions[0] } : { captions: example.captions };
  captions.push(JSON.stringify({ file, ...told }));
  scenes.push(JSON.stringify({ file, ...example.scene }));
}
writeFileSync(join(values.out, 'captions.jsonl'), `${captions.join('\n')}\n`);
writeFileSync(join(values.out, 'scenes.jsonl'), `${scenes.join('\n')}\n`);
process.stdout.write(`${values.out}: ${count} pictures, split ${values.split}, seed ${seed}\n`);
