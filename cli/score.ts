/**
 * `dalle-gl score`: how well pictures go with a text. By the transformer, `file<TAB>nats per image token`; by a CLIP,
 * `file<TAB>cosine`.
 */
import { toPixels } from '../node.ts';
import { defineCommand, type Command } from './command.ts';
import { withDalle } from './dalle-session.ts';
import { ReportedFailure } from './failure.ts';
import { commonFlags, netFlags, parseSource } from './flags.ts';
import { checkOperands, loadPictureFor, loadWhole, processInputs } from './inputs.ts';
import { prepareForClip } from '../images/clip-pixels.ts';
import { clipFlag, openClipSession, showComparing } from './clip-session.ts';
import type { NetFlags } from './session.ts';
import { truncateFlag } from './sampling-flags.ts';
import { printJson, printRow, type Terminal } from './terminal.ts';

export const score: Command = defineCommand({
  name: 'score',
  operands: '"<text>" <image>...',
  summary:
    'Says how well pictures go with a text: nats per image token, the lower the better; with --clip the cosine, the higher',
  examples: [
    'dalle-gl score "red heart" hearts/*.png | sort -k2 -n',
    'dalle-gl score --clip clip/ "red heart" hearts/*.png | sort -k2 -nr',
  ],
  flags: {
    truncate: truncateFlag,
    clip: { ...clipFlag, help: 'compare by this CLIP: its model folder, or the address of one [the transformer]' },
    ...netFlags,
    ...commonFlags,
  },
  async run({ flags, operands, terminal }) {
    checkOperands('score', operands, { least: 2, what: 'a text in quotes and one or more pictures' });
    const [text, ...named] = operands as [string, ...string[]];
    const inputs = named.map(parseSource);
    if (flags.clip !== undefined) return scoreByClip(text, inputs, { ...flags, clip: flags.clip }, terminal);
    await withDalle(flags, terminal, async ({ dalle, settings }) => {
      const { signal } = terminal;
      const { truncate } = flags;
      const { results, failure } = await processInputs(inputs, terminal, async (input) => {
        const picture = await loadPictureFor(dalle, input, terminal);
        const { width, height } = picture;
        const pixels = { data: toPixels(picture), shape: [1, 3, height, width] as const };
        const nats = await dalle.score(text, pixels, { truncate, signal });
        if (!flags.json) printRow(terminal, input, nats.toFixed(4));
        return { input, nats };
      });
      if (flags.json) printJson(terminal, { text, ...settings, results });
      if (failure !== undefined) throw new ReportedFailure(failure);
    });
  },
});

interface ClipFlags extends NetFlags {
  readonly clip: string;
  readonly truncate: boolean;
  readonly json: boolean;
}

/** All pictures are read and made small before the first is compared: they go through the net together. */
async function scoreByClip(
  text: string,
  inputs: readonly string[],
  flags: ClipFlags,
  terminal: Terminal,
): Promise<void> {
  const { signal } = terminal;
  const { net: clip, settings, dispose } = await openClipSession(flags.clip, flags, terminal);
  try {
    const { results, failure } = await processInputs(inputs, terminal, async (input) => {
      return { input, picture: prepareForClip(await loadWhole(input, terminal), clip.architecture.image_size) };
    });
    const pictures = results.flatMap((result) => ('picture' in result ? [result.picture] : []));
    const { truncate, quiet } = flags;
    const scores = await showComparing(terminal, quiet, (onProgress) =>
      clip.score(text, pictures, { truncate, signal, onProgress }),
    );
    const scored = results.map((result) =>
      'picture' in result ? { input: result.input, cosine: scores[pictures.indexOf(result.picture)]! } : result,
    );
    for (const result of scored) {
      if (!flags.json && 'cosine' in result) printRow(terminal, result.input, result.cosine.toFixed(4));
    }
    if (flags.json) printJson(terminal, { text, ...settings, results: scored });
    if (failure !== undefined) throw new ReportedFailure(failure);
  } finally {
    await dispose();
  }
}
