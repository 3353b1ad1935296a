/**
 * `dalle-gl train`: a folder of pictures becomes a dVAE, and with it and captions a transformer. What is wrong with
 * the data is said first, then what the run will take; the work is train/node's.
 */
import { readdirSync } from 'node:fs';
import { DalleError, UsageError } from '../base/errors.ts';
import type { Device } from '../engine/index.ts';
import type { DataSet } from '../train/data/data-set.ts';
import { preflight, type Preflight, type PreflightWants } from '../train/data/preflight.ts';
import { Checkpoints, type RunDevice } from '../train/node/checkpoint.ts';
import { openDataSet } from '../train/node/data/open-data-set.ts';
import { findStart } from '../train/node/find-start.ts';
import { Run, type RunResult } from '../train/node/run.ts';
import type { RunStage } from '../train/node/run-stage.ts';
import { defineCommand, type Command } from './command.ts';
import { checkOperands } from './inputs.ts';
import { checkThreads, kindOfName, openDevice, tellUnusedThreads } from './open-device.ts';
import { formatSeconds, startProgress, type Progress } from './progress.ts';
import { printJson, say, type Terminal } from './terminal.ts';
import { openDvaeStage } from './train-dvae.ts';
import { openTransformerStage } from './train-transformer.ts';
import { checkTrainFlags, STAGES, trainFlags, type StageName, type TrainFlags } from './train-flags.ts';

export const train: Command = defineCommand({
  name: 'train',
  operands: '<dvae|transformer>',
  summary: 'Trains a model of your own: first a dVAE on pictures, then a transformer on their captions and its tokens',
  examples: [
    'dalle-gl train dvae --data pictures/ -o dvae/',
    'dalle-gl train dvae --data pictures/ -o dvae/ --resume     # after Ctrl-C, a crash or a power cut',
    'dalle-gl train transformer --data pictures/ --dvae dvae/ -o mine/',
    'dalle-gl train dvae --data pictures/ -o tuned/ --from dvae/ --only decoder --rate 3e-4',
  ],
  flags: trainFlags,
  async run({ flags, operands, terminal }) {
    checkOperands('train', operands, { least: 1, most: 1, what: `what to train, ${STAGES.join(' or ')}` });
    const name = readStage(operands[0]!);
    checkTrainFlags(name, flags);
    checkThreads(flags);
    checkTarget(flags);
    const stage = await openStage(name, flags, terminal);
    const { output: out, keep = 2 } = flags;
    const checkpoints = await Checkpoints.open(out, keep).catch((error: unknown) => {
      stage.dispose?.();
      throw error;
    });
    try {
      const tell = (line: string): void => tellUnlessQuiet(terminal, flags, line);
      const from = await findStart(checkpoints, stage, { isResumed: flags.resume, onNote: tell });
      tell(
        `checkpoints  every ${flags.checkpointMinutes ?? 5} minutes, the last ${keep} are kept, and one more while it is written`,
      );
      const result = await runStage(stage, flags, terminal, { out, checkpoints, from });
      report(name, result, flags, terminal);
    } finally {
      checkpoints.close();
      stage.dispose?.();
    }
  },
});

function readStage(word: string): StageName {
  const name = STAGES.find((stage) => stage === word);
  if (name) return name;
  throw new UsageError('E_OPERAND', `train: wanted ${STAGES.join(' or ')}, got ${JSON.stringify(word.slice(0, 60))}.`);
}

/** Before the data is looked at. Throws DalleError `E_OUTPUT_EXISTS`. */
function checkTarget({ output, resume }: TrainFlags): void {
  // Tokens of pictures, of a run that did not begin.
  const isKept = (name: string): boolean => /^tokens-.*\.npy$/.test(name);
  const names = listNames(output)
    .filter((name) => !isKept(name))
    .filter((name) => name !== 'checkpoints' || listNames(`${output}/checkpoints`).length > 0);
  if (resume || names.length === 0) return;
  const advice = names.includes('checkpoints') ? 'Add --resume to go on with the training in it, or name' : 'Name';
  throw new DalleError(
    'E_OUTPUT_EXISTS',
    `train: ${output} is not empty, and nothing in it was touched. ${advice} another folder with -o.`,
  );
}

/** Empty where there is no such folder; what else is the matter, making it says. */
function listNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

async function openStage(name: StageName, flags: TrainFlags, terminal: Terminal): Promise<RunStage> {
  const { signal } = terminal;
  const data = await openDataSet(flags.data, { signal });
  const look = (wants: PreflightWants): Promise<Preflight> => lookOver(data, wants, flags, terminal);
  if (name === 'dvae') return openDvaeStage(data, look, flags, signal);
  const progress = startProgress(terminal, 'encoding pictures', { unit: 'pictures', quiet: flags.quiet });
  const openDevice = (): Promise<Device> => openRunDevice(undefined, flags, terminal);
  const tools = { look, openDevice, onEncoded: progress.update, signal };
  return openTransformerStage(data, tools, flags).finally(() => progress.end());
}

/** A look over the data, and what is wrong with it. */
async function lookOver(
  data: DataSet,
  wants: PreflightWants,
  flags: TrainFlags,
  terminal: Terminal,
): Promise<Preflight> {
  const progress = startProgress(terminal, 'looking at pictures', { unit: 'pictures', quiet: flags.quiet });
  const onProgress = (done: number, total: number): void => progress.update(done, total);
  const found = await preflight(data, { ...wants, signal: terminal.signal, onProgress }).finally(() => progress.end());
  const tell = (line: string): void => tellUnlessQuiet(terminal, flags, line);
  tell(`data    ${data.name}: ${found.samples} pictures, ${found.usable.length} of them can be used`);
  for (const { says } of found.findings) tell(`        ${says}`);
  return found;
}

async function runStage(
  stage: RunStage,
  flags: TrainFlags,
  terminal: Terminal,
  place: Pick<ConstructorParameters<typeof Run>[1], 'out' | 'checkpoints' | 'from'>,
): Promise<RunResult> {
  const { steps, pictures } = stage;
  const begun = (place.from?.record.step ?? 0) * pictures;
  let now = { step: 0, loss: NaN };
  let progress: Progress | undefined;
  const label = (): string => `step ${now.step}/${steps}, loss ${Number(now.loss.toPrecision(4))}:`;
  const run = new Run(stage, {
    ...place,
    openDevice: (wanted) => openRunDevice(wanted, flags, terminal),
    checkpointMinutes: flags.checkpointMinutes ?? 5,
    lookMinutes: flags.lookMinutes ?? 5,
    signal: terminal.signal,
    onStep(step, loss) {
      now = { step, loss };
      // From the first step on, so that rates leave out what comes before it.
      progress ??= startProgress(terminal, label, { unit: 'pictures', quiet: flags.quiet, from: begun });
      progress.update(step * pictures, steps * pictures);
    },
    onNote(line) {
      progress?.end();
      tellUnlessQuiet(terminal, flags, line);
    },
  });
  return run.train().finally(() => progress?.end());
}

/** With the kernels of a checkpoint, where there is one: others would change the last bits. */
async function openRunDevice(wanted: RunDevice | undefined, flags: TrainFlags, terminal: Terminal): Promise<Device> {
  const named = flags.device ?? (wanted && (wanted.kind as 'cpu' | 'webgl' | 'reference'));
  if (wanted && kindOfName(named!) !== wanted.kind) {
    throw new DalleError(
      'E_RESUME',
      `train: the checkpoint is of a ${wanted.kind} device, and --device ${named} is another: the numbers would not be ` +
        'those of the unbroken run. Leave --device out, or begin anew in another folder.',
    );
  }
  const device = await openDevice(
    { device: named, threads: flags.threads },
    wanted?.kernels ?? { calibrate: !flags.noCalibrate },
  );
  tellUnlessQuiet(terminal, flags, `device  ${device.description}`);
  for (const line of tellUnusedThreads(flags, device.kind)) tellUnlessQuiet(terminal, flags, line);
  return device;
}

function report(name: StageName, result: RunResult, flags: TrainFlags, terminal: Terminal): void {
  const { output: out } = flags;
  const { steps, loss, seconds, skipped, numbers } = result;
  const found = Object.entries(numbers).map(([what, value]) => `${what} ${Number(value.toPrecision(4))}`);
  const lost = skipped > 0 ? `, ${skipped} of them without a finite gradient` : '';
  const words = [`${steps} steps in ${formatSeconds(seconds)}${lost}`, ...found].join(', ');
  tellUnlessQuiet(terminal, flags, `${out}: the ${name === 'dvae' ? 'dVAE' : name} after ${words}`);
  if (flags.json) printJson(terminal, { out, stage: name, steps, loss, seconds, skipped, ...numbers });
}

function tellUnlessQuiet(terminal: Terminal, { quiet }: TrainFlags, line: string): void {
  if (!quiet) say(terminal, line);
}
