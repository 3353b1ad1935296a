/**
 * `dalle-gl export`: a model folder back to PyTorch checkpoints. The work is weights-convert's; this file is its words.
 */
import { exportCheckpoints, type ExportedCheckpoint } from '../weights-convert/node/export-checkpoints.ts';
import { defineCommand, type Command } from './command.ts';
import { commonFlags, noVerifyFlag, parsePath, parseSource } from './flags.ts';
import { checkOperands } from './inputs.ts';
import { startProgress } from './progress.ts';
import { printJson, say } from './terminal.ts';

export const exportCommand: Command = defineCommand({
  name: 'export',
  operands: '<DIR>',
  summary: 'Writes the nets of a model folder as state dicts that PyTorch opens with weights_only=True',
  examples: ['dalle-gl export model/ -o checkpoints/'],
  flags: {
    output: {
      short: 'o',
      value: 'OUTDIR',
      help: 'where a .pt for each net goes: encoder.pt, decoder.pt, transformer.pt, text_encoder.pt, clip.pt',
      parse: parsePath,
      isText: true,
      required: true,
    },
    noVerify: noVerifyFlag,
    force: { help: 'replace the files of these names that are in OUTDIR already' },
    ...commonFlags,
  },
  async run({ flags, operands, terminal }) {
    checkOperands('export', operands, { least: 1, most: 1, what: 'one model folder' });
    const folder = parseSource(operands[0]!);
    const { output: out, force, noVerify, quiet, json } = flags;
    const progress = startProgress(terminal, 'writing', { unit: 'bytes', quiet });
    try {
      const onBytes = (done: number): void => progress.update(done, undefined);
      const checked = { verify: !noVerify, signal: terminal.signal };
      const checkpoints = await exportCheckpoints({ folder, out, force, onBytes, ...checked });
      progress.end();
      if (json) printJson(terminal, { out, checkpoints });
      if (!quiet) say(terminal, ...checkpoints.map((checkpoint) => formatCheckpoint(out, checkpoint)));
    } finally {
      progress.end();
    }
  },
});

function formatCheckpoint(out: string, { name, bytes, sha256, tensors, parameters }: ExportedCheckpoint): string {
  const size = `${(bytes / 1e6).toFixed(1)} MB`;
  return `${name} in ${out}: ${tensors} tensors, ${parameters} numbers, ${size}, SHA-256 ${sha256}`;
}
