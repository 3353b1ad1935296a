/**
 * `npm run test:full`: what `npm test` proves and what takes too long for every day, one after the other, before a
 * release. `npm run test:full -- kills fuzz` runs those steps alone. Needs the npm registry and `strace`.
 *
 * Goes on after a failure. The last line is `N passed, N failed`: the tests of steps that count them, and one for each
 * other step.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const steps = [
  { name: 'lint', command: 'npm run --silent lint' },
  { name: 'tests', command: 'npm run --silent test:memory' },
  {
    name: 'peers',
    command:
      'npm ci --silent --prefix bench && npm test --silent --prefix bench -- --reporter=default --reporter=../test/helpers/plain-reporter.ts',
  },
  { name: 'fuzz', command: 'npm run --silent fuzz -- --minutes 10' },
  { name: 'kills', command: 'npm run --silent test:kills' },
  { name: 'training-kills', command: 'npm run --silent test:training-kills' },
  { name: 'consumers', command: 'npm run --silent consumers' },
  { name: 'demo', command: 'npm run --silent demo' },
  { name: 'official-size', command: 'npm run --silent demo:official-size' },
  { name: 'clip-size', command: 'node scripts/full-size-clip.mjs' },
  { name: 'vqgan-size', command: 'node scripts/full-size-vqgan.mjs' },
  { name: 'min-dalle-size', command: 'node scripts/full-size-min-dalle.mjs' },
];

const root = fileURLToPath(new URL('..', import.meta.url));
const names = process.argv.slice(2);
const unknown = names.filter((name) => !steps.some((step) => step.name === name));
if (unknown.length > 0) {
  throw new Error(`wanted steps among ${steps.map(({ name }) => name).join(', ')}; got ${unknown.join(', ')}`);
}

/** Runs a step, showing what it prints; its counts are in the line that test/helpers/plain-reporter.ts prints. */
function run({ name, command }) {
  const started = performance.now();
  const child = spawn(command, { cwd: root, shell: true, stdio: ['ignore', 'pipe', 'inherit'] });
  let counts;
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    process.stdout.write(text);
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop();
    for (const line of lines) counts = /^(\d+) passed, (\d+) failed/.exec(line) ?? counts;
  });
  return new Promise((resolve) => {
    child.on('close', (code) => {
      const [, passed, failed] = (counts ?? [0, 1, 0]).map(Number);
      const seconds = (performance.now() - started) / 1000;
      // A step may fail beside its tests, and no test may have been reached.
      if (code === 0) resolve({ name, passed, failed, seconds });
      else resolve({ name, passed: counts ? passed : 0, failed: Math.max(failed, 1), seconds });
    });
  });
}

const results = [];
for (const step of steps) {
  if (names.length === 0 || names.includes(step.name)) results.push(await run(step));
}
for (const { name, failed, seconds } of results) {
  console.log(`${failed === 0 ? 'ok    ' : 'FAILED'}  ${name.padEnd(14)} ${seconds.toFixed(0).padStart(5)} s`);
}
const sum = (key) => results.reduce((total, result) => total + result[key], 0);
console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
if (sum('failed') > 0) process.exitCode = 1;
