/**
 * `dalle-gl decode`: tokens to a picture; several grids in one file become one picture of them all.
 */
import { composeGrid, fromPixels, savePng, type Picture, type TokenGrid } from '../node.ts';
import { defineCommand, type Command } from './command.ts';
import { commonFlags, netFlags, parsePath, parseSource } from './flags.ts';
import { checkOperands } from './inputs.ts';
import { listModelFiles } from './model-files.ts';
import { withNet, type Net } from './net.ts';
import { checkStdout, nameOutput, planOutputs, writeIntoFolder } from './outputs.ts';
import { formatSeconds } from './progress.ts';
import { printJson, say } from './terminal.ts';
import { countTokens, readTokens } from './tokens-file.ts';

export const decode: Command = defineCommand({
  name: 'decode',
  operands: '<tokens>',
  summary: 'Turns tokens (.npy or nested JSON lists, [h, w] or [n, h, w]) into a picture',
  examples: ['dalle-gl decode cat.npy -o cat.png', 'dalle-gl encode cat.jpg -o - | dalle-gl decode - -o cat.png'],
  flags: {
    output: {
      short: 'o',
      value: 'FILE|DIR',
      help: 'a .png, a folder, or -',
      parse: parsePath,
      isText: true,
      required: true,
    },
    ...netFlags,
    ...commonFlags,
  },
  async run({ flags, operands, terminal }) {
    checkOperands('decode', operands, { least: 1, most: 1, what: 'one file of tokens' });
    const reads = await listModelFiles(flags.model);
    const rules = { command: 'decode', extensions: ['.png'], reads } as const;
    const input = parseSource(operands[0]!);
    const output = planOutputs([input], flags.output, rules)[0]!;
    checkStdout(terminal, [output], flags.json, 'decode');
    const tokens = await readTokens(input, terminal);
    await withNet(flags, terminal, async (openNet) => {
      const net = await openNet();
      const { pictures, seconds } = await decodeEach(tokens, net);
      const picture = composeGrid(pictures);
      await writeIntoFolder(output, () => savePng(output, picture, { ...terminal, text: net.pngText() }));
      const { width, height } = picture;
      const count = countTokens(tokens);
      if (!flags.quiet) {
        say(
          terminal,
          `${input} → ${nameOutput(output)}: ${count.count} tokens (${count.distinct} distinct), ${width} × ${height}, ` +
            `decoded in ${formatSeconds(seconds.decode)}, prepared in ${formatSeconds(seconds.prepare)}`,
        );
      }
      const report = { input, output, ...net.settings, width, height, tokens: count, seconds };
      if (flags.json) printJson(terminal, { results: [report] });
    });
  },
});

/** One grid at a time: memory for one, whatever their number. */
async function decodeEach(
  { data, shape: [count, height, width] }: TokenGrid,
  net: Net,
): Promise<{ pictures: Picture[]; seconds: { prepare: number; decode: number } }> {
  const pictures: Picture[] = [];
  const seconds = { prepare: 0, decode: 0 };
  for (let i = 0; i < count; i++) {
    const grid = data.slice(i * height * width, (i + 1) * height * width);
    const decoded = await net.decode({ data: grid, shape: [1, height, width] });
    pictures.push(...fromPixels(decoded.result.data, decoded.result.shape));
    seconds.prepare += decoded.seconds.prepare;
    seconds.decode += decoded.seconds.run;
  }
  return { pictures, seconds };
}
