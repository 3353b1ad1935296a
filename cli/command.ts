/**
 * What a command is: its words for `--help`, its table of flags, and the function that does it.
 */
import type { FlagTable, FlagValues } from './arguments.ts';
import type { Terminal } from './terminal.ts';

export interface Command<Flags extends FlagTable = FlagTable> {
  readonly name: string;
  /** The words that are no flags: `<image|url>...`. */
  readonly operands: string;
  /** One sentence without a stop. */
  readonly summary: string;
  /** Whole command lines that work as they stand; `--help` begins with them. */
  readonly examples: readonly string[];
  readonly flags: Flags;
  /** Does it. Whatever it throws becomes one paragraph and an exit code (failure.ts). */
  run(invocation: Invocation<Flags>): Promise<void>;
}

interface Invocation<Flags extends FlagTable> {
  readonly flags: FlagValues<Flags>;
  readonly operands: readonly string[];
  readonly terminal: Terminal;
}

/** Lets TypeScript infer the flags' types from the table, and forgets them for the list of commands. */
export function defineCommand<const Flags extends FlagTable>(command: Command<Flags>): Command {
  return command as unknown as Command;
}
