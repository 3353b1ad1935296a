/**
 * `dalle-gl encode`: pictures to tokens, in NumPy's .npy or JSON. Into one file they go together, [B, H/8, W/8], and
 * then all of them must be good and of one size; into a folder each goes alone, [H/8, W/8].
 */
import { extname } from 'node:path';
import { FormatError } from '../base/errors.ts';
import { toPixels, type Picture, type TokenGrid } from '../node.ts';
import { writeOutput } from '../base/node/write-file.ts';
import { defineCommand, type Command } from './command.ts';
import { ReportedFailure } from './failure.ts';
import { commonFlags, netFlags, parsePath, parseSource, pictureFlags } from './flags.ts';
import { checkOperands, cropToPatch, loadPicture, processInputs } from './inputs.ts';
import { listModelFiles } from './model-files.ts';
import { withNet, type Net } from './net.ts';
import { checkStdout, nameOutput, planOutputs, writeIntoFolder } from './outputs.ts';
import { formatSeconds } from './progress.ts';
import type { NetSettings } from './session.ts';
import { printJson, say, type Terminal } from './terminal.ts';
import { countTokens, formatTokens, joinGrids, type TokenCount } from './tokens-file.ts';

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
      parse: parsePath,
      isText: true,
      required: true,
    },
    ...pictureFlags,
    ...netFlags,
    ...commonFlags,
  },
  async run({ flags, operands, terminal }) {
    checkOperands('encode', operands, { least: 1, what: 'one or more pictures' });
    const reads = await listModelFiles(flags.model);
    const rules = { command: 'encode', extensions: ['.npy', '.json'], together: true, reads } as const;
    const inputs = operands.map(parseSource);
    const outputs = planOutputs(inputs, flags.output, rules);
    checkStdout(terminal, outputs, flags.json, 'encode');
    await withNet(flags, terminal, async (openNet) => {
      const encodeInput = async (input: string, output: string, first?: Encoded): Promise<Encoded> => {
        const loaded = await loadPicture(input, flags, terminal);
        const net = await openNet();
        const picture = cropToPatch(loaded, flags, net.patch);
        if (first) checkSameSize(first.picture, picture, input);
        const encoded = await encodePicture(picture, input, output, net);
        if (!flags.quiet) say(terminal, formatReport(encoded.report));
        return encoded;
      };
      if (outputs.length === inputs.length) {
        const { results, failure } = await processInputs(inputs, terminal, async (input, index) => {
          const { tokens, report } = await encodeInput(input, outputs[index]!);
          await writeTokens(report.output, tokens, terminal);
          return report;
        });
        if (flags.json) printJson(terminal, { results });
        if (failure !== undefined) throw new ReportedFailure(failure);
      } else {
        const all: Encoded[] = [];
        for (const input of inputs) all.push(await encodeInput(input, outputs[0]!, all[0]));
        await writeTokens(outputs[0]!, joinGrids(all.map(({ tokens }) => tokens)), terminal);
        if (flags.json) printJson(terminal, { results: all.map(({ report }) => report) });
      }
    });
  },
});

type EncodeReport = NetSettings & Encoding;

interface Encoding {
  readonly input: string;
  readonly output: string;
  readonly width: number;
  readonly height: number;
  readonly tokens: TokenCount;
  readonly seconds: { readonly prepare: number; readonly encode: number };
}

interface Encoded {
  readonly picture: Picture;
  readonly tokens: TokenGrid;
  readonly report: EncodeReport;
}

async function encodePicture(picture: Picture, input: string, output: string, net: Net): Promise<Encoded> {
  const { width, height } = picture;
  const { result, seconds } = await net.encode({ data: toPixels(picture), shape: [1, 3, height, width] });
  const tokens = countTokens(result);
  const times = { prepare: seconds.prepare, encode: seconds.run };
  const report = { input, output, ...net.settings, width, height, tokens, seconds: times };
  return { picture, tokens: result, report };
}

function formatReport({ input, output, width, height, tokens, seconds }: EncodeReport): string {
  return (
    `${input} → ${nameOutput(output)}: ${width} × ${height}, ${tokens.count} tokens (${tokens.distinct} distinct), ` +
    `encoded in ${formatSeconds(seconds.encode)}, prepared in ${formatSeconds(seconds.prepare)}`
  );
}

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
