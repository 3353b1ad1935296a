/**
 * `node bench/lab/cpu/start.mjs [net …] [--runs n]`: where the time of whole nets goes on the CPU, step by step. A net
 * is named by a part of its name.
 */
import { parseArgs } from 'node:util';
import { makeCpuTestDevice } from '../../../test/helpers/cpu-device.ts';
import { profiledNets } from './nets.ts';
import { formatProfile, profilePlan } from './profile.ts';

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { runs: { type: 'string', default: '9' } },
  });
  for (const { name, make } of profiledNets) {
    if (positionals.length > 0 && !positionals.some((part) => name.includes(part))) continue;
    const device = makeCpuTestDevice();
    const net = await make(device);
    const profile = await profilePlan(net.plan, net.inputs, Number(values.runs));
    console.log(`${formatProfile(name, profile)}\n`);
    net.dispose();
    device.dispose();
  }
}

await main();
