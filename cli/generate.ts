/** `dalle-gl generate`: texts become pictures, or a picture is drawn again from what it says of itself. */
import { UsageError } from '../base/errors.ts';
import { unlessAborted } from '../base/unless-aborted.ts';
import { seeHelp, type FlagValues } from './arguments.ts';
import { bestFlags, drawKept, withChooser } from './best-drawings.ts';
import { defineCommand, type Command } from './command.ts';
import { withDalle, type DalleSession } from './dalle-session.ts';
import { drawEach } from './draw-each.ts';
import { drawPictures, planDrawings, type Drawing, type DrawingReport, type StartDrawing } from './drawing.ts';
import { planDrawingFiles } from './drawing-files.ts';
import { ReportedFailure } from './failure.ts';
import { commonFlags, drawingOutputFlag, netFlags, parseSource } from './flags.ts';
import { checkOperands } from './inputs.ts';
import { listModelFiles } from './model-files.ts';
import { checkThreads, kindOfName } from './open-device.ts';
import { checkClashes, checkStdout, nameBeside } from './outputs.ts';
import { readPrompts } from './prompts.ts';
import { blameDevice, blameText, checkModel, checkWeights, readRecipe, type Recipe } from './recipe.ts';
import type { NetSettings } from './session.ts';
import { completeSettings, readSampling, samplingFlags, truncateFlag } from './sampling-flags.ts';
import { printJson, say, type Terminal } from './terminal.ts';

const flagTable = {
  output: drawingOutputFlag,
  ...samplingFlags,
  truncate: truncateFlag,
  ...bestFlags,
  prompts: {
    value: 'FILE',
    help: 'draw the texts of this file too, one a line, UTF-8; - is standard input',
    parse: String,
    isText: true,
  },
  repeat: {
    value: 'FILE.png',
    help: 'draw the pictures of this file again, with its text and settings [<FILE>.repeated.png]',
    parse: parseSource,
    isText: true,
  },
  ...netFlags,
  ...commonFlags,
} as const;

type Flags = FlagValues<typeof flagTable>;

export const generate: Command = defineCommand({
  name: 'generate',
  operands: '["<text>"...]',
  summary: 'Draws pictures for texts, with the small model of the package or one of yours',
  examples: [
    'dalle-gl generate "red heart" -n 4 --seed 7 -o hearts.png',
    'dalle-gl generate "red heart" "blue whale" --prompts more.txt --seed 7 -o drawn/   # a grid for each text',
    'dalle-gl generate "red heart" -n 32 --best 4 --clip clip/   # draws 32, keeps the 4 that go with the text best',
    'dalle-gl generate --repeat hearts.png -o again.png   # the same pictures; no text needed',
  ],
  flags: flagTable,
  run({ flags, operands, terminal }) {
    return flags.repeat === undefined
      ? drawTexts(operands, flags, terminal)
      : drawAgain(flags.repeat, operands, flags, terminal);
  },
});

async function drawTexts(operands: readonly string[], flags: Flags, terminal: Terminal): Promise<void> {
  const { prompts } = flags;
  if (prompts === undefined) checkTexts(operands);
  const texts = prompts === undefined ? operands : [...operands, ...(await readPrompts(prompts, terminal))];
  const compared = flags.clip === undefined ? [] : await listModelFiles(flags.clip);
  const inputs = [...(prompts === undefined ? [] : [prompts]), ...(await listModelFiles(flags.model)), ...compared];
  const { drawings, manner, sampling } = planDrawings('generate', texts, { flags, inputs }, terminal);
  await withDalle(flags, terminal, async (session) => {
    const { dalle } = session;
    const settings = completeSettings('generate', dalle, sampling);
    await withChooser({ flags, session, truncate: flags.truncate }, terminal, async (chooser) => {
      const check = async (text: string): Promise<void> => {
        const prepared = dalle.transformer.prepareText(dalle.tokenizer, text, { truncate: flags.truncate });
        await unlessAborted(prepared, terminal.signal);
        await chooser?.check(text);
      };
      const drawn = { ...manner, settings, chooser };
      const draw = (drawing: Drawing, label?: string): Promise<DrawingReport> => {
        const start: StartDrawing = (options) => dalle.generate(drawing.text, options);
        return drawPictures(session, drawn, drawing, start, terminal, label);
      };
      if (drawings.length === 1) {
        await check(drawings[0]!.text);
        const report = await draw(drawings[0]!);
        if (flags.json) printJson(terminal, report);
        return;
      }
      const { results, failure } = await drawEach(drawings, check, draw, terminal);
      if (flags.json) printJson(terminal, { results });
      if (failure !== undefined) throw new ReportedFailure(failure);
    });
  });
}

function checkTexts(operands: readonly string[]): void {
  if (operands.length > 0) return;
  throw new UsageError(
    'E_OPERAND',
    `generate: wanted one text or several, each in quotes, or --prompts with a file of them, got none. ${seeHelp('generate')}`,
  );
}

async function drawAgain(input: string, operands: readonly string[], flags: Flags, terminal: Terminal): Promise<void> {
  checkOperands('generate', operands, { least: 0, most: 0, what: 'no text beside --repeat, which knows it' });
  const isChosen =
    Object.keys(readSampling(flags)).length > 0 || flags.truncate || flags.noCalibrate || flags.precision;
  if (isChosen || flags.prompts !== undefined || flags.best !== undefined || flags.clip !== undefined) {
    throw new UsageError(
      'E_FLAG_VALUE',
      'generate: --repeat takes all settings from the picture, and the text. Leave the others out, or draw anew without --repeat.',
    );
  }
  const output = flags.output ?? nameBeside(input, '.repeated.png');
  checkClashes([output], [input], 'generate');
  const recipe = await readRecipe(input, terminal);
  const { text, truncate, settings, kernels, precision, best } = recipe;
  const { device = recipe.kind } = flags;
  checkThreads({ ...flags, device });
  checkModel(recipe, flags.model, input);
  const inputs = [input, ...(await listModelFiles(flags.model))];
  const files = planDrawingFiles({ command: 'generate', output, count: best?.kept.length ?? settings.count, inputs });
  checkStdout(terminal, files.pictures, flags.json, 'generate');
  let isOpen = false;
  const draw = async (session: DalleSession): Promise<void> => {
    isOpen = true;
    checkWeights(recipe, session.weights, input);
    if (!flags.quiet) sayOtherDevice(recipe, session.settings, terminal);
    const manner = { command: 'generate', truncate, settings, isRandom: false, flags, chosen: best } as const;
    const start: StartDrawing = (options) =>
      best
        ? drawKept(session.dalle, text, best.kept, { ...options, seed: settings.seed })
        : session.dalle.generate(text, options);
    const report = await drawPictures(session, manner, { text, files }, start, terminal).catch((error: unknown) => {
      throw blameText(error, input);
    });
    if (flags.json) printJson(terminal, report);
  };
  // What was drawn is drawn again by the same weights only: they are compared, whatever the flags say.
  const again = { ...flags, device, precision, noVerify: false };
  const isSame = kindOfName(device) === recipe.kind;
  await withDalle(again, terminal, draw, isSame && kernels ? kernels : undefined).catch((error: unknown) => {
    throw isOpen || flags.device !== undefined ? error : blameDevice(error, recipe, input);
  });
}

/** Which processor drew a picture is not in its recipe. */
const RELAXED =
  'It was drawn with relaxed multiply-add, which a processor of another kind may round in another way: where two tokens ' +
  'are nearly as likely it may draw the other one.';

function sayOtherDevice({ device, kind }: Recipe, now: NetSettings, terminal: Terminal): void {
  // On the CPU numbers depend on the kernels alone, but for relaxed multiply-add: processors may round that as they do.
  if (kind === 'cpu' && now.kind === 'cpu') {
    if (now.kernels.multiplyAdd === 'relaxed') say(terminal, RELAXED);
    return;
  }
  if (kind === now.kind && device === now.device) return;
  say(
    terminal,
    `It was drawn on ${device}. Where two tokens are nearly as likely, this device may draw the other one.`,
  );
}
