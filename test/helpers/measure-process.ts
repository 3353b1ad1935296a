/** What a process holds in memory, JavaScript's heap and all else, as the system tells; on Linux alone. */
import { readFileSync } from 'node:fs';

/** Resident bytes, or Infinity where that is unknown. */
export function measureProcess(pid: number | undefined): number {
  try {
    const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kilobytes === undefined ? Infinity : 1024 * Number(kilobytes);
  } catch {
    return Infinity;
  }
}
