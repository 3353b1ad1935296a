/**
 * Draws the pictures of docs/small-model.md with the model of the package, and puts four of them in a row for the
 * README: `npm run build && node scripts/make-pictures.mjs`. Every one has the same seed, none is chosen among others,
 * and each tells by itself how it was drawn, so that `dalle-gl generate --repeat` draws it again.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { packageRoot } from '../dist/base/node/package-files.js';
import { composeSideBySide, loadImage, savePng } from '../dist/node.js';

const seed = 7;
const prompts = [
  ...['red heart', 'blue butterfly', 'purple umbrella', 'rocket', 'castle'],
  ...['owl', 'green apple', 'blue whale', 'yellow banana', 'purple frog'],
];
/** The texts of `npm run demo`, whose last picture is the same. */
const row = ['red heart', 'rocket', 'blue butterfly', 'purple frog'];

function fileOf(name) {
  return join(packageRoot, 'docs/images', `${name.replaceAll(' ', '-')}-${seed}.png`);
}

/** Draws `count` pictures into one file of docs/images. */
function draw(text, count) {
  const words = ['generate', text, '-n', count, '--seed', seed, '-o', '-', '--quiet', '--no-calibrate'].map(String);
  const png = execFileSync(process.execPath, [join(packageRoot, 'dist/cli/main.js'), ...words]);
  const file = fileOf(text);
  writeFileSync(file, png);
  process.stdout.write(`${file}: ${png.length} bytes\n`);
}

for (const prompt of prompts) draw(prompt, 1);
draw('blue cat face', 4);
const pictures = await Promise.all(row.map((text) => loadImage(fileOf(text))));
await savePng(fileOf('four-texts'), composeSideBySide(pictures, 8));
