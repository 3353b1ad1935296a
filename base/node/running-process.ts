/**
 * Which process made a file: temporary files and locks carry their maker's mark in their names, so that what a killed
 * process left can be told from what a living one works on. Node only.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** Whether a process of this machine still runs: files named after one that does not are nobody's. */
export function isRunning(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Machine, process and when it started: `1f2e3d4c-4711-2n9c`. */
export const ownMark: string = [markOfHost(), process.pid, startOf(process.pid)].join('-');

/** What every mark looks like. */
export const MARK: RegExp = /[0-9a-f]{8}-[1-9]\d{0,9}-[0-9a-z]{1,12}/;

/** Whether the process of a mark is of this machine and has ended. A number that was given again is another process. */
export function isGone(mark: string): boolean {
  const [host, id, start] = mark.split('-');
  if (host !== markOfHost()) return false;
  return !isRunning(Number(id)) || startOf(Number(id)) !== start;
}

function markOfHost(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
}

/** When it started, in ticks since the machine did; 0 where the system does not tell. */
function startOf(processId: number): string {
  try {
    const stat = readFileSync(`/proc/${processId}/stat`, 'latin1');
    // The program's name, which may hold anything, ends at the last parenthesis. The start is field 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[19]).toString(36);
  } catch {
    return '0';
  }
}
