/**
 * `node scripts/watch-memory.mjs [--most GB] COMMAND…`: runs a command and prints what it took: the most memory that it
 * and the processes it started held at one moment, its time, and the processor's. With `--most` it fails above that.
 *
 * Memory is Linux's PSS, where a page that N processes share counts an N-th in each: a plain sum of resident sizes would
 * count Chromium's and Node's own code once for every process. Looks four times a second, so a shorter peak may be missed.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const words = process.argv.slice(2);
const most = words[0] === '--most' ? Number(words.splice(0, 2)[1]) : Infinity;
if (words.length === 0 || !(most > 0)) throw new Error('wanted: watch-memory.mjs [--most GB] COMMAND…');

const started = performance.now();
const child = spawn(words[0], words.slice(1), { stdio: 'inherit' });
/** Also those whose parent has ended. */
const family = new Set([child.pid]);
let peak = { bytes: 0, seconds: 0, parts: [] };
const watch = setInterval(look, 250);

child.on('error', (error) => {
  throw error;
});
child.on('exit', (code, signal) => {
  clearInterval(watch);
  report();
  process.exitCode = code ?? (signal ? 1 : 0);
  if (peak.bytes > most * 1e9) process.exitCode ||= 1;
});

/** A process may end while it is looked at. */
function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The fields of /proc/PID/stat after the name, which may hold blanks and brackets: state, parent, … */
function readStat(pid) {
  const stat = read(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function look() {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const parents = new Map(pids.map((pid) => [Number(pid), Number(readStat(pid)[1])]));
  for (const pid of family) if (!parents.has(pid)) family.delete(pid);
  for (let before = -1; before !== family.size;) {
    before = family.size;
    for (const [pid, parent] of parents) if (family.has(parent)) family.add(pid);
  }
  const parts = [...family].map((pid) => ({ pid, bytes: measure(pid) }));
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  if (bytes <= peak.bytes) return;
  const large = parts.filter((part) => part.bytes > 2e8).sort((a, b) => b.bytes - a.bytes);
  peak = { bytes, seconds: (performance.now() - started) / 1000, parts: large.map(describe) };
}

function measure(pid) {
  const [, kilobytes = 0] = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`)) ?? [];
  return 1024 * Number(kilobytes);
}

function describe({ pid, bytes }) {
  const command = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
  return `  ${(bytes / 1e9).toFixed(2)} GB  ${command.length > 100 ? `${command.slice(0, 97)}…` : command}\n`;
}

function report() {
  const seconds = (performance.now() - started) / 1000;
  // Times of children that have ended, in hundredths of a second: Node tells its own alone.
  const [user, system] = readStat('self')
    .slice(13, 15)
    .map((ticks) => ticks / 100);
  const load = read('/proc/loadavg').split(' ').slice(0, 3).join(' ');
  process.stdout.write(
    `${(peak.bytes / 1e9).toFixed(2)} GB at most, ${peak.seconds.toFixed(0)} s after the start\n${peak.parts.join('')}` +
      `${seconds.toFixed(0)} s, processors ${(user + system).toFixed(0)} s (load of the machine ${load})\n`,
  );
}
