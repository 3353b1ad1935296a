/**
 * `--help`, of the program and of a command: an example first, then everything from the same tables that parse.
 */
import { flagWord, isOption, type FlagTable } from './arguments.ts';
import type { Command } from './command.ts';

/** What `dalle-gl --help` prints. */
export function formatProgramHelp(commands: readonly Command[]): string[] {
  const rows = commands.map(({ name, summary }) => [name, summary] as const);
  return [
    ...formatExamples(commands.map(({ examples }) => examples[0]!)),
    '',
    'Usage: dalle-gl <command> [flags]',
    '',
    "OpenAI's 2021 DALL·E on WebGL 2: no Python, no CUDA, no display.",
    '',
    ...formatTable(rows),
    '',
    'dalle-gl help <command> tells more; dalle-gl --version tells the version.',
  ];
}

/** What `dalle-gl <command> --help` and `dalle-gl help <command>` print. */
export function formatCommandHelp({ name, operands, summary, examples, flags }: Command): string[] {
  return [
    ...formatExamples(examples),
    '',
    `Usage: dalle-gl ${[name, operands, '[flags]'].filter(Boolean).join(' ')}`,
    '',
    `${summary}.`,
    '',
    ...formatTable(describeFlags(flags)),
  ];
}

function formatExamples(examples: readonly string[]): string[] {
  return ['Example:', ...examples.map((example) => `  ${example}`)];
}

function describeFlags(flags: FlagTable): (readonly [string, string])[] {
  return Object.entries(flags).map(([name, flag]) => {
    const short = flag.short === undefined ? '    ' : `-${flag.short}, `;
    return [`${short}${flagWord(name)}${isOption(flag) ? ` ${flag.value}` : ''}`, flag.help] as const;
  });
}

function formatTable(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
