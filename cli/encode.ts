/**
 * `dalle-gl encode`: pictures to tokens, in NumPy's .npy or JSON. Into one file they go together, [B, H/8, W/8], and
 * then all of them must be good and of one size; into a folder each goes alone, [H/8, W/8].
 */
import { extname } from 'node:path';
import { FormatError } from '../errors.ts';
import { toPixels, writeOutput, type Picture, type TokenGrid } from '../node.ts';
import { defineCommand, type Command } from './command.ts';
import { ReportedFailure } from './failure.ts';
import { commonFlags, netFlags, pictureFlags } from './flags.ts';
import { checkOperands, loadPicture, processInputs } from './inputs.ts';
import { withNet } from './net.ts';
import { checkStdout, planOutputs, writeIntoFolder } from './outputs.ts';
import { formatSeconds } from './progress.ts';
import { printJson, say, type Terminal } from './terminal.ts';
import { countTokens, formatTokens, joinGrids } from './tokens-file.ts';

export const encode: Command = defineCommand({
  name: 'encode',
  operands: '<image|url>...',
  summary: 'Turns pictures into tokens',
  examples: [
    'dalle-gl encode cat.jpg -o cat.npy                # int32 [32, 32]',
    'dalle-gl encode cat.jpg dog.png -o both.json      # [2, 32, 32]',
    'dalle-gl encode photos/*.jpg -o tokens/ --size keep',
  ],
  flags: {
    output: {
      short: 'o',
      value: 'FILE|DIR',
      help: 'a .npy, a .json, a folder (.npy), or - (.npy)',
      parse: String,
      required: true,
    },
    ...pictureFlags,
    ...netFlags,
    ...commonFlags,
  },
  async run({ flags, operands, terminal }) {
    checkOperands('encode', operands, { least: 1, what: 'one or more pictures' });
    const rules = { command: 'encode', extensions: ['.npy', '.json'], together: true } as const;
    const outputs = planOutputs(operands, flags.output, rules);
    checkStdout(terminal, outputs, flags.json, 'encode');
    const together = outputs.length < operands.length;
    await withNet(flags, terminal, async (openNet) => {
      const grids: TokenGrid[] = [];
      let first: Picture | undefined;
      const encodeOne = async (input: string, index: number): Promise<object> => {
        const picture = await loadPicture(input, flags, terminal);
        const { width, height } = picture;
        if (together) checkSameSize((first ??= picture), picture, input);
        const net = await openNet();
        const { result, seconds } = await net.encode({ data: toPixels(picture), shape: [1, 3, height, width] });
        if (together) grids.push(result);
        else await writeTokens(outputs[index]!, result, terminal);
        const tokens = countTokens(result);
        const output = outputs[together ? 0 : index]!;
        if (!flags.quiet) {
          say(
            terminal,
            `${input} → ${output}: ${width} × ${height}, ${tokens.count} tokens (${tokens.distinct} distinct), ` +
              `encoded in ${formatSeconds(seconds.run)}, prepared in ${formatSeconds(seconds.prepare)}`,
          );
        }
        const { description } = net.device;
        return { input, output, device: description, model: net.model, width, height, tokens, seconds };
      };
      if (together) {
        const results: object[] = [];
        for (const [index, input] of operands.entries()) results.push(await encodeOne(input, index));
        await writeTokens(outputs[0]!, joinGrids(grids), terminal);
        if (flags.json) printJson(terminal, { results });
        return;
      }
      const { results, failure } = await processInputs(operands, terminal, encodeOne);
      if (flags.json) printJson(terminal, { results });
      if (failure !== undefined) throw new ReportedFailure(failure);
    });
  },
});

async function writeTokens(output: string, tokens: TokenGrid, terminal: Terminal): Promise<void> {
  const bytes = formatTokens(tokens, extname(output).toLowerCase());
  await writeIntoFolder(output, () => writeOutput(output, [bytes], terminal));
}

function checkSameSize(first: Picture, picture: Picture, input: string): void {
  if (first.width === picture.width && first.height === picture.height) return;
  throw new FormatError(
    'E_GRID',
    `encode: pictures in one file must be of one size, but ${input} is ${picture.width} × ${picture.height} after ` +
      `${first.width} × ${first.height}. Choose one with --size, or name a folder, as in -o tokens/.`,
  );
}
