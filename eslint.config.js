/**
 * Lint as architecture: data flows one way, `nets → ops → engine`, and this file is what checks it.
 * Formatting is prettier's business; types are tsc's.
 */
import tseslint from 'typescript-eslint';

/** One zone of the layering rule: files under `files` may not import paths that match `forbidden`. */
const zone = (files, forbidden, message) => ({
  files,
  ignores: ['**/*.test.ts'],
  rules: { 'no-restricted-imports': ['error', { patterns: [{ regex: forbidden, message }] }] },
});

const glRule = {
  selector: "MemberExpression[object.name='gl']",
  message: 'Only engine/gl and engine/context talk to WebGL.',
};

/** Everything a browser bundle may reach. `node:` and Node-only packages stay out of it. */
const nodeOnly = '^(node:|koffi$|pngjs$)';
const layers = 'Layers point one way: nets → ops → engine; weights-convert and images stand alone.';

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'bench/node_modules/**', 'coverage/**'] },
  ...tseslint.configs.recommended,
  {
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-console': 'error',
      'no-restricted-syntax': ['error', glRule],
      eqeqeq: 'error',
    },
  },
  {
    files: ['engine/gl/**', 'engine/context/**', 'test/**', 'bench/**', '**/*.test.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  { files: ['scripts/**', 'bench/**', 'cli/**'], rules: { 'no-console': 'off' } },
  zone(['engine/**'], '(^|/)(ops|nets|images|weights-convert|cli)/', layers),
  zone(['ops/**'], `(^|/)(nets|images|weights-convert|cli)/|${nodeOnly}`, layers),
  zone(['nets/**'], `(^|/)(images|cli)/|${nodeOnly}`, layers),
  zone(['weights-convert/**'], '(^|/)(engine|ops|nets|images|cli)/', 'weights-convert knows no GPU and no net.'),
  zone(['images/**'], '(^|/)(engine|ops|nets|weights-convert|cli)/', layers),
  {
    files: ['engine/**/*.ts', 'images/**/*.ts', 'weights-convert/**/*.ts'],
    ignores: ['**/*.test.ts', '**/*.node.ts', 'engine/context/**', 'images/node/**', 'weights-convert/node/**'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { patterns: [{ regex: nodeOnly, message: 'Reachable from the browser entry: no Node modules here.' }] },
      ],
    },
  },
);
