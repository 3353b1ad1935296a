/**
 * A terminal for tests of the command line: streams that remember what was printed, a given standard input, and a
 * signal of the test's own. Nothing of the real process shows through.
 */
import { PassThrough, Readable, Writable } from 'node:stream';
import { runCommandLine } from '../../cli/command-line.ts';
import type { OutputStream, Terminal } from '../../cli/terminal.ts';

export interface CapturedOptions {
  readonly stdin?: Uint8Array | string;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Whether all three streams are a terminal's. */
  readonly isTTY?: boolean;
  /** How wide a screen says it is [80]. */
  readonly columns?: number | undefined;
  /** How high [24]. */
  readonly rows?: number | undefined;
  /** Called whenever something is printed on stdout. */
  readonly onOutput?: (() => void) | undefined;
}

export interface CapturedRun {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** A stream and what was written to it so far. */
export function captureStream(
  isTTY = false,
  { columns = 80, rows = 24, onOutput }: Pick<CapturedOptions, 'columns' | 'rows' | 'onOutput'> = {},
): { stream: OutputStream; read(): Buffer } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      onOutput?.();
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY, columns, rows }), read: () => Buffer.concat(chunks) };
}

/** Runs `dalle-gl <words>` in this process. */
export async function runCaptured(words: readonly string[], options: CapturedOptions = {}): Promise<CapturedRun> {
  const { stdin, env = {}, isTTY = false, columns, rows, onOutput, signal = new AbortController().signal } = options;
  const stdout = captureStream(isTTY, { columns, rows, onOutput });
  const stderr = captureStream(isTTY, { columns, rows });
  const input = stdin === undefined ? new PassThrough() : Readable.from([Buffer.from(stdin)]);
  const terminal: Terminal = {
    stdin: Object.assign(input, { isTTY }),
    stdout: stdout.stream,
    stderr: stderr.stream,
    env,
    signal,
  };
  const exitCode = await runCommandLine(words, terminal);
  return { exitCode, stdout: stdout.read(), stderr: stderr.read().toString() };
}
