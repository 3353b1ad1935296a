/**
 * Draws the pictures of the README with the model of the package: `npm run build && node scripts/make-pictures.mjs`.
 * Every one has the same seed, none is chosen among others, and each tells by itself how it was drawn, so that
 * `dalle-gl generate --repeat` draws it again.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { packageRoot } from '../dist/base/node/package-files.js';

const seed = 7;
const prompts = [
  ...['red heart', 'blue butterfly', 'purple umbrella', 'rocket', 'castle'],
  ...['owl', 'green apple', 'blue whale', 'yellow banana', 'purple frog'],
];

/** Draws `count` pictures into one file of docs/images. */
function draw(text, count) {
  const words = ['generate', text, '-n', count, '--seed', seed, '-o', '-', '--quiet', '--no-calibrate'].map(String);
  const png = execFileSync(process.execPath, [join(packageRoot, 'dist/cli/main.js'), ...words]);
  const file = join(packageRoot, 'docs/images', `${text.replaceAll(' ', '-')}-${seed}.png`);
  writeFileSync(file, png);
  process.stdout.write(`${file}: ${png.length} bytes\n`);
}

for (const prompt of prompts) draw(prompt, 1);
draw('blue cat face', 4);
