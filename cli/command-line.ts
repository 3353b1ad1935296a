/**
 * One command line from its words to its exit code. The process itself is main.ts's; nothing here touches it, so that
 * tests run command lines in the same process.
 */
import { UsageError } from '../base/errors.ts';
import { readPackageVersion } from '../base/node/package-files.ts';
import { parseWords, shorten } from './arguments.ts';
import type { Command } from './command.ts';
import { complete } from './complete.ts';
import { convert } from './convert.ts';
import { decode } from './decode.ts';
import { doctor } from './doctor.ts';
import { encode } from './encode.ts';
import { exportCommand } from './export.ts';
import { fail } from './failure.ts';
import { formatCommandHelp, formatProgramHelp } from './help.ts';
import { checkOperands } from './inputs.ts';
import { inspect } from './inspect.ts';
import { findNearest } from './nearest.ts';
import { generate } from './generate.ts';
import { models } from './models.ts';
import { plan } from './plan.ts';
import { reconstruct } from './reconstruct.ts';
import { score } from './score.ts';
import { print, type Terminal } from './terminal.ts';
import { train } from './train.ts';

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
  models,
  plan,
  train,
  doctor,
];

/** Runs `dalle-gl <words>` and returns its exit code. Throws nothing. */
export async function runCommandLine(words: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await dispatch(words, terminal);
    return 0;
  } catch (error) {
    return fail(terminal, error, untilOperands(words).includes('--json'));
  }
}

async function dispatch([name, ...words]: readonly string[], terminal: Terminal): Promise<void> {
  const asks = (...flags: string[]): boolean =>
    flags.some((flag) => untilOperands([name ?? '', ...words]).includes(flag));
  if (asks('--version', '-v')) {
    print(terminal, [`dalle-gl ${readPackageVersion()}, Node ${process.versions.node}`]);
  } else if (name === 'help') {
    printHelp(
      words.filter((word) => word !== '--help' && word !== '-h'),
      terminal,
    );
  } else if (asks('--help', '-h')) {
    printHelp(name === undefined || name.startsWith('-') ? [] : [name], terminal);
  } else {
    const command = findCommand(name) ?? reject(name);
    await command.run({ ...parseWords(command.name, command.flags, words), terminal });
  }
}

/** `dalle-gl help`, with a command or without. */
function printHelp(words: readonly string[], terminal: Terminal): void {
  const { operands } = parseWords('help', {}, words);
  checkOperands('help', operands, { least: 0, most: 1, what: 'one command, or none' });
  const [name] = operands;
  if (name === undefined || name === 'help') return print(terminal, formatProgramHelp(commands));
  print(terminal, formatCommandHelp(findCommand(name) ?? reject(name)));
}

function findCommand(name: string | undefined): Command | undefined {
  return commands.find((candidate) => candidate.name === name);
}

/** After `--` every word is an operand, even one that looks like a flag. */
function untilOperands(words: readonly string[]): readonly string[] {
  const end = words.indexOf('--');
  return end < 0 ? words : words.slice(0, end);
}

/** Throws UsageError `E_COMMAND_MISSING`, `E_COMMAND_UNKNOWN`. */
function reject(name: string | undefined): never {
  const names = [...commands.map((command) => command.name), 'help'];
  if (name === undefined || name.startsWith('-')) {
    const got = name === undefined ? '' : `, and the first word is ${shorten(name)}; flags come behind it`;
    throw new UsageError('E_COMMAND_MISSING', `a command is needed: ${names.join(', ')}${got}. See: dalle-gl --help`);
  }
  const nearest = findNearest(name, names);
  const advice = nearest === undefined ? `There are: ${names.join(', ')}.` : `Did you mean ${nearest}?`;
  throw new UsageError('E_COMMAND_UNKNOWN', `there is no command ${shorten(name)}. ${advice} See: dalle-gl --help`);
}
