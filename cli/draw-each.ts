/**
 * Several texts in one call. Those that cannot be drawn are told before the first is drawn; the others are drawn all
 * the same, and the exit code is that of the first failure. Anything else that fails ends the call: what was drawn
 * stays.
 */
import { AbortedError, DalleError } from '../base/errors.ts';
import type { Drawing, DrawingReport } from './drawing.ts';
import { describeFailure, sayFailure, type Failure } from './failure.ts';
import type { Terminal } from './terminal.ts';

interface RefusedText {
  readonly text: string;
  readonly error: Failure;
}

interface DrawnTexts {
  /** One for each text, in order. */
  readonly results: readonly (DrawingReport | RefusedText)[];
  /** What the first text that was refused threw; undefined when all were drawn. */
  readonly failure: unknown;
}

/**
 * Draws every text that can be read.
 *
 * @param check throws DalleError for a text that cannot: it is too long, or a tokenizer does not take it
 */
export async function drawEach(
  drawings: readonly Drawing[],
  check: (text: string) => Promise<void>,
  draw: (drawing: Drawing, label: string) => Promise<DrawingReport>,
  terminal: Terminal,
): Promise<DrawnTexts> {
  const faults: (DalleError | undefined)[] = [];
  for (const { text } of drawings) faults.push(await findFault(text, check));
  for (const [i, fault] of faults.entries()) {
    if (fault) sayFailure(terminal, fault, `text ${i + 1} of ${drawings.length}: `);
  }
  const results: (DrawingReport | RefusedText)[] = [];
  for (const [i, drawing] of drawings.entries()) {
    const fault = faults[i];
    const done = `draw ${i + 1} of ${drawings.length}:`;
    results.push(fault ? { text: drawing.text, error: describeFailure(fault) } : await draw(drawing, done));
  }
  return { results, failure: faults.find((fault) => fault !== undefined) };
}

async function findFault(text: string, check: (text: string) => Promise<void>): Promise<DalleError | undefined> {
  try {
    await check(text);
    return undefined;
  } catch (error) {
    if (error instanceof DalleError && !(error instanceof AbortedError)) return error;
    throw error;
  }
}
