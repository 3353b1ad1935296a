/**
 * What a command sees of the world around it: three streams, the environment, and the wish to stop. The program passes
 * the process's own; tests pass streams that remember.
 */
import type { Readable, Writable } from 'node:stream';

type InputStream = Readable & { readonly isTTY?: boolean };
export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };

export interface Terminal {
  readonly stdin: InputStream;
  /** Data: what the command was asked for, and with `--json` exactly one object. */
  readonly stdout: OutputStream;
  /** Talk: progress, reports, failures. */
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Fires when the person at the keyboard wants to stop. */
  readonly signal: AbortSignal;
  /**
   * Does work that hears no wish to stop for seconds, and has nothing to clean up: a signal ends the process meanwhile.
   */
  whileDeaf?<Result>(work: () => Promise<Result>): Promise<Result>;
}

/**
 * Nothing that a file says of itself steers the terminal, hides, or forges a line: control characters, what has no
 * shape of its own (writing direction, zero width, tags), line separators, halves of letters and what has no meaning
 * but by agreement become `\u001b`, as JSON and TypeScript write them. The two selectors that make a sign a picture
 * stay.
 */
export function escapeHidden(text: string): string {
  return text.replaceAll(/(?![\ufe0e\ufe0f])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{DI}]/gu, (letter) =>
    Array.from({ length: letter.length }, (_, i) => `\\u${letter.charCodeAt(i).toString(16).padStart(4, '0')}`).join(
      '',
    ),
  );
}

/** Prints lines of talk. A line ends where it ends: a line break inside one is of a foreign name. */
export function say({ stderr }: Terminal, ...lines: readonly string[]): void {
  for (const line of lines) stderr.write(`${escapeHidden(line)}\n`);
}

/** Prints lines of a result for people. */
export function print({ stdout }: Terminal, lines: readonly string[]): void {
  stdout.write(lines.map((line) => `${escapeHidden(line)}\n`).join(''));
}

/** Prints a row of a table for programs, its cells apart by tabs. */
export function printRow({ stdout }: Terminal, ...cells: readonly string[]): void {
  stdout.write(`${cells.map(escapeHidden).join('\t')}\n`);
}

/** Prints the one object that `--json` promises. What is hidden is escaped in it, and means the same. */
export function printJson({ stdout }: Terminal, value: unknown): void {
  stdout.write(`${escapeHidden(JSON.stringify(value))}\n`);
}
