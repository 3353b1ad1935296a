/** What the scripts that compute at full size print, and how they start what is not to be counted with them. */
import { spawnSync } from 'node:child_process';

/** Runs `work`, printing what it is and how long it took. */
export async function step(label, work) {
  const start = performance.now();
  const result = await work();
  console.log(`${label.padEnd(52)} ${((performance.now() - start) / 1000).toFixed(1).padStart(6)} s`);
  return result;
}

/** Prints a finding and remembers one that is out of bounds. */
export function check(isGood, finding) {
  console.log(`${isGood ? 'good' : 'BAD '}  ${finding}`);
  if (!isGood) process.exitCode = 1;
}

/** What a process of its own prints, whose memory is not counted here. */
export function runNode(...words) {
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}
