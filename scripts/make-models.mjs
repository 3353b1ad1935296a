/**
 * Makes the model that ships with the package from its checkpoints, as halves: `npm run models`. The same checkpoints
 * always give the same bytes, so models/ can be checked against what this script makes (scripts/make-models.test.ts).
 *
 * Usage: node scripts/make-models.mjs [FOLDER]      (models/emoji unless told; `npm run build` comes first)
 */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { convertToModelFolder } from '../dist/weights-convert/node/convert.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const checkpoints = join(root, 'test/data/emoji-dvae');
const out = process.argv[2] ?? join(root, 'models/emoji');

const report = await convertToModelFolder({
  sources: [join(checkpoints, 'encoder.pkl'), join(checkpoints, 'decoder.pkl')],
  out,
  dtype: 'f16',
  force: true,
  verify: true,
  notice:
    "Weights of dalle-gl's own, not OpenAI's. Trained on Twemoji (Twitter and contributors, CC BY 4.0; colours changed), " +
    'Fluent Emoji (Microsoft, MIT), Noto Emoji (Google, Apache-2.0) and sample photographs of scikit-image; NOTICE.md ' +
    'beside this file says more and belongs with these weights.',
});
copyFileSync(join(checkpoints, 'NOTICE.md'), join(out, 'NOTICE.md'));
console.log(`${out}: ${(report.bytes / 1e6).toFixed(1)} MB as ${report.dtype}, compared with the checkpoints`);
