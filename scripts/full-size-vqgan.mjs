/**
 * A VQGAN f16 with 16,384 codes at its published size, as part of `npm run test:full`: writes a checkpoint of generated
 * weights (full-size/vqgan.mjs), converts it with the command, encodes a photograph of 256×256 on the CPU device, draws
 * codes again, and compares codes and pixels with those of taming's own class in PyTorch's float64
 * (test/golden/vqgan-size). Exit code 1 where they disagree, or where encoding, drawing, or both by one net, each in a
 * process of its own as the commands are, took more than 1.5 times the weights as held and 500 MB.
 *
 * Writes 630 MB under demo-output/full-size. `node scripts/full-size-vqgan.mjs webgl` computes on WebGL.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../dist/base/node/package-files.js';
import { readNpy } from '../dist/convert.js';
import { fromPixels, loadImage, loadPictureCoder, open, toPixels } from '../dist/node.js';
import { hashWeights, writeFullSize } from './full-size/vqgan.mjs';
import { check, runNode, step } from './full-size/report.mjs';

/** Where the two best codes are closer than this many times PyTorch's own float32 error, either is right. */
const errorRatio = 16;
const maxPixelError = 2;
const maxMeanPixelError = 0.05;

const golden = join(packageRoot, 'test/golden/vqgan-size');
const record = JSON.parse(readFileSync(join(golden, 'golden.json'), 'utf8'));
const folder = join(packageRoot, 'demo-output/full-size');
const checkpoint = join(folder, 'vqgan.ckpt');
const model = join(folder, 'vqgan');

function readGolden(name) {
  return readNpy(readFileSync(join(golden, `${name}.npy`)), name).data;
}

function compareTokens(tokens, wanted) {
  const gaps = readGolden('gap');
  const differing = [...tokens.keys()].filter((i) => tokens[i] !== wanted[i]);
  const unexplained = differing.filter((i) => gaps[i] > errorRatio * record.encoder.errors.maxError);
  check(
    tokens.length === wanted.length && differing.length <= 1 && unexplained.length === 0,
    `codes: ${wanted.length - differing.length} of ${wanted.length} are PyTorch's (float64); ` +
      `${unexplained.length} differ for no reason; ${new Set(tokens).size} distinct`,
  );
}

function comparePixels(actual, wanted) {
  const errors = actual.map((value, i) => Math.abs(value - wanted[i]));
  const largest = errors.reduce((most, error) => Math.max(most, error), 0);
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  check(
    actual.length === wanted.length && largest <= maxPixelError && mean <= maxMeanPixelError,
    `pixels: within ${largest} of 255, ${mean.toFixed(5)} on average`,
  );
}

/** What a process of its own may be asked for. */
const WORKS = {
  encode: async (vqgan, pixels) => (await vqgan.encode(pixels)).data,
  decode: async (vqgan, _pixels, tokens) => toBytes(await vqgan.decode(tokens)),
  reconstruct: async (vqgan, pixels) => toBytes((await vqgan.reconstruct(pixels)).pixels),
};

const toBytes = ({ data, shape }) => fromPixels(data, shape)[0].data;

/** Does one of them in this process alone, as a command does: its results, times and memory as JSON. */
async function compute(work, deviceName) {
  const device = await open({ device: deviceName });
  const vqgan = await loadPictureCoder(model, { device });
  const photograph = await loadImage(join(golden, record.input.file));
  const pixels = { data: toPixels(photograph), shape: [1, 3, photograph.height, photograph.width] };
  const tokens = { data: readGolden('tokens.f64'), shape: [1, 16, 16] };
  const seconds = [];
  let numbers;
  while (seconds.length < 2) {
    const start = performance.now();
    numbers = await WORKS[work](vqgan, pixels, tokens);
    seconds.push((performance.now() - start) / 1000);
  }
  const peak = process.resourceUsage().maxRSS * 1024;
  console.log(JSON.stringify({ numbers: [...numbers], seconds, peak, device: device.description }));
  await vqgan.dispose();
  device.dispose();
}

/** What another process computes. */
function computeApart(label, work, deviceName) {
  const told = JSON.parse(runNode(self, work, deviceName));
  const [first, again] = told.seconds.map((seconds) => seconds.toFixed(1).padStart(6));
  console.log(`${`${label}, with what is packed`.padEnd(52)} ${first} s`);
  console.log(`${`${label} again`.padEnd(52)} ${again} s   peak ${(told.peak / 1e6).toFixed(0)} MB`);
  return told;
}

const self = fileURLToPath(import.meta.url);
const [mode = 'cpu', deviceName] = process.argv.slice(2);
if (mode === 'write') {
  if (hashWeights() !== record.weights.sha256) throw new Error('the generator made other weights than NumPy did');
  await writeFullSize(checkpoint);
} else if (mode in WORKS) {
  await compute(mode, deviceName);
} else {
  await step('write the checkpoint, and check its weights', () => runNode(self, 'write'));
  const words = ['convert', checkpoint, '-o', model, '--force', '--quiet'];
  await step('convert it', () => runNode(join(packageRoot, 'dist/cli/main.js'), ...words));
  const encoded = computeApart('a photograph of 256×256 to codes', 'encode', mode);
  const drawn = computeApart('codes to a picture of 256×256', 'decode', mode);
  const both = computeApart('both, by one net', 'reconstruct', mode);
  console.log(`\n${drawn.device}; ${process.platform} ${process.arch}, Node ${process.versions.node}`);
  compareTokens(encoded.numbers, readGolden('tokens.f64'));
  const reconstruction = (await loadImage(join(golden, 'reconstruction.png'))).data;
  comparePixels(drawn.numbers, reconstruction);
  comparePixels(both.numbers, reconstruction);
  const manifest = JSON.parse(readFileSync(join(model, 'model.json'), 'utf8'));
  const held = Object.values(manifest.parts).reduce((sum, { files: [{ bytes }] }) => sum + bytes, 0);
  const peak = Math.max(encoded.peak, drawn.peak, both.peak);
  const most = 1.5 * held + 500e6;
  // A software rasteriser has its textures in the process too.
  check(
    mode !== 'cpu' || peak <= most,
    `peak resident memory: ${(peak / 1e6).toFixed(0)} MB of ${(most / 1e6).toFixed(0)}; weights as held ${(held / 1e6).toFixed(0)} MB`,
  );
}
