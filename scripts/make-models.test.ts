/**
 * models/emoji is what the package ships: what its checkpoints in this repository give it must be exactly, and every
 * file of it what model.json says.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { convertToModelFolder } from '../weights-convert/node/convert.ts';
import { openModelFolder } from '../weights-convert/node/open-model-folder.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const shipped = join(root, 'models/emoji');

test('the discrete VAE is what its checkpoints give', async () => {
  const out = mkdtempSync(join(tmpdir(), 'dalle-gl-models-'));
  try {
    const sources = ['encoder.pkl', 'decoder.pkl'].map((name) => join(root, 'test/data/emoji-dvae', name));
    await convertToModelFolder({ sources, out, dtype: 'f16' });
    const [made, wanted] = await Promise.all([openModelFolder(out), openModelFolder(shipped)]);
    for (const part of ['encoder', 'decoder'] as const) {
      expect(wanted.manifest.parts[part]).toEqual(made.manifest.parts[part]);
      const file = `${part}.safetensors`;
      expect(readFileSync(join(shipped, file)).equals(readFileSync(join(out, file))), file).toBe(true);
    }
    await Promise.all([made.close(), wanted.close()]);
  } finally {
    rmSync(out, { recursive: true });
  }
});

test('every file is what model.json says', async () => {
  const { manifest, close } = await openModelFolder(shipped);
  const files = Object.values(manifest.parts).flatMap((part) => [...part.files]);
  expect(['NOTICE.md', 'model.json', ...files.map(({ name }) => name)].sort()).toEqual(readdirSync(shipped).sort());
  for (const { name, bytes, sha256 } of files) {
    const content = readFileSync(join(shipped, name));
    expect(content.length, name).toBe(bytes);
    expect(createHash('sha256').update(content).digest('hex'), name).toBe(sha256);
  }
  await close();
});

test('the transformer and its tokenizer have one vocabulary', async () => {
  const { transformer, tokenizer, manifest, close } = await openModelFolder(shipped);
  const { vocab } = (JSON.parse(tokenizer!) as { model: { vocab: Record<string, number> } }).model;
  expect(transformer!.architecture).toMatchObject({ text_vocab: Object.keys(vocab).length });
  // Of the checkpoint that make-models.mjs was given.
  expect(manifest.parts.transformer!.source.sha256).toBe(
    '0794e2fb618345f5630aed133b49b62c4cbbe7cff5b2f6869ea4277458a6841f',
  );
  expect(manifest.sampling).toEqual({ temperature: 0.8, topK: 32 });
  await close();
});
