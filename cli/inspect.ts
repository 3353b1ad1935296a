/**
 * `dalle-gl inspect`: what a file is and holds, told without trusting it. The report is the result, so it goes to
 * standard output, whole, before a file that tries to run code or is broken ends in its exit code.
 */
import { statSync } from 'node:fs';
import { inspectFile } from '../weights-convert/inspect/inspect-file.ts';
import { formatManifest } from '../weights-convert/manifest-json.ts';
import { openFileSource } from '../weights-convert/node/file-source.ts';
import { readModelManifest } from '../weights-convert/node/open-model-folder.ts';
import { defineCommand, type Command } from './command.ts';
import { describeFailure, ReportedFailure, sayFailure } from './failure.ts';
import { commonFlags, parseSource } from './flags.ts';
import { checkOperands } from './inputs.ts';
import { formatInspection } from './inspect-report.ts';
import { printJson, type Terminal } from './terminal.ts';

export const inspect: Command = defineCommand({
  name: 'inspect',
  operands: '<file|DIR>',
  summary: 'Tells what a checkpoint names and holds, without running it; exit 3 if it names a way to run code',
  examples: ['dalle-gl inspect encoder.pkl', 'dalle-gl inspect suspicious.pt --explain'],
  flags: {
    explain: { help: 'walk through its pickles, opcode by opcode' },
    ...commonFlags,
  },
  async run({ flags, operands, terminal }) {
    checkOperands('inspect', operands, { least: 1, most: 1, what: 'one file or model folder' });
    const path = parseSource(operands[0]!);
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return printManifest(path, flags.json, terminal);
    const source = await openFileSource(path);
    try {
      const { inspection, failure } = await inspectFile(source, { explain: flags.explain });
      if (flags.json) printJson(terminal, { ...inspection, error: failure ? describeFailure(failure) : null });
      else terminal.stdout.write(`${formatInspection(inspection)}\n`);
      if (!failure) return;
      sayFailure(terminal, failure);
      throw new ReportedFailure(failure);
    } finally {
      await source.close();
    }
  },
});

async function printManifest(folder: string, json: boolean, terminal: Terminal): Promise<void> {
  const manifest = await readModelManifest(folder);
  if (json) printJson(terminal, manifest);
  else terminal.stdout.write(formatManifest(manifest));
}
