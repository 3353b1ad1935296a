/** What a coder of pictures says of a net that is not its own: halves were swapped, or it is of another family. */
import { DalleError } from '../base/errors.ts';
import { partOf } from './net-kinds.ts';
import type { Weights } from './weights.ts';

/**
 * @param where the class that was to be made
 * @param part the half that was wanted
 */
export function wrongPart(where: string, part: 'encoder' | 'decoder', { source, architecture }: Weights): DalleError {
  const advice =
    partOf(architecture) === part
      ? 'It is of another family of coders: loadPictureCoder opens that of any model folder.'
      : 'Are the files the wrong way round?';
  return new DalleError(
    'E_ARCHITECTURE',
    `${where}: the ${part} was wanted, and ${source.name} holds a ${architecture.kind}. ${advice}`,
  );
}
