/**
 * The models that `dalle-gl convert` knows by name: those that the families state, each in its folder. Each address is
 * the one that the model's own program, or several programs that use it, have in their sources; none was fetched to
 * write this down. Lengths are exact where `bytes` says so, else they are worked out from the tensors (`about`); a hash
 * stands here only where it was published.
 */
import { FAMILIES } from '../families/all-families.ts';
import type { KnownModel } from './known-model.ts';

export const KNOWN_MODELS: readonly KnownModel[] = FAMILIES.flatMap(({ models = [] }) => models);
