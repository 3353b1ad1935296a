/**
 * Renders the things of the scenes again: scripts/scenes/sprites.png, which is committed. Its source is Fluent Emoji
 * (Microsoft, MIT), as an npm package has it; neither that package nor the renderer is needed for anything else.
 *
 * Usage: npm install --no-save @iconify-json/fluent-emoji-flat@1.2.6 @resvg/resvg-js@2.6.2
 *        npm run build && node scripts/scenes/make-sprites.mjs
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { encodePng } from '../../dist/images/node/png.js';
import { layOutSheet, sheetFile } from './sprites.mjs';
import { SIZES, THINGS } from './world.mjs';

const { Resvg } = await import('@resvg/resvg-js');
const icons = createRequire(import.meta.url).resolve('@iconify-json/fluent-emoji-flat/icons.json');
const set = JSON.parse(readFileSync(icons, 'utf8'));

/** RGBA of an icon, `side` pixels wide and high, its colours multiplied by alpha. */
function render(name, side) {
  const { body, width = set.width ?? 32 } = set.icons[name];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${width}">${body}</svg>`;
  // Looking for the system's fonts takes half a minute, and there are no letters here.
  return new Resvg(svg, { font: { loadSystemFonts: false }, fitTo: { mode: 'width', value: side } }).render().pixels;
}

const sheet = layOutSheet(THINGS.map(({ icon }) => SIZES.map(({ side }) => render(icon, side))));
const png = encodePng(sheet, {
  Source: 'Fluent Emoji, copyright (c) Microsoft Corporation, MIT: https://github.com/microsoft/fluentui-emoji',
});
writeFileSync(sheetFile, png);
process.stdout.write(`${sheetFile}: ${sheet.width} × ${sheet.height}, ${png.length} bytes\n`);
