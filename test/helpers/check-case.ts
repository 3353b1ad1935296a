/** A case of an op on a device against the float64 loop. */
import { interpret, run } from '../../engine/index.ts';
import type { Device } from '../../engine/index.ts';
import { expectClose } from './close.ts';
import { expectIdenticalToReference } from './identical.ts';
import type { OpCase } from './op-case.ts';

export async function checkCase(device: Device, { result, rules = [], bound }: OpCase): Promise<void> {
  if (bound === undefined) return expectIdenticalToReference(device, result, rules);
  const [expected] = await interpret([result]);
  const boundAt = (index: number): number => bound(expected![index]!);
  expectClose(await run(device, result, { rules }), expected!, boundAt, { shape: result.shape });
}
