/**
 * What a command sees of the world around it: three streams, the environment, and the wish to stop. The program passes
 * the process's own; tests pass streams that remember.
 */
import type { Readable, Writable } from 'node:stream';

export type InputStream = Readable & { readonly isTTY?: boolean };
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
}

/** Prints one line of talk, or several. What a file says of itself may be in it: nothing in it steers the terminal. */
export function say(terminal: Terminal, line: string): void {
  terminal.stderr.write(`${line.replaceAll(/[\0-\x09\x0b-\x1f\x7f-\x9f]/g, '\ufffd')}\n`);
}

/** Prints the one object that `--json` promises. */
export function printJson(terminal: Terminal, value: unknown): void {
  terminal.stdout.write(`${JSON.stringify(value)}\n`);
}
