/** `dalle-gl generate`: a text becomes pictures, or a picture is drawn again from what it says of itself. */
import { UsageError } from '../errors.ts';
import { defineCommand, type Command } from './command.ts';
import { withDalle } from './dalle-session.ts';
import {
  drawingFlags,
  drawPictures,
  nameFromText,
  planDrawingOutput,
  previewEvery,
  readSampling,
  showsPreview,
} from './drawing.ts';
import { commonFlags, netFlags } from './flags.ts';
import { checkOperands } from './inputs.ts';
import { checkStdout } from './outputs.ts';
import { checkWeights, readRecipe } from './recipe.ts';

export const generate: Command = defineCommand({
  name: 'generate',
  operands: '["<text>"]',
  summary: 'Draws pictures for a text, with the small model of the package or one of yours',
  examples: [
    'dalle-gl generate "red heart" -n 4 --seed 7 -o hearts.png',
    'dalle-gl generate --repeat hearts.png -o again.png   # the same pictures; no text needed',
  ],
  flags: {
    ...drawingFlags,
    repeat: {
      value: 'FILE.png',
      help: 'draw the pictures of this file again, with its text and settings',
      parse: String,
    },
    ...netFlags,
    ...commonFlags,
  },
  async run({ flags, operands, terminal }) {
    const repeating = flags.repeat !== undefined;
    const typed = readSampling(flags);
    checkOperands('generate', operands, {
      least: repeating ? 0 : 1,
      most: repeating ? 0 : 1,
      what: repeating ? 'no text beside --repeat, which knows it' : 'one text; put it in quotes',
    });
    if (repeating && (Object.keys(typed).length > 0 || flags.truncate)) {
      throw new UsageError(
        'E_FLAG_VALUE',
        'generate: --repeat takes all settings from the picture. Leave the others out.',
      );
    }
    const old = repeating ? await readRecipe(flags.repeat!) : undefined;
    const text = old?.text ?? operands[0]!;
    const model = flags.model ?? old?.model;
    await withDalle(
      { ...flags, model },
      terminal,
      async (session) => {
        if (old) checkWeights(old, session.weights, flags.repeat!);
        const settings = old?.settings ?? session.dalle.settingsFor(typed);
        const output = planDrawingOutput('generate', flags.output, nameFromText(text, settings.seed));
        checkStdout(terminal, [output.path], flags.json, 'generate');
        const truncate = old?.truncate ?? flags.truncate;
        const steps = session.dalle.generate(text, {
          ...settings,
          truncate,
          imageEvery: showsPreview(terminal, flags) ? previewEvery : 0,
          signal: terminal.signal,
        });
        const recipe = {
          command: 'generate',
          text,
          truncate,
          settings,
          weights: session.weights,
          ...session.settings,
        } as const;
        await drawPictures({ session, steps, recipe, output, flags }, terminal);
      },
      old,
    );
  },
});
