/**
 * Which published net a state dict is of, from the names and shapes of its tensors alone: so that a file dalle-gl has
 * no net for is called by its name, and not just unknown. Recognising is no check; find-nets.ts and check-tensors.ts
 * check.
 */
import { FormatError } from '../../base/errors.ts';
import type { Shapes } from '../contents/shapes.ts';
import { unwrapName } from '../contents/tensor-names.ts';
import { FAMILIES } from './all-families.ts';
import { listReadable, type Family, type RecognisedNet } from './family.ts';
import type { SearchedFile } from './found-net.ts';

/** What programs call the net they hold; wrappers of training in parallel are taken off before. */
const HOLDERS: readonly string[] = ['', 'model.'];

/**
 * The published net that tensors of these names and shapes belong to.
 *
 * @returns undefined if they are of none that is known
 */
export function recogniseNet(shapes: Shapes, families: readonly Family[] = FAMILIES): RecognisedNet | undefined {
  const fingerprints = families.flatMap(({ known }) => known);
  const unwrapped = new Map([...shapes].map(([name, shape]) => [unwrapName(name), shape]));
  for (const holder of HOLDERS) {
    const found = fingerprints.find(({ tensors }) => tensors.every((tensor) => hasTensor(unwrapped, holder + tensor)));
    if (found) return { name: found.name, note: found.note, isSupported: found.isSupported };
  }
  return undefined;
}

/** @throws FormatError `E_NET_UNSUPPORTED` for a net that is recognised and that dalle-gl cannot compute */
export function refuseUnsupported(shapes: Shapes, { name, families }: SearchedFile): void {
  const found = recogniseNet(shapes, families);
  if (!found || found.isSupported) return;
  throw new FormatError(
    'E_NET_UNSUPPORTED',
    `openWeights: ${name} holds ${found.name}: ${found.note}. dalle-gl reads ${listReadable(families)}.`,
  );
}

function hasTensor(shapes: Shapes, nameAndRank: string): boolean {
  const colon = nameAndRank.lastIndexOf(':');
  return shapes.get(nameAndRank.slice(0, colon))?.length === Number(nameAndRank.slice(colon + 1));
}
