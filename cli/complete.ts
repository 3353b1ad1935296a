/** `dalle-gl complete`: a part of a picture is drawn anew, the rest stays. */
import { UsageError } from '../errors.ts';
import { loadImage, preparePicture, toPixels, type Dalle, type Picture, type Region, type Selection } from '../node.ts';
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
import type { Terminal } from './terminal.ts';

export const complete: Command = defineCommand({
  name: 'complete',
  operands: '<image> "<text>"',
  summary: 'Draws a part of a picture anew, seeing a text and the rest of it',
  examples: [
    'dalle-gl complete photo.png "red heart" --keep 0,0,1,0.5 -o completed.png   # the upper half stays',
    'dalle-gl complete photo.png "red heart" --mask mask.png -n 2                # what is white in the mask is drawn',
  ],
  flags: {
    keep: {
      value: 'X,Y,W,H',
      help: 'a rectangle that stays, in fractions of the picture; may be repeated',
      parse: parseRegion,
      many: true,
    },
    redraw: { value: 'X,Y,W,H', help: 'the rectangle that is drawn anew', parse: parseRegion },
    mask: { value: 'FILE.png', help: 'a picture whose white is drawn anew', parse: String },
    ...drawingFlags,
    ...netFlags,
    ...commonFlags,
  },
  async run({ flags, operands, terminal }) {
    checkOperands('complete', operands, { least: 2, most: 2, what: 'a picture and a text in quotes' });
    const ways = [flags.keep, flags.redraw, flags.mask].filter((way) => way !== undefined);
    if (ways.length !== 1) {
      throw new UsageError(
        'E_REGION',
        `complete: wanted one of --keep, --redraw and --mask, got ${ways.length}. Say what stays, or what is drawn anew.`,
      );
    }
    const [input, text] = operands as [string, string];
    await withDalle(flags, terminal, async (session) => {
      const { dalle } = session;
      const picture = await loadSized(input, dalle, terminal);
      const selection: Selection = flags.keep
        ? { keep: flags.keep }
        : flags.redraw
          ? { redraw: [flags.redraw] }
          : { mask: readBrightness(await loadSized(flags.mask!, dalle, terminal)) };
      const settings = dalle.settingsFor(readSampling(flags));
      const output = planDrawingOutput('complete', flags.output, nameFromText(text, settings.seed));
      checkStdout(terminal, [output.path], flags.json, 'complete');
      const { width, height } = picture;
      const steps = dalle.complete({ data: toPixels(picture), shape: [1, 3, height, width] }, text, {
        ...settings,
        selection,
        truncate: flags.truncate,
        imageEvery: showsPreview(terminal, flags) ? previewEvery : 0,
        signal: terminal.signal,
      });
      const { truncate } = flags;
      const recipe = {
        command: 'complete',
        text,
        truncate,
        settings,
        weights: session.weights,
        ...session.settings,
      } as const;
      await drawPictures({ session, steps, recipe, output, flags }, terminal);
    });
  },
});

/** A picture in the model's own size, resized and cropped. */
export async function loadSized(input: string, { transformer }: Dalle, { signal, stdin }: Terminal): Promise<Picture> {
  const [rows, columns] = transformer.architecture.grid;
  const name = input === '-' ? 'standard input' : input;
  const size = { width: columns * 8, height: rows * 8 };
  return preparePicture(await loadImage(input, { signal, stdin }), { name, size, upscale: true });
}

/** A byte for each pixel: the mean of its colours. */
function readBrightness({ data, width, height }: Picture): Uint8Array {
  return Uint8Array.from(
    { length: width * height },
    (_, i) => (data[3 * i]! + data[3 * i + 1]! + data[3 * i + 2]!) / 3,
  );
}

function parseRegion(text: string): Region {
  const numbers = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (numbers.length !== 4 || !numbers.every(Number.isFinite)) {
    throw new Error('four fractions of the picture, such as 0,0.5,1,0.5');
  }
  const [x, y, width, height] = numbers as [number, number, number, number];
  return { x, y, width, height };
}
