/**
 * CLIP ViT-B/32 at its published size, as part of `npm run test:full`: writes an archive of generated weights
 * (full-size/clip.mjs), converts it with the command, encodes two pictures and two texts on the CPU device, and
 * compares the vectors with PyTorch's in float64 (test/golden/clip-size). Exit code 1 where they disagree, or where
 * the process that computes took more than 1.5 times the weights as held and 500 MB.
 *
 * Writes 960 MB under demo-output/full-size.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../dist/base/node/package-files.js';
import { readNpy } from '../dist/convert.js';
import { prepareForClip, toClipPixels } from '../dist/images/clip-pixels.js';
import { Clip, loadImage, open, openModelFolder } from '../dist/node.js';
import { hashWeights, writeFullSize } from './full-size/clip.mjs';
import { check, runNode, step } from './full-size/report.mjs';

const golden = join(packageRoot, 'test/golden/clip-size');
const record = JSON.parse(readFileSync(join(golden, 'golden.json'), 'utf8'));
const folder = join(packageRoot, 'demo-output/full-size');
const archive = join(folder, 'ViT-B-32.pt');
const model = join(folder, 'clip');

function readGolden(name) {
  return readNpy(readFileSync(join(golden, `${name}.npy`)), name).data;
}

function compare(what, actual, wanted, { maxError }) {
  const error = actual.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i])), 0);
  const isNumber = actual.every(Number.isFinite) && actual.length === wanted.length;
  check(
    isNumber && error <= 16 * maxError,
    `${what}: ${actual.length} numbers within ${error.toExponential(2)} of PyTorch's float64; its own float32 ${maxError.toExponential(2)}`,
  );
}

const [mode] = process.argv.slice(2);
if (mode === 'write') {
  if (hashWeights() !== record.weightsSha256) throw new Error('the generator made other weights than NumPy did');
  await writeFullSize(archive);
} else {
  await step('write the archive, and check its weights', () => runNode(fileURLToPath(import.meta.url), 'write'));
  const words = ['convert', archive, '-o', model, '--force', '--quiet'];
  await step('convert it', () => runNode(join(packageRoot, 'dist/cli/main.js'), ...words));
  const device = await open({ device: 'cpu' });
  const { clip: weights, manifest } = await openModelFolder(model, ['clip']);
  const held = manifest.parts.clip.files.reduce((sum, { bytes }) => sum + bytes, 0);
  const tokenizer = { vocabularySize: 49_408, encode: () => [], decode: () => '', explain: () => [] };
  const clip = new Clip(weights, tokenizer, { device });
  const picture = await loadImage(join(packageRoot, 'docs/pictures/astronaut.png'));
  const prepared = toClipPixels(prepareForClip(picture, 224));
  const pixels = new Float32Array(2 * prepared.length);
  pixels.set(prepared);
  pixels.set(prepared.toReversed(), prepared.length);
  const shape = [2, 3, 224, 224];
  const images = await step('two pictures, with what is packed', () => clip.encodeImages({ data: pixels, shape }));
  await step('two pictures again', () => clip.encodeImages({ data: pixels, shape }));
  const texts = await step('two texts, with what is packed', () => clip.encodeText(readGolden('text')));
  await step('two texts again', () => clip.encodeText(readGolden('text')));
  console.log(`\n${device.description}; ${process.platform} ${process.arch}, Node ${process.versions.node}`);
  compare('pictures', images.data, readGolden('imageFeatures.f64'), record.errors.imageFeatures);
  compare('texts', texts.data, readGolden('textFeatures.f64'), record.errors.textFeatures);
  const peak = process.resourceUsage().maxRSS * 1024;
  const most = 1.5 * held + 500e6;
  check(
    peak <= most,
    `peak resident memory: ${(peak / 1e6).toFixed(0)} MB of ${(most / 1e6).toFixed(0)}; weights as held ${(held / 1e6).toFixed(0)} MB`,
  );
  await clip.dispose();
  device.dispose();
}
