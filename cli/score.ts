/** `dalle-gl score`: how well pictures go with a text, by the transformer: `file<TAB>nats per image token`. */
import { toPixels } from '../node.ts';
import { defineCommand, type Command } from './command.ts';
import { withDalle } from './dalle-session.ts';
import { ReportedFailure } from './failure.ts';
import { commonFlags, netFlags, parseSource } from './flags.ts';
import { checkOperands, loadPictureFor, processInputs } from './inputs.ts';
import { truncateFlag } from './sampling-flags.ts';
import { printJson, printRow } from './terminal.ts';

export const score: Command = defineCommand({
  name: 'score',
  operands: '"<text>" <image>...',
  summary: 'Says how well pictures go with a text: nats per image token, the lower the better',
  examples: ['dalle-gl score "red heart" hearts/*.png | sort -k2 -n'],
  flags: {
    truncate: truncateFlag,
    ...netFlags,
    ...commonFlags,
  },
  async run({ flags, operands, terminal }) {
    checkOperands('score', operands, { least: 2, what: 'a text in quotes and one or more pictures' });
    const [text, ...named] = operands as [string, ...string[]];
    const inputs = named.map(parseSource);
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
