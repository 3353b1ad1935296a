/**
 * `dalle-gl reconstruct`: a picture to tokens and back, and how close it came.
 */
import { composeSideBySide, fromPixels, psnr, savePng, toPixels, type Picture } from '../node.ts';
import { commonFlags, netFlags, parsePath, parseSource, pictureFlags } from './flags.ts';
import { defineCommand, type Command } from './command.ts';
import { ReportedFailure } from './failure.ts';
import { checkOperands, cropToPatch, loadPicture, processInputs } from './inputs.ts';
import { listModelFiles } from './model-files.ts';
import { withNet, type Net } from './net.ts';
import { checkStdout, nameOutput, planOutputs, writeIntoFolder } from './outputs.ts';
import { startPreview } from './preview.ts';
import { formatSeconds } from './progress.ts';
import { printJson, say } from './terminal.ts';
import { countTokens, type TokenCount } from './tokens-file.ts';

export const reconstruct: Command = defineCommand({
  name: 'reconstruct',
  operands: '<image|url>...',
  summary: 'Turns pictures into tokens and back, and says how close they came',
  examples: [
    'dalle-gl reconstruct cat.jpg                      # writes cat.reconstruction.png',
    'dalle-gl reconstruct cat.jpg dog.png -o out/ --size keep --side-by-side',
  ],
  flags: {
    output: {
      short: 'o',
      value: 'FILE|DIR',
      help: 'a .png, a folder, or - [<image>.reconstruction.png]',
      parse: parsePath,
      isText: true,
    },
    sideBySide: { help: 'put the picture as it was beside its reconstruction' },
    ...pictureFlags,
    ...netFlags,
    ...commonFlags,
  },
  async run({ flags, operands, terminal }) {
    checkOperands('reconstruct', operands, { least: 1, what: 'one or more pictures' });
    const reads = await listModelFiles(flags.model);
    const rules = { command: 'reconstruct', extensions: ['.png'], suffix: '.reconstruction', reads } as const;
    const inputs = operands.map(parseSource);
    const outputs = planOutputs(inputs, flags.output, rules);
    checkStdout(terminal, outputs, flags.json, 'reconstruct');
    await withNet(flags, terminal, async (openNet) => {
      const { results, failure } = await processInputs(inputs, terminal, async (input, index) => {
        const loaded = await loadPicture(input, flags, terminal);
        const net = await openNet();
        const original = cropToPatch(loaded, flags, net.patch);
        const { picture, ...report } = await reconstructPicture(original, net);
        const output = outputs[index]!;
        const shown = flags.sideBySide ? composeSideBySide([original, picture]) : picture;
        await writeIntoFolder(output, () => savePng(output, shown, { ...terminal, text: net.pngText() }));
        if (!flags.quiet) say(terminal, formatReport(input, output, report));
        startPreview(terminal, flags)(shown);
        return { input, output, ...net.settings, ...report };
      });
      if (flags.json) printJson(terminal, { results });
      if (failure !== undefined) throw new ReportedFailure(failure);
    });
  },
});

/** What is told of one reconstruction. */
interface ReconstructionReport {
  readonly width: number;
  readonly height: number;
  readonly tokens: TokenCount;
  /** Decibels against the prepared original; null in JSON when they are equal. */
  readonly psnr: number;
  readonly seconds: { readonly prepare: number; readonly encode: number; readonly decode: number };
}

async function reconstructPicture(original: Picture, net: Net): Promise<ReconstructionReport & { picture: Picture }> {
  const { width, height } = original;
  net.expect('decode', [1, height / net.patch, width / net.patch]);
  const encoded = await net.encode({ data: toPixels(original), shape: [1, 3, height, width] });
  const decoded = await net.decode(encoded.result);
  const picture = fromPixels(decoded.result.data, decoded.result.shape)[0]!;
  return {
    picture,
    width,
    height,
    tokens: countTokens(encoded.result),
    psnr: psnr(original, picture),
    seconds: {
      prepare: encoded.seconds.prepare + decoded.seconds.prepare,
      encode: encoded.seconds.run,
      decode: decoded.seconds.run,
    },
  };
}

function formatReport(input: string, output: string, report: ReconstructionReport): string {
  const { width, height, tokens, seconds } = report;
  return (
    `${input} → ${nameOutput(output)}: ${width} × ${height}, ` +
    `${tokens.count} tokens (${tokens.distinct} distinct), PSNR ${report.psnr.toFixed(2)} dB, ` +
    `encoded in ${formatSeconds(seconds.encode)}, decoded in ${formatSeconds(seconds.decode)}, ` +
    `prepared in ${formatSeconds(seconds.prepare)}`
  );
}
