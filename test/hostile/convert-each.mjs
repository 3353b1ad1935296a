/**
 * Gives file after file to the built converter, in one plain Node process: `convert`, then `inspect --explain`. Prints
 * a line of JSON for each: exit codes, what `convert` said, the largest buffer asked for, the peak of resident memory
 * so far. Needs `npm run build`.
 *
 *     node --expose-gc --disallow-code-generation-from-strings --import ./test/hostile/watch-memory.mjs \
 *       test/hostile/convert-each.mjs OUTDIR FILE...
 */
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { runCommandLine } from '../../dist/cli/command-line.js';
import { asked, forgetAsked, readPeak } from './watch-memory.mjs';

/**
 * Runs `dalle-gl <words>`; what it prints on standard output is not kept. No command is charged with what the one
 * before it left to the garbage collector, since people run one a process.
 */
async function run(words) {
  globalThis.gc();
  const said = [];
  const stdout = new Writable({ write: (_, _encoding, done) => done() });
  const stderr = new Writable({ write: (chunk, _, done) => void (said.push(String(chunk)), done()) });
  const terminal = { stdin: process.stdin, stdout, stderr, env: {}, signal: new AbortController().signal };
  return { exitCode: await runCommandLine(words, terminal), said: said.join('') };
}

const [outputs, ...files] = process.argv.slice(2);
for (const [index, file] of files.entries()) {
  forgetAsked();
  const converted = await run(['convert', file, '-o', join(outputs, String(index))]);
  const inspected = await run(['inspect', file, '--explain']);
  const measured = { largestBuffer: asked.largest, peak: readPeak() };
  process.stdout.write(`${JSON.stringify({ file, ...converted, inspectCode: inspected.exitCode, ...measured })}\n`);
}
