/**
 * `npm run demo`: from the checkpoints' pickles to reconstructed pictures, and from texts to pictures, by the library's
 * public functions. Says first what happened and where the pictures are; everything it writes is under demo-output/.
 */
import { mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import {
  composeGrid,
  composeSideBySide,
  convertToModelFolder,
  fromPixels,
  loadDVAE,
  loadDalle,
  loadImage,
  open,
  preparePicture,
  psnr,
  savePng,
  toPixels,
} from '../dist/node.js';
import { packageRoot } from '../dist/base/node/package-files.js';

const checkpoints = join(packageRoot, 'test/data/emoji-dvae');
const outputFolder = join(packageRoot, 'demo-output');
const pictures = [
  { file: 'astronaut.png', size: 256 },
  { file: 'emoji.png', size: 'keep' },
];

/** The last is a colour that the model never saw on this thing. */
const texts = ['red heart', 'rocket', 'blue butterfly', 'purple frog'];
const seed = 7;

/** Runs `work` and gives its result with the seconds it took. */
async function time(work) {
  const start = performance.now();
  const result = await work();
  return { result, seconds: ((performance.now() - start) / 1000).toFixed(2) };
}

async function reconstruct(dvae, { file, size }) {
  const original = preparePicture(await loadImage(join(packageRoot, 'docs/pictures', file)), { size });
  const { width, height } = original;
  const encoded = await time(() => dvae.encode({ data: toPixels(original), shape: [1, 3, height, width] }));
  const decoded = await time(() => dvae.decode(encoded.result));
  const picture = fromPixels(decoded.result.data, decoded.result.shape)[0];
  const output = join(outputFolder, file);
  await savePng(output, composeSideBySide([original, picture], 8));
  const tokens = encoded.result.data;
  return [
    `${relative(process.cwd(), output)}`,
    `    the picture beside its reconstruction: ${width} × ${height}, PSNR ${psnr(original, picture).toFixed(2)} dB`,
    `    ${tokens.length} tokens (${new Set(tokens).size} distinct) in ${encoded.seconds} s, and back in ${decoded.seconds} s`,
  ].join('\n');
}

/** One picture for each text, side by side in one file. */
async function generate(dalle) {
  const drawn = [];
  const { seconds } = await time(async () => {
    for (const text of texts) {
      for await (const { image } of dalle.generate(text, { count: 1, seed })) {
        if (image) drawn.push(...fromPixels(image.data, image.shape));
      }
    }
  });
  const output = join(outputFolder, 'generated.png');
  await savePng(output, composeGrid(drawn, { columns: drawn.length, gap: 8 }));
  const { width, height } = drawn[0];
  return [
    `${relative(process.cwd(), output)}`,
    `    ${texts.map((text) => `"${text}"`).join(', ')}: ${width} × ${height} each, seed ${seed}, ${seconds} s in all`,
  ].join('\n');
}

await mkdir(outputFolder, { recursive: true });
const model = join(outputFolder, 'model');
const sources = ['encoder.pkl', 'decoder.pkl'].map((name) => join(checkpoints, name));
const converted = await time(() => convertToModelFolder({ sources, out: model, force: true }));
const device = await open();
const dvae = await loadDVAE(model, { device });
const reports = [];
for (const picture of pictures) reports.push(await reconstruct(dvae, picture));
await dvae.dispose();
const dalle = await loadDalle(undefined, { device });
const generated = await generate(dalle);
await dalle.dispose();
const { description } = device;
device.dispose();

process.stdout.write(`
Two pictures went through DALL·E's discrete VAE, from PyTorch's pickles to pixels:

${reports.join('\n')}

Four texts became pictures, token by token, by a transformer over the same tokens:

${generated}

Device:  ${description}
Weights: ${(converted.result.bytes / 1e6).toFixed(1)} MB converted from encoder.pkl and decoder.pkl in ${converted.seconds} s

These small weights are ours, not OpenAI's. The discrete VAE was trained on emoji, and photographs come out as rough
mosaics. The transformer has learnt 64 emoji by heart; it never saw a purple frog, and that is how it looks. Draw others:

  npx --no-install dalle-gl generate "owl" -n 4 --seed 7 -o owls.png

OpenAI never released its transformer. Its discrete VAE (about 390 MB) converts in the same way as this one:

  curl -LO https://cdn.openai.com/dall-e/encoder.pkl
  curl -LO https://cdn.openai.com/dall-e/decoder.pkl
  npx --no-install dalle-gl convert encoder.pkl decoder.pkl -o model/
  npx --no-install dalle-gl reconstruct docs/pictures/astronaut.png -m model/
`);
