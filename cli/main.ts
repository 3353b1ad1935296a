#!/usr/bin/env node
/**
 * The program `dalle-gl`: gives the process's streams and Ctrl-C to a command line and takes its exit code. The first
 * Ctrl-C asks the work to stop, so that it can clean up; a second one does not ask.
 */
import { explainFileError } from '../base/node/file-error.ts';
import { runCommandLine } from './command-line.ts';
import { exitCodeOf, sayFailure } from './failure.ts';
import type { Terminal } from './terminal.ts';

const interrupted = 130;
const controller = new AbortController();
process.on('SIGINT', () => {
  if (controller.signal.aborted) process.exit(interrupted);
  controller.abort();
});

const { stdin, stdout, stderr, env } = process;
const terminal: Terminal = { stdin, stdout, stderr, env, signal: controller.signal };
stdout.on('error', (error: NodeJS.ErrnoException) => {
  const failure = explainFileError('main', 'write', 'standard output', error);
  // A reader such as `head` may leave early: then there is nobody to tell.
  if (error.code !== 'EPIPE') sayFailure(terminal, failure);
  process.exit(exitCodeOf(failure));
});
process.exitCode = await runCommandLine(process.argv.slice(2), terminal);
