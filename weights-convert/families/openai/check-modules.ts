/**
 * Whether a pickled net is built as OpenAI's: every module of the right class, in the right place and order, with the
 * settings that decide what it computes (kernel sizes, post_gain, pooling, upsampling). Names and shapes of tensors
 * alone would not show a changed pooling or a block with another gain.
 */
import { architectureError } from '../../../nets/dvae/architecture.ts';
import { expectedModules } from './modules.ts';
import type { DvaeArchitecture } from '../../../nets/dvae/architecture.ts';
import { isRecord, type PickleValue } from '../../pickle/records.ts';
import type { ModuleRecord } from '../../contents/state-dict.ts';

const MAX_LISTED = 8;

/**
 * Compares the modules of a file with the official net's.
 *
 * @throws FormatError `E_ARCHITECTURE`, listing the first differences
 */
export function checkModules(architecture: DvaeArchitecture, modules: readonly ModuleRecord[]): void {
  const expected = expectedModules(architecture);
  const differences: string[] = [];
  for (let index = 0; index < Math.max(expected.length, modules.length); index++) {
    const wanted = expected[index];
    const got = modules[index];
    if (wanted?.path !== got?.path || wanted?.className !== got?.className) {
      differences.push(`module ${index} should be ${describe(wanted)} and is ${describe(got)}`);
      // From here on everything is shifted.
      break;
    }
    for (const [name, value] of Object.entries(wanted!.settings)) {
      const found = got!.attributes.get(name);
      if (found !== value)
        differences.push(`${wanted!.path}.${name} should be ${value} and is ${describeValue(found)}`);
    }
  }
  if (differences.length > 0) throw architectureError(differences.slice(0, MAX_LISTED).join('; '));
}

function describe(module: { readonly path: string; readonly className: string } | undefined): string {
  return module ? `${module.path.slice(0, 100)} (${module.className.slice(0, 100)})` : 'absent';
}

function describeValue(value: PickleValue | undefined): string {
  return isRecord(value) ? `a ${value.tag}` : String(value).slice(0, 40);
}
