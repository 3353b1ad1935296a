/** `dalle-gl complete`: a part of a picture is drawn anew, the rest stays. */
import { UsageError } from '../base/errors.ts';
import { isWithinPicture } from '../nets/dalle/regions.ts';
import { toPixels, type Dalle, type Picture, type Region, type Selection } from '../node.ts';
import { OutOfRange } from './arguments.ts';
import { defineCommand, type Command } from './command.ts';
import { withDalle } from './dalle-session.ts';
import { drawPictures, planDrawings, type StartDrawing } from './drawing.ts';
import { commonFlags, drawingOutputFlag, netFlags, parseSource, readNumber } from './flags.ts';
import { checkOperands, loadPictureFor } from './inputs.ts';
import { listModelFiles } from './model-files.ts';
import { completeSettings, samplingFlags, truncateFlag } from './sampling-flags.ts';
import { printJson, type Terminal } from './terminal.ts';

export const complete: Command = defineCommand({
  name: 'complete',
  operands: '<image> "<text>"',
  summary: 'Draws a part of a picture anew, seeing a text and the rest of it',
  examples: [
    'dalle-gl complete photo.png "red heart" --keep 0,0,1,0.5 --seed 7 -o completed.png   # the upper half stays',
    'dalle-gl complete photo.png "red heart" --mask mask.png --seed 7 -n 2   # what is white in the mask is drawn',
  ],
  flags: {
    keep: {
      value: 'X,Y,W,H',
      help: 'a rectangle that stays, in fractions of the picture; may be repeated',
      parse: parseRegion,
      many: true,
    },
    redraw: { value: 'X,Y,W,H', help: 'the rectangle that is drawn anew', parse: parseRegion },
    mask: { value: 'FILE.png', help: 'a picture whose white is drawn anew', parse: parseSource, isText: true },
    output: drawingOutputFlag,
    ...samplingFlags,
    truncate: truncateFlag,
    ...netFlags,
    ...commonFlags,
  },
  async run({ flags, operands, terminal }) {
    checkOperands('complete', operands, { least: 2, most: 2, what: 'a picture and a text in quotes' });
    checkWays(flags);
    const [named, text] = operands as [string, string];
    const input = parseSource(named);
    const inputs = [input, ...(flags.mask === undefined ? [] : [flags.mask]), ...(await listModelFiles(flags.model))];
    const { drawings, manner, sampling } = planDrawings('complete', [text], { flags, inputs }, terminal);
    await withDalle(flags, terminal, async (session) => {
      const { dalle } = session;
      const picture = await loadPictureFor(dalle, input, terminal);
      const selection = await readSelection(flags, dalle, terminal);
      const { width, height } = picture;
      const pixels = { data: toPixels(picture), shape: [1, 3, height, width] } as const;
      const settings = completeSettings('complete', dalle, sampling);
      const start: StartDrawing = (options) => dalle.complete(pixels, text, { ...options, selection });
      const report = await drawPictures(session, { ...manner, settings }, drawings[0]!, start, terminal);
      if (flags.json) printJson(terminal, report);
    });
  },
});

interface Ways {
  readonly keep: readonly Region[] | undefined;
  readonly redraw: Region | undefined;
  readonly mask: string | undefined;
}

function checkWays({ keep, redraw, mask }: Ways): void {
  const ways = [keep, redraw, mask].filter((way) => way !== undefined);
  if (ways.length === 1) return;
  throw new UsageError(
    'E_REGION',
    `complete: wanted one of --keep, --redraw and --mask, got ${ways.length}. Say what stays, or what is drawn anew.`,
  );
}

async function readSelection({ keep, redraw, mask }: Ways, dalle: Dalle, terminal: Terminal): Promise<Selection> {
  if (keep) return { keep };
  if (redraw) return { redraw: [redraw] };
  return { mask: readBrightness(await loadPictureFor(dalle, mask!, terminal)) };
}

/** A byte for each pixel: the mean of its colours. */
function readBrightness({ data, width, height }: Picture): Uint8Array {
  return Uint8Array.from(
    { length: width * height },
    (_, i) => (data[3 * i]! + data[3 * i + 1]! + data[3 * i + 2]!) / 3,
  );
}

function parseRegion(text: string): Region {
  const parts = text.split(',');
  const [x, y, width, height] = parts.map((part) => readNumber(part.trim()));
  if (parts.length !== 4 || x === undefined || y === undefined || width === undefined || height === undefined) {
    throw new Error('four fractions of the picture, such as 0,0.5,1,0.5');
  }
  const region = { x, y, width, height };
  if (isWithinPicture(region)) return region;
  throw new OutOfRange('E_REGION', 'four fractions of a rectangle within 0 … 1 that is larger than nothing');
}
