/**
 * Scores pictures of scenes without a net: reads each back by template matching and compares it with what should be
 * there. Originals score 100 %.
 *
 * Usage: node scripts/scenes/score.mjs PICTURES [--scenes FILE] [--json]      (`npm run build` comes first)
 *
 * PICTURES holds 64 × 64 PNGs of the names that FILE gives (PICTURES/scenes.jsonl unless told; draw.mjs writes one).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { decodePng } from '../../dist/images/node/png.js';
import { createReader } from './read-scene.mjs';
import { scoreScenes } from './score-scenes.mjs';
import { readSprites, sheetFile } from './sprites.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { scenes: { type: 'string' }, json: { type: 'boolean', default: false } },
});
if (positionals.length !== 1) {
  console.error('score: name one folder of pictures');
  process.exit(2);
}

const [folder] = positionals;
const read = createReader(readSprites(decodePng(readFileSync(sheetFile))));
const lines = readFileSync(values.scenes ?? join(folder, 'scenes.jsonl'), 'utf8')
  .trim()
  .split('\n');
const pairs = lines.map((line) => {
  const { file, ...scene } = JSON.parse(line);
  return { scene, read: read(decodePng(readFileSync(join(folder, file)))) };
});
const { pictures, things, ...shares } = scoreScenes(pairs);
if (values.json) process.stdout.write(`${JSON.stringify({ pictures, things, ...shares })}\n`);
else {
  const percents = Object.entries(shares).map(([name, share]) => `${name} ${(share * 100).toFixed(1)} %`);
  process.stdout.write(`${pictures} pictures of ${things} things: ${percents.join(', ')}\n`);
}
