/** convert and export as typed: a whole DALL·E in, PyTorch's files out, and words that do not fit. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundledModel, packageRoot } from '../base/node/package-files.ts';
import { runCaptured } from '../test/helpers/captured-terminal.ts';
import { makeWorkplace, type Workplace } from '../test/helpers/workplace.ts';

let place: Workplace;

beforeAll(() => {
  place = makeWorkplace();
});
afterAll(() => place.remove());

test('a model in four files goes out in three, and comes back', async () => {
  const out = place.path('exported');
  const exported = await runCaptured(['export', bundledModel, '-o', out]);
  expect(exported).toMatchObject({ exitCode: 0 });
  expect(exported.stderr).toMatch(
    /transformer\.pt in .+exported: 83 tensors, 3338289 numbers, 6\.7 MB, SHA-256 [0-9a-f]{64}/,
  );
  const files = ['encoder.pt', 'decoder.pt', 'transformer.pt'].map((name) => join(out, name));
  const words = [
    'convert',
    ...files,
    join(bundledModel, 'tokenizer.json'),
    '-o',
    place.path('again'),
    '--dtype',
    'f16',
  ];
  const converted = await runCaptured([...words, '--verify']);
  expect(converted).toMatchObject({ exitCode: 0 });
  expect(converted.stderr).toMatch(
    /a transformer of dalle-gl \(dim 192, depth 6, 3 heads of 64, 16 text tokens of 673/,
  );
  expect(converted.stderr).toMatch(/tokenizer\.json → tokenizer: SHA-256/);
  expect(readdirSync(place.path('again'))).toContain('tokenizer.json');
});

test('--json is one object', async () => {
  const { exitCode, stdout } = await runCaptured([
    'export',
    bundledModel,
    '-o',
    place.path('json'),
    '--json',
    '--quiet',
  ]);
  expect(exitCode).toBe(0);
  const { checkpoints } = JSON.parse(stdout.toString());
  expect(checkpoints.map(({ part }: { part: string }) => part)).toEqual(['encoder', 'decoder', 'transformer']);
});

test('what a checkpoint has beside its net is told', async () => {
  const source = join(packageRoot, 'weights-convert/corpus/dalle-pytorch/shift-rotary.pt');
  const { exitCode, stderr } = await runCaptured(['convert', source, '-o', place.path('dry'), '--dry-run']);
  expect(exitCode).toBe(0);
  expect(stderr).toContain('left out: 4 of the frozen VAE: convert its own files; left out: 1 of angles');
});

test.each<[string, readonly string[], number, string]>([
  ['no folder', ['export', '-o', 'x'], 2, 'E_OPERAND'],
  ['no -o', ['export', bundledModel], 2, 'E_FLAG_MISSING'],
  ['a folder that is no model', ['export', packageRoot, '-o', 'x'], 1, 'E_FILE_MISSING'],
])('%s', async (_, words, exitCode, code) => {
  const failed = await runCaptured(words);
  expect(failed.exitCode).toBe(exitCode);
  expect(failed.stderr).toContain(code);
});
