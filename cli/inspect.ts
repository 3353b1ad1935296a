/**
 * `dalle-gl inspect`: what a file is and holds, told without trusting it. The report is the result, so it goes to
 * standard output, whole, before a file that tries to run code or is broken ends in its exit code.
 */
import { isFolder } from '../base/node/is-folder.ts';
import { inspectFile } from '../weights-convert/inspect/inspect-file.ts';
import { formatManifest } from '../weights-convert/model-folder/manifest-json.ts';
import { openFileSource } from '../weights-convert/node/file-source.ts';
import { readModelManifest } from '../weights-convert/node/open-model-folder.ts';
import { defineCommand, type Command } from './command.ts';
import { describeFailure, ReportedFailure, sayFailure } from './failure.ts';
import { commonFlags, parseSource } from './flags.ts';
import { checkOperands } from './inputs.ts';
import { formatInspection } from './inspect-report.ts';
import { print, printJson, type Terminal } from './terminal.ts';

/** Neither known to be harmless nor to run code: not "nothing wrong", and no accusation. */
const UNKNOWN_CALL_EXIT = 4;

export const inspect: Command = defineCommand({
  name: 'inspect',
  operands: '<file|DIR>',
  summary:
    'Tells what a checkpoint names, calls and holds, without running it; exit 3 if it names a way to run code, 4 if it ' +
    'calls what nobody here knows',
  examples: ['dalle-gl inspect encoder.pkl', 'dalle-gl inspect suspicious.pt --explain'],
  flags: {
    explain: { help: 'walk through its pickles, opcode by opcode' },
    ...commonFlags,
  },
  async run({ flags, operands, terminal }) {
    checkOperands('inspect', operands, { least: 1, most: 1, what: 'one file or model folder' });
    const path = parseSource(operands[0]!);
    if (isFolder(path)) return printManifest(path, flags.json, terminal);
    const source = await openFileSource(path);
    try {
      const { inspection, failure } = await inspectFile(source, { explain: flags.explain });
      if (flags.json) printJson(terminal, { ...inspection, error: failure ? describeFailure(failure) : null });
      else print(terminal, formatInspection(inspection));
      if (!failure) return;
      sayFailure(terminal, failure);
      throw new ReportedFailure(failure, failure.code === 'E_PICKLE_UNKNOWN_CALL' ? UNKNOWN_CALL_EXIT : undefined);
    } finally {
      await source.close();
    }
  },
});

async function printManifest(folder: string, json: boolean, terminal: Terminal): Promise<void> {
  const manifest = await readModelManifest(folder);
  if (json) printJson(terminal, manifest);
  else print(terminal, formatManifest(manifest).trimEnd().split('\n')); // JSON has no line breaks inside its words
}
