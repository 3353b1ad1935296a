/** `dalle-gl train`: a small dVAE of a folder of squares, stopped and gone on with; and all that may be wrong first. */
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCaptured, type CapturedRun } from '../test/helpers/captured-terminal.ts';
import { makeSquares, writeFiles } from '../test/helpers/data-sets.ts';
import { makePng, makeWorkplace, type Workplace } from '../test/helpers/workplace.ts';
import { Checkpoints } from '../train/node/checkpoint.ts';

let place: Workplace;
let data: string;
beforeAll(() => {
  place = makeWorkplace();
  data = writeFiles(place.path('data'), makeSquares(32, 16));
});
afterAll(() => place.remove());

const sizes = ['--size', '16', '--hidden', '4', '--vocab', '16', '--batch', '4', '--steps', '12'];

function train(out: string, ...words: string[]): Promise<CapturedRun> {
  return runCaptured([
    ...['train', 'dvae', '--data', data, '-o', place.path(out), ...sizes],
    ...['--device', 'cpu', '--threads', '1', '--no-calibrate', ...words],
  ]);
}

async function hashOf(out: string): Promise<unknown> {
  const checkpoints = await Checkpoints.open(place.path(out), 2);
  const found = await checkpoints.findNewest();
  checkpoints.close();
  return found!.read();
}

test('a run ends with a model that the other commands take', async () => {
  const run = await train('dvae', '--json', '--look-minutes', '0');
  expect(run.stderr).toContain('data    ');
  expect(run.stderr).toContain('32 pictures, 32 of them can be used');
  expect(run.stderr).toMatch(/memory {2}[\d.]+ MB on the device at most; a checkpoint has [\d.]+ MB/);
  expect(run.stderr).toMatch(/step 1: psnr [\d.]+, codes \d+, codePerplexity [\d.]+, deadCodes \d+/);
  expect(run.exitCode).toBe(0);
  expect(JSON.parse(run.stdout.toString())).toMatchObject({ stage: 'dvae', steps: 12, skipped: 0 });
  expect(readFileSync(place.path('dvae', 'curves.svg'), 'utf8')).toContain('>psnr</text>');
  const cpu = ['--device', 'cpu', '--threads', '1', '--no-calibrate'];
  const picture = place.path('data', 'squares', '0000.png');
  for (const words of [
    ['reconstruct', picture, '-m', place.path('dvae'), '--size', 'keep', '-o', place.path('again.png'), ...cpu],
    ['export', place.path('dvae'), '-o', place.path('pt')],
    ['inspect', place.path('dvae')],
  ]) {
    expect(await runCaptured(words)).toMatchObject({ exitCode: 0 });
  }
});

test('one that was stopped goes on bit for bit; with other settings or data it does not', async () => {
  const words = ['train', 'dvae', '--data', data, '-o', place.path('stopped'), ...sizes];
  const cpu = ['--device', 'cpu', '--threads', '1', '--no-calibrate'];
  const stopped = await runCaptured([...words, ...cpu, '--checkpoint-minutes', '0', '--look-minutes', '0'], {
    signal: abortAtStep(place.path('stopped', 'log.jsonl'), 3),
  });
  expect(stopped.stderr).toMatch(/stopped after step \d+; go on from step \d+ with --resume/);
  expect(stopped.exitCode).toBe(130);
  expect(await train('stopped')).toMatchObject({ exitCode: 1 });
  for (const [changed, what] of [
    [['--rate', '1e-3'], 'rate was not given and is 0.001'],
    [['--seed', '4'], 'seed was 0 and is 4'],
  ] as const) {
    const refused = await train('stopped', '--resume', ...changed);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain('(E_RESUME)');
    expect(refused.stderr).toContain(what);
  }
  const other = await runCaptured([
    ...words.map((word) => (word === data ? writeFiles(place.path('other'), makeSquares(31, 16)) : word)),
    ...['--resume', ...cpu],
  ]);
  expect(other.stderr).toMatch(/data was [0-9a-f]{40} and is [0-9a-f]{40}/);
  expect(await train('stopped', '--resume', '--device', 'reference')).toMatchObject({ exitCode: 2 });
  expect(await train('stopped', '--resume')).toMatchObject({ exitCode: 0 });
  expect(await hashOf('stopped')).toEqual(await hashOf('dvae'));
});

/** The command line hears of it as of Ctrl-C. */
function abortAtStep(log: string, step: number): AbortSignal {
  const controller = new AbortController();
  const timer = setInterval(() => {
    if (!existsSync(log) || !readFileSync(log, 'utf8').includes(`"step":${step},`)) return;
    clearInterval(timer);
    controller.abort();
  }, 1);
  return controller.signal;
}

test('a part of another model is trained, and the rest stays', async () => {
  const words = ['train', 'dvae', '--data', data, '-o', place.path('tuned'), '--from', place.path('dvae')];
  const few = ['--size', '16', '--batch', '4', '--steps', '3', '--device', 'cpu', '--threads', '1', '--no-calibrate'];
  expect(await runCaptured([...words, ...few, '--only', 'decoder'])).toMatchObject({ exitCode: 0 });
  const file = (out: string, name: string): Buffer => readFileSync(place.path(out, `${name}.safetensors`));
  expect(file('tuned', 'encoder')).toEqual(file('dvae', 'encoder'));
  expect(file('tuned', 'decoder')).not.toEqual(file('dvae', 'decoder'));
  const shaped = await runCaptured([...words, ...few, '--hidden', '8']);
  expect(shaped).toMatchObject({ exitCode: 2 });
});

test.each([
  [['--size', '20'], 2, 'E_FLAG_VALUE'],
  [['--batch', '6', '--parts', '4'], 2, 'E_FLAG_VALUE'],
  [['--only', 'decoder'], 2, 'E_FLAG_VALUE'],
  [['--rate', '0'], 2, 'E_FLAG_VALUE'],
  [['--batch', '33'], 1, 'E_DATA_FEW'],
])('%j is refused', async (words, exitCode, code) => {
  const given = words.flatMap((word) => (word.startsWith('--') ? [word] : []));
  const rest = sizes.flatMap((word, at) => (given.includes(sizes[at - (at % 2)]!) ? [] : [word]));
  const run = await runCaptured(['train', 'dvae', '--data', data, '-o', place.path('refused'), ...rest, ...words]);
  expect(run.stderr).toContain(`(${code})`);
  expect(run.exitCode).toBe(exitCode);
});

test('what is wrong with data is told and left out, or refused, before anything is written', async () => {
  const hostile = writeFiles(place.path('hostile'), makeSquares(12, 16));
  const whole = readFileSync(place.path('hostile', 'squares', '0000.png'));
  writeFileSync(place.path('hostile', 'cut.png'), whole.subarray(0, whole.length / 2));
  writeFileSync(place.path('hostile', 'text.png'), 'no picture');
  writeFileSync(place.path('hostile', 'dot.png'), makePng(1, 1));
  const words = ['train', 'dvae', '-o', place.path('small'), ...sizes, '--device', 'cpu', '--threads', '1'];
  const run = await runCaptured([...words, '--data', hostile]);
  expect(run.stderr).toContain('15 pictures, 12 of them can be used');
  for (const name of ['cut.png', 'text.png', 'dot.png']) expect(run.stderr).toContain(name);
  expect(run.exitCode).toBe(0);
  copyFileSync(place.path('hostile', 'text.png'), place.path('alone.png'));
  const empty = await runCaptured(['train', 'dvae', '-o', place.path('none'), '--data', place.path('again.png')]);
  expect(empty.stderr).toContain('(E_DATA_KIND)');
  expect(place.list()).not.toContain('none');
});

test('a folder that is not empty is not touched, and a stage that there is not is told', async () => {
  expect((await train('data')).stderr).toContain('(E_OUTPUT_EXISTS)');
  const run = await runCaptured(['train', 'vqgan', '--data', data, '-o', place.path('x')]);
  expect(run).toMatchObject({ exitCode: 2 });
});
