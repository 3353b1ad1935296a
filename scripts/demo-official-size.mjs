/**
 * `npm run demo:official-size`: the whole road at the size OpenAI released, 390 MB of weights, without OpenAI's files.
 * Writes both pickles (generated weights, known hashes), converts them, reconstructs a 256×256 photograph, and compares
 * tokens and pixels with PyTorch's (test/golden/official-size). Exit code 1 where they disagree or memory exceeds 2 GB.
 *
 * Writes 780 MB under demo-output/official-size. Generated weights give pictures that mean nothing.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { convertToModelFolder, fromPixels, loadDVAE, loadImage, open, savePng, toPixels } from '../dist/node.js';
import { writeOfficialSizePickles } from '../dist/weights-convert/node/write-official-size.js';
import { packageRoot } from '../dist/base/node/package-files.js';
import { readNpy } from '../dist/convert.js';
import { check, step } from './full-size/report.mjs';

/** Where the two best logits are closer than this many times PyTorch's own float32 error, either token is right. */
const errorRatio = 16;
const maxDisagreement = 0.001;
const maxPixelError = 2;
const maxMeanPixelError = 0.05;
const maxMemory = 2e9;

const golden = join(packageRoot, 'test/golden/official-size');
const outputFolder = join(packageRoot, 'demo-output/official-size');
const record = JSON.parse(readFileSync(join(golden, 'golden.json'), 'utf8'));

function readGolden(name) {
  return readNpy(readFileSync(join(golden, `${name}.npy`)), name).data;
}

function compareTokens(tokens) {
  const wanted = readGolden('tokens.f64');
  const gaps = readGolden('gap');
  const differing = [...tokens.keys()].filter((i) => tokens[i] !== wanted[i]);
  const unexplained = differing.filter((i) => gaps[i] > errorRatio * record.encoder.errors.maxError);
  check(
    differing.length <= maxDisagreement * wanted.length && unexplained.length === 0,
    `tokens: ${wanted.length - differing.length} of ${wanted.length} are PyTorch's (float64); ` +
      `${unexplained.length} differ for no reason; ${new Set(tokens).size} distinct`,
  );
}

function comparePixels(actual, wanted) {
  const errors = actual.data.map((value, i) => Math.abs(value - wanted.data[i]));
  const largest = errors.reduce((most, error) => Math.max(most, error), 0);
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  check(
    largest <= maxPixelError && mean <= maxMeanPixelError,
    `pixels, decoding PyTorch's tokens: within ${largest} of 255, ${mean.toFixed(5)} on average`,
  );
}

const files = await step('write the pickles, and check their hashes', () => writeOfficialSizePickles(outputFolder));
const model = join(outputFolder, 'model');
await step('convert them', () => {
  return convertToModelFolder({ sources: files.map(({ path }) => path), out: model, force: true });
});
const device = await step('open a device', () => open());
const dvae = await loadDVAE(model, { device });
const photograph = await loadImage(join(golden, record.input.file));
const pixels = { data: toPixels(photograph), shape: [1, 3, photograph.height, photograph.width] };
const wantedTokens = { data: readGolden('tokens.f64'), shape: [1, 32, 32] };
await step('encoder: compile, and pack weights', () => dvae.planFor('encode', pixels.shape).prepare());
const tokens = await step('encode 256×256', () => dvae.encode(pixels));
await step('decoder: compile, and pack weights', () => dvae.planFor('decode', wantedTokens.shape).prepare());
const decoded = await step('decode 32×32 tokens', () => dvae.decode(wantedTokens));
const picture = fromPixels(decoded.data, decoded.shape)[0];
await savePng(join(outputFolder, 'reconstruction.png'), picture);

console.log(`\n${device.description}; ${process.platform} ${process.arch}, Node ${process.versions.node}`);
compareTokens(tokens.data);
comparePixels(picture, await loadImage(join(golden, 'reconstruction.png')));
const peak = process.resourceUsage().maxRSS * 1024;
check(peak <= maxMemory, `peak resident memory of the whole process: ${(peak / 1e9).toFixed(2)} GB`);
await dvae.dispose();
device.dispose();
