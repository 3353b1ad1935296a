/** `dalle-gl generate`: a text becomes pictures, or a picture is drawn again from what it says of itself. */
import { UsageError } from '../base/errors.ts';
import type { FlagValues } from './arguments.ts';
import { defineCommand, type Command } from './command.ts';
import { withDalle, type DalleSession } from './dalle-session.ts';
import { drawPictures, planDrawing } from './drawing.ts';
import { planDrawingFiles } from './drawing-files.ts';
import { commonFlags, drawingOutputFlag, netFlags } from './flags.ts';
import { checkOperands } from './inputs.ts';
import { listModelFiles } from './model-files.ts';
import { checkClashes, checkStdout, nameBeside } from './outputs.ts';
import { checkWeights, readRecipe, type Recipe } from './recipe.ts';
import { readSampling, samplingFlags, truncateFlag } from './sampling-flags.ts';
import { say, type Terminal } from './terminal.ts';

const flagTable = {
  output: drawingOutputFlag,
  ...samplingFlags,
  truncate: truncateFlag,
  repeat: {
    value: 'FILE.png',
    help: 'draw the pictures of this file again, with its text and settings [<FILE>.repeated.png]',
    parse: String,
  },
  ...netFlags,
  ...commonFlags,
} as const;

type Flags = FlagValues<typeof flagTable>;

export const generate: Command = defineCommand({
  name: 'generate',
  operands: '["<text>"]',
  summary: 'Draws pictures for a text, with the small model of the package or one of yours',
  examples: [
    'dalle-gl generate "red heart" -n 4 --seed 7 -o hearts.png',
    'dalle-gl generate --repeat hearts.png -o again.png   # the same pictures; no text needed',
  ],
  flags: flagTable,
  run({ flags, operands, terminal }) {
    return flags.repeat === undefined
      ? drawText(operands, flags, terminal)
      : drawAgain(flags.repeat, operands, flags, terminal);
  },
});

async function drawText(operands: readonly string[], flags: Flags, terminal: Terminal): Promise<void> {
  checkOperands('generate', operands, { least: 1, most: 1, what: 'one text; put it in quotes' });
  const text = operands[0]!;
  const inputs = await listModelFiles(flags.model);
  const { sampling, ...planned } = planDrawing('generate', text, { flags, inputs }, terminal);
  await withDalle(flags, terminal, async (session) => {
    const { dalle } = session;
    const drawing = { ...planned, settings: dalle.settingsFor(sampling) };
    await drawPictures(session, drawing, (options) => dalle.generate(text, options), terminal);
  });
}

async function drawAgain(input: string, operands: readonly string[], flags: Flags, terminal: Terminal): Promise<void> {
  checkOperands('generate', operands, { least: 0, most: 0, what: 'no text beside --repeat, which knows it' });
  if (Object.keys(readSampling(flags)).length > 0 || flags.truncate || flags.noCalibrate || flags.precision) {
    throw new UsageError(
      'E_FLAG_VALUE',
      'generate: --repeat takes all settings from the picture. Leave the others out, or draw anew without --repeat.',
    );
  }
  const output = flags.output ?? nameBeside(input, '.repeated.png');
  checkClashes([output], [input], 'generate');
  const recipe = await readRecipe(input, terminal);
  const { text, truncate, settings, kernels, precision } = recipe;
  const model = flags.model ?? recipe.model;
  const inputs = [input, ...(await listModelFiles(model))];
  const files = planDrawingFiles({ command: 'generate', output, count: settings.count, inputs });
  checkStdout(terminal, files.pictures, flags.json, 'generate');
  const draw = async (session: DalleSession): Promise<void> => {
    checkWeights(recipe, session.weights, input);
    if (!flags.quiet) sayOtherDevice(recipe, session.settings.device, terminal);
    const drawing = { command: 'generate', text, truncate, settings, files, flags } as const;
    await drawPictures(session, drawing, (options) => session.dalle.generate(text, options), terminal);
  };
  await withDalle({ ...flags, model, precision }, terminal, draw, kernels ?? undefined);
}

function sayOtherDevice({ device }: Recipe, now: string, terminal: Terminal): void {
  if (device === now) return;
  say(
    terminal,
    `It was drawn on ${device}. Where two tokens are nearly as likely, this device may draw the other one.`,
  );
}
