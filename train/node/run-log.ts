/**
 * What a run tells as it goes, a line of JSON for each step, look and checkpoint, in `log.jsonl`. A run that goes on
 * from a checkpoint first takes away what was told of steps after it, since they are made again.
 *
 * The log is for people: where it cannot be written the run says so once, and goes on.
 */
import { appendFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { writeFileAtomically } from '../../base/node/write-file.ts';
import type { Curve } from '../curves.ts';

/** A line of the log. */
interface LogLine {
  readonly kind: 'step' | 'look' | 'checkpoint';
  readonly step: number;
  readonly [name: string]: string | number | boolean | null;
}

/** Names of a line that are no curve. */
const NO_CURVES: ReadonlySet<string> = new Set(['kind', 'step', 'skipped', 'bytes']);

export class RunLog {
  /** All lines so far, those of the runs before too. */
  readonly lines: LogLine[] = [];
  private readonly path: string;
  private readonly onFailure: (error: unknown) => void;
  private isWritten = true;

  /** @param onFailure told once, where nothing can be written any more */
  constructor(path: string, onFailure: (error: unknown) => void) {
    this.path = path;
    this.onFailure = onFailure;
  }

  /** Takes up what is there of steps up to `step`, and forgets the rest. */
  async goOnFrom(step: number): Promise<void> {
    const text = this.lines.length > 0 ? undefined : await readFile(this.path, 'utf8').catch(() => '');
    const known = text === undefined ? [...this.lines] : text.split('\n').flatMap(readLine);
    this.lines.splice(0, this.lines.length, ...known.filter((line) => line.step <= step));
    await this.tryTo(() => writeFileAtomically(this.path, [new TextEncoder().encode(this.lines.map(format).join(''))]));
  }

  async add(line: LogLine): Promise<void> {
    this.lines.push(line);
    await this.tryTo(() => appendFileSync(this.path, format(line)));
  }

  /** Each number of its lines over the steps. */
  listCurves(): Curve[] {
    const curves = new Map<string, { step: number; value: number }[]>();
    for (const { step, ...line } of this.lines) {
      for (const [name, value] of Object.entries(line)) {
        if (NO_CURVES.has(name) || typeof value !== 'number') continue;
        const points = curves.get(name) ?? [];
        points.push({ step, value });
        curves.set(name, points);
      }
    }
    return [...curves].map(([name, points]) => ({ name, points }));
  }

  private async tryTo(work: () => unknown): Promise<void> {
    if (!this.isWritten) return;
    try {
      await work();
    } catch (error) {
      this.isWritten = false;
      this.onFailure(error);
    }
  }
}

function format(line: LogLine): string {
  return `${JSON.stringify(line)}\n`;
}

/** The last line of a killed run may be cut. */
function readLine(text: string): LogLine[] {
  try {
    const line = JSON.parse(text) as Partial<LogLine> | null;
    return Number.isSafeInteger(line?.step) ? [line as LogLine] : [];
  } catch {
    return [];
  }
}
