/**
 * One command line from its words to its exit code. The process itself is main.ts's; nothing here touches it, so that
 * tests run command lines in the same process.
 */
import { UsageError } from '../base/errors.ts';
import { readPackageVersion } from '../base/node/package-files.ts';
import { parseWords } from './arguments.ts';
import type { Command } from './command.ts';
import { complete } from './complete.ts';
import { convert } from './convert.ts';
import { decode } from './decode.ts';
import { doctor } from './doctor.ts';
import { encode } from './encode.ts';
import { exportCommand } from './export.ts';
import { fail } from './failure.ts';
import { formatCommandHelp, formatProgramHelp } from './help.ts';
import { inspect } from './inspect.ts';
import { findNearest } from './nearest.ts';
import { generate } from './generate.ts';
import { plan } from './plan.ts';
import { reconstruct } from './reconstruct.ts';
import { score } from './score.ts';
import type { Terminal } from './terminal.ts';

export const commands: readonly Command[] = [
  reconstruct,
  generate,
  complete,
  score,
  encode,
  decode,
  convert,
  inspect,
  exportCommand,
  plan,
  doctor,
];

/** Runs `dalle-gl <words>` and returns its exit code. Throws nothing. */
export async function runCommandLine(words: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await dispatch(words, terminal);
    return 0;
  } catch (error) {
    return fail(terminal, error, words.includes('--json'));
  }
}

async function dispatch([name, ...words]: readonly string[], terminal: Terminal): Promise<void> {
  const asks = (...flags: string[]): boolean =>
    flags.some((flag) => untilOperands([name ?? '', ...words]).includes(flag));
  const command = commands.find((candidate) => candidate.name === name);
  if (asks('--version')) {
    terminal.stdout.write(`dalle-gl ${readPackageVersion()}, Node ${process.versions.node}\n`);
  } else if (asks('--help', '-h')) {
    terminal.stdout.write(command ? formatCommandHelp(command) : formatProgramHelp(commands));
  } else if (command) {
    await command.run({ ...parseWords(command.name, command.flags, words), terminal });
  } else {
    throw unknownCommand(name);
  }
}

/** After `--` every word is an operand, even one that looks like a flag. */
function untilOperands(words: readonly string[]): readonly string[] {
  const end = words.indexOf('--');
  return end < 0 ? words : words.slice(0, end);
}

function unknownCommand(name: string | undefined): UsageError {
  const names = commands.map((command) => command.name);
  if (name === undefined) {
    return new UsageError('E_COMMAND_MISSING', `a command is needed: ${names.join(', ')}. See: dalle-gl --help`);
  }
  const nearest = findNearest(name, names);
  const advice = nearest === undefined ? `There are: ${names.join(', ')}.` : `Did you mean ${nearest}?`;
  return new UsageError('E_COMMAND_UNKNOWN', `there is no command ${name}. ${advice} See: dalle-gl --help`);
}
