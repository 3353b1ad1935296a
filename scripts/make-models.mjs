/**
 * Makes the model that ships with the package from its checkpoints, as halves: `npm run models -- FOLDER`. The same
 * checkpoints always give the same bytes, so models/ can be checked (scripts/make-models.test.ts).
 *
 * Usage: node scripts/make-models.mjs FOLDER [OUT]      (`npm run build` comes first; OUT is models/emoji unless told)
 *
 * FOLDER holds the transformer's checkpoint, transformer.pt and tokenizer.json: 13 MB of float32, too much for this
 * repository. The discrete VAE's are in test/data/emoji-dvae.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { convertToModelFolder } from '../dist/weights-convert/node/convert.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const [transformer, out = join(root, 'models/emoji')] = process.argv.slice(2);
if (transformer === undefined) {
  console.error('make-models: name the folder that holds transformer.pt and tokenizer.json');
  process.exit(2);
}

const vae = join(root, 'test/data/emoji-dvae');
const report = await convertToModelFolder({
  sources: [
    join(vae, 'encoder.pkl'),
    join(vae, 'decoder.pkl'),
    join(transformer, 'transformer.pt'),
    join(transformer, 'tokenizer.json'),
  ],
  out,
  dtype: 'f16',
  force: true,
  verify: true,
  sampling: { temperature: 0.8, topK: 32 },
  notice:
    "Weights of dalle-gl's own, not OpenAI's. Trained on Twemoji (Twitter and contributors, CC BY 4.0; colours changed), " +
    'Fluent Emoji (Microsoft, MIT), Noto Emoji (Google, Apache-2.0) and sample photographs of scikit-image; NOTICE.md ' +
    'beside this file says more and belongs with these weights.',
});
console.log(`${out}: ${(report.bytes / 1e6).toFixed(1)} MB as ${report.dtype}, compared with the checkpoints`);
