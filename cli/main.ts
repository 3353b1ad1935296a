#!/usr/bin/env node
/**
 * The program `dalle-gl`: gives the process's streams and signals to a command line and takes its exit code. The first
 * Ctrl-C asks the work to stop, so that it can clean up; a second one, SIGTERM and SIGHUP do not ask. No temporary file
 * outlives any of them.
 */
import { explainFileError } from '../base/node/file-error.ts';
import { removeOwnTemporaries } from '../base/node/temporary-files.ts';
import { runCommandLine } from './command-line.ts';
import { exitCodeOf, sayFailure } from './failure.ts';
import type { Terminal } from './terminal.ts';

const controller = new AbortController();
const handlers = {
  SIGINT: (): void => {
    if (controller.signal.aborted) die('SIGINT');
    controller.abort();
  },
  SIGTERM: (): void => die('SIGTERM'),
  SIGHUP: (): void => die('SIGHUP'),
};
const signals = Object.keys(handlers) as (keyof typeof handlers)[];
for (const signal of signals) process.on(signal, handlers[signal]);
process.on('exit', removeOwnTemporaries);

const { stdin, stdout, stderr, env } = process;
const terminal: Terminal = { stdin, stdout, stderr, env, signal: controller.signal, whileDeaf };
stdout.on('error', (error: NodeJS.ErrnoException) => {
  const failure = explainFileError('main', 'write', 'standard output', error);
  // A reader such as `head` may leave early: then there is nobody to tell.
  if (error.code !== 'EPIPE') sayFailure(terminal, failure);
  process.exit(exitCodeOf(failure));
});
// Talk that nobody hears, or that a full disk does not take, changes nothing about the work.
stderr.on('error', () => {});
process.exitCode = await runCommandLine(process.argv.slice(2), terminal);

/** Without a handler of ours a signal ends the process at once, also while the only thread is busy. */
async function whileDeaf<Result>(work: () => Promise<Result>): Promise<Result> {
  for (const signal of signals) process.off(signal, handlers[signal]);
  try {
    return await work();
  } finally {
    for (const signal of signals) process.on(signal, handlers[signal]);
  }
}

/** Ends the process as the signal would have. `process.exit` waits for threads that may wait for ever, as on a pipe. */
function die(signal: keyof typeof handlers): void {
  removeOwnTemporaries();
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
