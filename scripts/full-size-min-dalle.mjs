/**
 * DALL·E mini at its published size, 438 million weights and a VQGAN, as part of `npm run test:full`: writes the five
 * files with generated weights (full-size/min-dalle.mjs), converts them with the command, draws a picture of 256 × 256
 * for a text on the CPU device, and holds its tokens and pixels to PyTorch's in float64 (test/golden/min-dalle-size).
 * Exit code 1 where they disagree, or where the process that draws took more than 1.5 times the weights as held and
 * 500 MB.
 *
 * Writes 2.2 GB under demo-output/full-size. Generated weights draw pictures that mean nothing.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../dist/base/node/package-files.js';
import { readNpy } from '../dist/convert.js';
import { fromPixels, loadDalle, loadImage, open, openModelFolder, savePng } from '../dist/node.js';
import { hashWeights, writeFullSize } from './full-size/min-dalle.mjs';
import { check, runNode, step } from './full-size/report.mjs';

/** Where the two best logits are closer than this many times PyTorch's own float32 error, either token is right. */
const errorRatio = 16;
const maxDisagreement = 0.001;
const maxPixelError = 2;
const maxMeanPixelError = 0.05;
const guidance = 16;

const golden = join(packageRoot, 'test/golden/min-dalle-size');
const outputFolder = join(packageRoot, 'demo-output/full-size/min-dalle');
const model = join(outputFolder, 'model');
const record = JSON.parse(readFileSync(join(golden, 'golden.json'), 'utf8'));

function readGolden(name) {
  return readNpy(readFileSync(join(golden, `${name}.npy`)), name).data;
}

const wanted = Int32Array.from(readGolden('tokens.f64'));
const gaps = readGolden('gap');

/** Places of tokens that are not PyTorch's, and of those for which its own error is no excuse. */
function compareTokens(label, tokens) {
  const differing = [...tokens.keys()].filter((at) => tokens[at] !== wanted[at]);
  const unexplained = differing.filter((at) => gaps[at] > errorRatio * record.errors.guided.maxError);
  check(
    differing.length <= maxDisagreement * wanted.length && unexplained.length === 0,
    `${label}: ${wanted.length - differing.length} of ${wanted.length} are PyTorch's (float64), ${unexplained.length} ` +
      `differ for no reason; ${new Set(tokens).size} distinct`,
  );
}

/** The best of each row of guided logits: of [2, V], with the words and without. */
function pickGuided(logits) {
  const width = logits.length / 2;
  let best = 0;
  const guided = (at) => logits[width + at] + guidance * (logits[at] - logits[width + at]);
  for (let at = 1; at < width; at++) if (guided(at) > guided(best)) best = at;
  return best;
}

/** The best token at each place behind PyTorch's own: one that differs spoils none after it. */
async function followGiven(transformer, { text, emptyText }) {
  const decoding = await transformer.begin(Int32Array.of(...text, ...emptyText), 2);
  const tokens = [pickGuided(decoding.first)];
  for (const token of wanted.subarray(0, -1)) tokens.push(pickGuided(await decoding.step(Int32Array.of(token, token))));
  decoding.dispose();
  return tokens;
}

async function draw(dalle) {
  let last;
  for await (const drawn of dalle.generate(record.text, { count: 1, seed: 1, topK: 1, guidance })) last = drawn;
  return last;
}

function comparePixels(actual, picture) {
  const errors = actual.data.map((value, i) => Math.abs(value - picture.data[i]));
  const largest = errors.reduce((most, error) => Math.max(most, error), 0);
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  check(
    largest <= maxPixelError && mean <= maxMeanPixelError,
    `pixels, decoding PyTorch's tokens: within ${largest} of 255, ${mean.toFixed(5)} on average`,
  );
}

async function writeFiles() {
  for (const [file, sha256] of Object.entries(record.weights)) {
    if ((await hashWeights(file)) !== sha256) throw new Error(`the weights of ${file}.pt are not those PyTorch had`);
  }
  await writeFullSize(outputFolder);
}

async function drawAndCompare() {
  const device = await open({ device: 'cpu' });
  const dalle = await loadDalle(model, { device });
  const { manifest } = await openModelFolder(model, []);
  const rows = await dalle.transformer.prepareText(dalle.tokenizer, record.text);
  check([...rows.text].join() === record.textTokens.join(), 'the text has the tokens that PyTorch had');
  await step('read the text, with what is packed', async () => {
    (await dalle.transformer.begin(Int32Array.of(...rows.text, ...rows.emptyText), 2)).dispose();
  });
  const given = await step('256 steps with guidance', () => followGiven(dalle.transformer, rows));
  const drawn = await step('draw a picture of 256 × 256', () => draw(dalle));
  const tokens = { data: wanted, shape: [1, 16, 16] };
  const decoded = await step('its tokens to pixels once more', () => dalle.coder.decode(tokens));
  console.log(`\n${device.description}; ${process.platform} ${process.arch}, Node ${process.versions.node}`);
  compareTokens('each token behind those before it', given);
  compareTokens('drawn', drawn.tokens.data);
  comparePixels(fromPixels(decoded.data, decoded.shape)[0], await loadImage(join(golden, 'picture.png')));
  await savePng(join(outputFolder, 'picture.png'), fromPixels(drawn.image.data, drawn.image.shape)[0]);
  const files = Object.values(manifest.parts).flatMap(({ files }) => files);
  const held = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const peak = process.resourceUsage().maxRSS * 1024;
  const most = 1.5 * held + 500e6;
  check(
    peak <= most,
    `peak resident memory: ${(peak / 1e6).toFixed(0)} MB of ${(most / 1e6).toFixed(0)}; weights as held ${(held / 1e6).toFixed(0)} MB`,
  );
  await dalle.dispose();
  device.dispose();
}

const [mode] = process.argv.slice(2);
if (mode === 'write') await writeFiles();
else {
  await step('write the files, and check their weights', () => runNode(fileURLToPath(import.meta.url), 'write'));
  const names = ['encoder.pt', 'decoder.pt', 'detoker.pt', 'vocab.json', 'merges.txt'];
  const words = ['convert', ...names.map((name) => join(outputFolder, name)), '-o', model, '--force', '--quiet'];
  await step('convert them', () => runNode(join(packageRoot, 'dist/cli/main.js'), ...words));
  await drawAndCompare();
}
