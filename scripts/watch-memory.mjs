/**
 * `node scripts/watch-memory.mjs [--most GB] COMMAND…`: runs a command and prints what it took: the most memory that it
 * and the processes it started held at one moment, its time, and the processors'. With `--most` it fails above that.
 *
 * Memory is Linux's PSS, where a page that N processes share counts an N-th in each: a plain sum of resident sizes
 * would count Chromium's and Node's own code once for every process. Looks twice a second, so a shorter peak may be
 * missed.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const PAGE = 4096;
const words = process.argv.slice(2);
const most = words[0] === '--most' ? Number(words.splice(0, 2)[1]) : Infinity;
if (words.length === 0 || !(most > 0)) throw new Error('wanted: watch-memory.mjs [--most GB] COMMAND…');
if (process.platform !== 'linux') throw new Error('watch-memory.mjs reads /proc, which Linux alone has.');

const started = performance.now();
const secondsSoFar = () => (performance.now() - started) / 1000;
const child = spawn(words[0], words.slice(1), { stdio: 'inherit' });
/**
 * The command's processes, those too whose parent has ended; and what was last seen of each that ever was, by number.
 */
let alive = new Set([child.pid]);
const family = new Map();
let peak = { bytes: 0, seconds: 0, parts: [] };
const watch = setInterval(look, 500);

child.on('error', (error) => {
  throw error;
});
child.on('exit', (code) => {
  clearInterval(watch);
  report();
  process.exitCode = code ?? 1;
  if (peak.bytes > most * 1e9) process.exitCode ||= 1;
});

/** Empty where there is nothing: a process may end while it is looked at. */
function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Its parent, the hundredths of seconds that it and its ended children computed, and its resident bytes. */
function readProcess(pid) {
  const stat = read(`/proc/${pid}/stat`);
  // The name stands in brackets, and may hold some itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [parent, user, system, childUser, childSystem, pages] = [1, 11, 12, 13, 14, 21].map((i) => Number(fields[i]));
  return { parent, ticks: user + system, reaped: childUser + childSystem, resident: pages * PAGE };
}

function look() {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const found = new Map(pids.map((pid) => [Number(pid), readProcess(pid)]));
  const before = alive;
  alive = new Set();
  for (const [pid, seen] of found) {
    if (!(seen.resident >= 0) || !(before.has(pid) || before.has(seen.parent) || alive.has(seen.parent))) continue;
    alive.add(pid);
    family.set(pid, { ...seen, parent: family.get(pid)?.parent ?? seen.parent });
  }
  // Every PSS is at most the resident size, which takes far less time to ask for.
  if ([...alive].reduce((sum, pid) => sum + family.get(pid).resident, 0) <= peak.bytes) return;
  const parts = [...alive].map((pid) => ({ pid, bytes: measure(pid) }));
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  if (bytes <= peak.bytes) return;
  const large = parts.filter((part) => part.bytes > 2e8).sort((a, b) => b.bytes - a.bytes);
  peak = { bytes, seconds: secondsSoFar(), parts: large.map(describe) };
}

function measure(pid) {
  const [, kilobytes = 0] = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`)) ?? [];
  return 1024 * Number(kilobytes);
}

function describe({ pid, bytes }) {
  const command = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
  return `  ${(bytes / 1e9).toFixed(2)} GB  ${command.length > 100 ? `${command.slice(0, 99)}…` : command}\n`;
}

/**
 * Ticks of a process and its descendants: a parent was told of children that nobody saw, not of those it left behind.
 */
function sumTicks(pid, { ticks, reaped }) {
  const children = [...family].filter(([, { parent }]) => parent === pid);
  const seen = children.reduce((sum, [number, fields]) => sum + sumTicks(number, fields), 0);
  return ticks + Math.max(reaped, seen);
}

function report() {
  const ticks = Math.max(
    readProcess('self').reaped,
    sumTicks(child.pid, family.get(child.pid) ?? { ticks: 0, reaped: 0 }),
  );
  const load = read('/proc/loadavg').split(' ').slice(0, 3).join(' ');
  process.stdout.write(
    `${(peak.bytes / 1e9).toFixed(2)} GB at most, ${peak.seconds.toFixed(0)} s after the start\n${peak.parts.join('')}` +
      `${secondsSoFar().toFixed(0)} s; processors ${(ticks / 100).toFixed(0)} s; load of the machine ${load}\n`,
  );
}
