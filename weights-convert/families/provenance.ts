/**
 * What `model.json` says of a model's weights: the family they are of, and what that family states of its licence and
 * of how its authors draw with it. Of a model of several families the transformer's speaks, for it is what draws.
 */
import { partOf } from '../../nets/net-kinds.ts';
import type { Weights } from '../../nets/weights.ts';
import { FAMILIES } from './all-families.ts';
import type { Family, Provenance } from './family.ts';

/** What is said of a model. */
export type ModelProvenance = Provenance & { readonly family?: string };

/** What holds for a model of these nets; nothing for those of a model folder. */
export function findProvenance(
  parts: readonly { readonly weights: Pick<Weights, 'architecture' | 'family'> }[],
  families: readonly Family[] = FAMILIES,
): ModelProvenance {
  const drawing = parts.find(({ weights }) => partOf(weights.architecture) === 'transformer') ?? parts[0];
  const found = families.find(({ name }) => name === drawing?.weights.family);
  if (!found) return {};
  const { licence, notice } = found.form ?? {};
  const sampling = found.form?.samplingOf?.(drawing!.weights.architecture) ?? found.form?.sampling;
  return {
    family: found.name,
    ...(licence !== undefined && { licence }),
    ...(notice !== undefined && { notice }),
    ...(sampling && { sampling }),
  };
}
