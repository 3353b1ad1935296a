/**
 * Lint as architecture: data flows one way, `nets → ops → engine`, and this file is what checks it.
 * Formatting is prettier's business; types are tsc's.
 */
import tseslint from 'typescript-eslint';
import { commentWidth } from './scripts/lint/comment-width.mjs';
import { imports } from './scripts/lint/layers.mjs';

/**
 * What is known of the nets without computing them, which converting needs too: their sizes, tensors, masks and
 * weights, the settings that go with them, and the files of tokenizers.
 */
const knowledge = [
  ...['nets/net-kinds.ts', 'nets/weights.ts', 'nets/dvae/architecture.ts', 'nets/dvae/tensors.ts'],
  ...['nets/transformer/architecture.ts', 'nets/transformer/read-architecture.ts', 'nets/transformer/tensors.ts'],
  ...['nets/bart/architecture.ts', 'nets/bart/read-architecture.ts', 'nets/bart/tensors.ts'],
  ...['nets/vqgan/architecture.ts', 'nets/vqgan/tensors.ts'],
  ...['nets/discrete-vae/architecture.ts', 'nets/discrete-vae/tensors.ts'],
  ...['nets/clip/architecture.ts', 'nets/clip/tensors.ts', 'nets/sampling/defaults.ts'],
  ...['nets/tokenizer/vocabulary.ts', 'nets/tokenizer/min-dalle-form.ts', 'nets/tokenizer/yttm-form.ts'],
  ...['nets/tokenizer/char-bpe-form.ts', 'nets/tokenizer/clip-form.ts', 'nets/tokenizer/unpack-gzip.ts'],
  'ops/attention/mask.ts',
];

/**
 * What each part of the product may import besides itself: other zones, `node:`, packages by name. Without `node:`
 * a zone runs in a browser, and so does all that it may import. `(computed)` is an `import()` of a name made at run
 * time.
 */
const zones = {
  'base/': [],
  'base/node/': ['base/', 'node:', 'undici'],
  'engine/': ['base/', 'engine/gl/', 'engine/cpu/'],
  'engine/gl/': ['base/', 'engine/', 'engine/context/'],
  'engine/cpu/': ['base/', 'engine/'],
  'engine/context/': ['base/'],
  'engine/context/node/': ['base/', 'engine/context/', 'node:', 'koffi', '(computed)'],
  'engine/index.ts': ['base/', 'engine/', 'engine/gl/', 'engine/cpu/', 'engine/context/'],
  'ops/': ['base/', 'engine/index.ts', 'ops/cpu/', 'ops/attention/mask.ts'],
  'ops/cpu/': ['base/', 'engine/index.ts', 'engine/cpu/', 'ops/'],
  'ops/cpu/node/': ['base/', 'engine/cpu/', 'ops/cpu/', 'node:'],
  ...Object.fromEntries(knowledge.map((file) => [file, ['base/', ...knowledge]])),
  'nets/': ['base/', 'engine/index.ts', 'ops/', ...knowledge, '@huggingface/tokenizers'],
  // How a picture is resized is part of what CLIP says of it.
  'nets/clip/': ['base/', 'engine/index.ts', 'ops/', 'nets/', 'images/', ...knowledge],
  'nets/tokenizer/node/': ['nets/', 'node:', '@huggingface/tokenizers'],
  'weights-convert/': ['base/', ...knowledge, '@noble/hashes'],
  'weights-convert/node/': ['base/', 'base/node/', ...knowledge, 'weights-convert/', 'node:'],
  'images/': ['base/', '@jsquash/jpeg', '@jsquash/webp'],
  'images/node/': ['base/', 'base/node/', 'images/', 'node:', 'pngjs'],
  // Files of a data set and its batches; computes nothing on a device.
  'train/data/': ['base/', 'images/', 'nets/', 'weights-convert/'],
  'train/node/data/': [
    ...['base/', 'base/node/', 'images/', 'images/node/', 'train/data/'],
    ...['weights-convert/', 'weights-convert/node/', 'node:'],
  ],
  // Training: what a step computes. Files, folders and the loop around it are in train/node/.
  'train/': ['base/', 'engine/index.ts', 'ops/', 'nets/', 'images/', 'train/data/', ...knowledge],
  'train/node/': [
    ...['base/', 'base/node/', 'engine/index.ts', 'ops/', 'nets/', ...knowledge, 'train/', 'train/data/'],
    ...['train/node/data/', 'load/', 'load/node/', 'images/', 'images/node/'],
    ...['weights-convert/', 'weights-convert/node/', 'node:'],
  ],
  'index.ts': ['base/', 'engine/index.ts', 'ops/', 'nets/', 'nets/clip/', 'load/', 'images/'],
  'convert.ts': ['base/', 'weights-convert/'],
  'train.ts': ['base/', 'ops/', 'train/'],
  'load/': [
    'base/',
    'engine/index.ts',
    'engine/context/',
    'engine/cpu/',
    'ops/',
    'ops/cpu/',
    'nets/',
    'nets/clip/',
    ...knowledge,
    'weights-convert/',
  ],
  'load/node/': [
    ...['base/', 'base/node/', 'engine/index.ts', 'engine/context/', 'engine/context/node/', 'ops/', 'load/', 'nets/'],
    ...['engine/cpu/', 'ops/cpu/', 'ops/cpu/node/', 'nets/clip/'],
    ...[...knowledge, 'nets/tokenizer/node/', 'weights-convert/', 'weights-convert/node/', 'node:'],
  ],
  'node.ts': [
    ...['base/', 'base/node/', 'index.ts', 'load/', 'load/node/'],
    ...['engine/index.ts', 'engine/context/node/', 'ops/', 'nets/'],
    ...['weights-convert/', 'weights-convert/node/', 'images/', 'images/node/'],
  ],
  'cli/': [
    ...['base/', 'base/node/', 'node.ts', 'load/', 'load/node/', 'engine/index.ts', 'engine/context/node/', 'ops/'],
    ...['nets/', 'nets/clip/', ...knowledge, 'weights-convert/', 'weights-convert/node/'],
    ...['images/', 'images/node/', 'train/', 'train/data/', 'train/node/', 'train/node/data/', 'node:'],
  ],
};

/** What is not shipped may import what it likes, and look at WebGL. */
const outside = [
  '**/*.test.ts',
  'ops/*/cases.ts',
  'test/**',
  'bench/**',
  'scripts/**',
  'docs/**',
  'page/**',
  'eslint.config.js',
  'vitest*.config.ts',
];

/** Every way to get hold of a context that something else holds, or to call it. */
const webgl = [
  "MemberExpression[object.name='gl']",
  "MemberExpression[property.name='gl']",
  "MemberExpression[property.value='gl']",
  "ObjectPattern > Property[key.name='gl'][value.name!='gl']",
].map((selector) => ({ selector, message: 'Only engine/gl and engine/context talk to WebGL.' }));

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'bench/node_modules/**', 'coverage/**', '**/*.wasm.ts'] },
  ...tseslint.configs.recommended,
  {
    plugins: { house: { rules: { 'comment-width': commentWidth } } },
    rules: {
      'house/comment-width': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-console': 'error',
      eqeqeq: 'error',
      'max-lines': ['error', { max: 300 }],
    },
  },
  { files: ['scripts/**', 'bench/**'], rules: { 'no-console': 'off' } },
  { ignores: outside, plugins: { layers: { rules: { imports } } }, rules: { 'layers/imports': ['error', { zones }] } },
  {
    ignores: [...outside, 'engine/gl/**', 'engine/context/**'],
    rules: { 'no-restricted-syntax': ['error', ...webgl] },
  },
);
