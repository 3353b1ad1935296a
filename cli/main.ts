#!/usr/bin/env node
/**
 * The program `dalle-gl`: gives the process's streams and Ctrl-C to a command line and takes its exit code. The first
 * Ctrl-C asks the work to stop, so that it can clean up; a second one does not ask.
 */
import { runCommandLine } from './command-line.ts';

const interrupted = 130;
const controller = new AbortController();
process.on('SIGINT', () => {
  if (controller.signal.aborted) process.exit(interrupted);
  controller.abort();
});
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A reader such as `head` may leave early: then there is nobody to tell.
  if (error.code !== 'EPIPE') process.stderr.write(`dalle-gl: standard output cannot be written: ${error.message}.\n`);
  process.exit(1);
});

const { stdin, stdout, stderr, env } = process;
process.exitCode = await runCommandLine(process.argv.slice(2), {
  stdin,
  stdout,
  stderr,
  env,
  signal: controller.signal,
});
