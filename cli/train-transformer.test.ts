/** `dalle-gl train transformer`: over the tokens of a small dVAE, to a model that draws; and what it refuses. */
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCaptured, type CapturedRun } from '../test/helpers/captured-terminal.ts';
import { makeSquares, writeFiles } from '../test/helpers/data-sets.ts';
import { makeSmallModel, makeWorkplace, type Workplace } from '../test/helpers/workplace.ts';

let place: Workplace;
beforeAll(async () => {
  place = makeWorkplace();
  writeFiles(place.path('data'), makeSquares(32, 16));
  await makeSmallModel(place.path('dvae'), ['encoder', 'decoder']);
});
afterAll(() => place.remove());

const cpu = ['--device', 'cpu', '--threads', '1', '--no-calibrate'];
const sizes = ['--size', '16', '--heads', '1', '--depth', '2', '--batch', '4', '--steps', '8', '--words', '120'];

function train(out: string, ...words: string[]): Promise<CapturedRun> {
  return runCaptured([
    ...['train', 'transformer', '--data', place.path('data'), '-o', place.path(out), ...cpu, ...words],
  ]);
}

test(
  'a run ends with a model that draws; it goes on bit for bit, and begins another',
  { timeout: 60_000 },
  async () => {
    const dvae = ['--dvae', place.path('dvae')];
    const whole = await train('mine', ...sizes, ...dvae, '--json');
    expect(whole.stderr).toMatch(/step 8: validation [\d.]+, validationText [\d.]+, validationImage [\d.]+/);
    expect(whole.exitCode).toBe(0);
    expect(readdirSync(place.path('mine'))).toContain('look-00000008.png');
    const drawn = await runCaptured([
      ...['generate', 'a red square', '-n', '1', '-m', place.path('mine'), '-o', place.path('drawn.png'), ...cpu],
    ]);
    expect(drawn.exitCode).toBe(0);
    // From its first checkpoint on, which is of step 0.
    rmSync(place.path('mine', 'checkpoints', '00000008'), { recursive: true });
    const weights = readFileSync(place.path('mine', 'transformer.safetensors'));
    const again = await train('mine', ...sizes, ...dvae, '--resume');
    expect(again.stderr).toContain('goes on after step 0');
    expect(again.exitCode).toBe(0);
    expect(readFileSync(place.path('mine', 'transformer.safetensors'))).toEqual(weights);
    const few = ['--size', '16', '--batch', '4', '--steps', '2'];
    const tuned = await train(
      'tuned',
      ...few,
      ...dvae,
      '--from',
      place.path('mine'),
      '--only',
      'layers.1',
      '--parts',
      '2',
    );
    expect(tuned.stderr).not.toContain('E_');
    expect(tuned.exitCode).toBe(0);
  },
);

test.each([
  [[], 2, 'E_FLAG_MISSING'],
  [['--dvae', 'dvae', '--hidden', '8'], 2, 'E_FLAG_VALUE'],
  [['--dvae', 'dvae', '--words', '5'], 2, 'E_VOCABULARY_SIZE'],
  [['--dvae', 'dvae', '--from', 'dvae'], 1, 'E_TRAIN_NET'],
])('%j is refused', async (words, exitCode, code) => {
  const given = words.map((word) => (word === 'dvae' ? place.path(word) : word));
  const run = await train('refused', '--size', '16', ...given);
  expect(run.stderr).toContain(`(${code})`);
  expect(run.exitCode).toBe(exitCode);
});

test('pictures without captions are refused', async () => {
  const data = Object.entries(makeSquares(16, 16)).filter(([name]) => name.endsWith('.png'));
  writeFiles(place.path('silent'), Object.fromEntries(data));
  const words = ['--data', place.path('silent'), '--dvae', place.path('dvae'), '-o', place.path('none')];
  const run = await runCaptured(['train', 'transformer', ...words, '--size', '16', ...cpu]);
  expect(run.stderr).toContain('(E_DATA_CAPTIONS)');
  expect(place.list()).not.toContain('none');
});
