/**
 * The laboratory's command: `node bench/lab/start.mjs [experiment …] [--rounds n]`. Every version of an experiment is
 * checked, then timed in turns with the others on one context; a table each. How to read them: README.md beside this.
 */
import { parseArgs } from 'node:util';
import { openNodeContext } from '../../engine/context/node/open.ts';
import { WebGLDevice } from '../../engine/index.ts';
import { describeCircumstances } from '../report/write.ts';
import { changingProducts, measureChangingWeights } from './changing-weights.ts';
import { experiments } from './experiments.ts';
import { measureTask } from './measure.ts';
import { formatMeasurements } from './report.ts';

/** An experiment of its own kind: it is about weights, and has no versions. */
const changing = 'changing-weights';

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { rounds: { type: 'string', default: '9' } },
  });
  const known = [...experiments.map(({ name }) => name), changing];
  const unknown = positionals.find((name) => !known.includes(name));
  const minRounds = Number(values.rounds);
  if (unknown !== undefined || !Number.isInteger(minRounds) || minRounds < 1 || minRounds > 1000) {
    const fault =
      unknown === undefined ? `--rounds ${values.rounds} is not 1 to 1000` : `there is no experiment ${unknown}`;
    console.error(`lab: ${fault}. Experiments: ${known.join(', ')}.`);
    process.exitCode = 2;
    return;
  }
  // Draws are left whole, so that a kernel is timed and not the pauses between its portions.
  const device = new WebGLDevice(await openNodeContext(), { portionMilliseconds: 60_000 });
  const { renderer, cores, cpu, node, load } = describeCircumstances(device.description);
  console.log(`${renderer}\n${cores} cores of ${cpu}, Node ${node}, load ${load} at the start\n`);
  for (const { name, versions, createTask } of experiments) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    const task = createTask();
    console.log(
      formatMeasurements(task, await measureTask(device, task, versions, { warmups: 1, minRounds, moreSeconds: 0 })),
    );
  }
  for (const product of changingProducts) {
    if (positionals.length > 0 && !positionals.includes(changing)) break;
    console.log(await measureChangingWeights(device, product, { warmups: 1, minRounds, moreSeconds: 0 }));
  }
  device.dispose();
}

await main();
