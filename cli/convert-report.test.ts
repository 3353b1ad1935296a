/** What `convert` says it did: prefixes that were taken off, what was left out, weights that are no numbers. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCaptured } from '../test/helpers/captured-terminal.ts';
import { smallEncoder, TorchCheckpoint } from '../test/helpers/torch-checkpoint.ts';
import { makeWorkplace, type Workplace } from '../test/helpers/workplace.ts';
import { call, dict, orderedDict } from '../weights-convert/pickle/build-records.ts';

let place: Workplace;
beforeAll(() => {
  place = makeWorkplace();
});
afterAll(() => place.remove());

/** A checkpoint of a training in parallel with an object and a NaN in it. */
async function writeTraining(): Promise<string> {
  const file = new TorchCheckpoint();
  const weights = file.entries(smallEncoder, (name) => `module.${name}`);
  weights[1]![1] = file.tensor(Float32Array.of(1, NaN, 2, 3), [4]);
  const beside = call('newobj', 'argparse.Namespace', []);
  const root = dict([
    ['model', orderedDict(weights)],
    ['args\u001b[2J', beside],
    ['epoch', 3],
  ]);
  return place.write('training.pt', await file.save(root));
}

test('says what was taken off, left out and is no number', async () => {
  const { exitCode, stderr } = await runCaptured(['convert', await writeTraining(), '-o', place.path('told')]);
  expect(exitCode).toBe(0);
  expect(stderr).toContain('"module." taken off 42 names');
  expect(stderr).toMatch(/left out, not built: args.{1,3}\[2J \(argparse\.Namespace\), epoch \(int\)/);
  expect(stderr).not.toContain('\u001b');
  expect(stderr).toContain('warning: encoder: model.module.blocks.input.b has 1 NaN among its 4 numbers');
});

test('in --json, and the warning with --quiet too', async () => {
  const words = ['convert', await writeTraining(), '-o', place.path('quiet'), '--json', '--quiet'];
  const { exitCode, stdout, stderr } = await runCaptured(words);
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/^warning: .*NaN/);
  expect(stderr).not.toContain('taken off');
  expect(JSON.parse(stdout.toString())).toMatchObject({
    parts: [
      {
        takenOff: [{ prefix: 'module.', tensors: 42 }],
        leftOutValues: [{ className: 'argparse.Namespace' }, { path: 'epoch', className: 'int' }],
      },
    ],
    warnings: [{ part: 'encoder', tensor: 'model.module.blocks.input.b', nan: 1, infinite: 0, elements: 4 }],
  });
});
