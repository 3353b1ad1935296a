/**
 * Which nets a checkpoint holds: as pickled modules, or as tensors in one dictionary or several, under whatever prefix
 * training gave their names. Nothing is told by the caller, and nothing is guessed: a net whose architecture the file
 * does not settle is refused, and what of the file no net takes is listed.
 */
import { FormatError } from '../../base/errors.ts';
import { listShapes, type Shapes } from '../contents/shapes.ts';
import { contentsOf, type FileContents } from '../contents/file-tensors.ts';
import { chooseSites, listNetClasses, listSites, unwrapTensors } from './find-sites.ts';
import { findProgramTensors } from '../contents/find-program-tensors.ts';
import { findTensors, nameError, type ReadableFile } from '../contents/find-tensors.ts';
import { unknownNet, type FoundNet, type SearchedFile } from './found-net.ts';
import { listRest } from '../contents/left-out.ts';
import { openModuleSite, openTensorSite, type OpenedSite } from './open-site.ts';
import { refuseZeroOptimiser } from './partitioned.ts';
import { recogniseNet, refuseUnsupported } from './recognise-net.ts';
import { unwrapName } from '../contents/tensor-names.ts';
import type { TorchFile } from '../torch/torch-file.ts';
import type { TensorData } from '../../nets/weights.ts';

/**
 * The nets of a file that `torch.save` wrote. Classes and functions that it names are compared with known names and no
 * more; whether it calls what it should not is judged elsewhere (census/judge-census.ts).
 *
 * @throws FormatError `E_ARCHITECTURE`, `E_NET_UNSUPPORTED`, `E_TENSOR_DTYPE`, `E_WEIGHTS_PARTITIONED`
 */
export async function findTorchNets(file: TorchFile, searched: SearchedFile): Promise<FoundNet[]> {
  if (file.program) return findProgramNets(file, file.program, searched);
  const contents = findTensors(file, listNetClasses(searched.families));
  if (!hasSites(contents, searched)) refuseZeroOptimiser(file.root, searched);
  return findNets(contents, searched, file);
}

/**
 * The nets whose tensors these are, each by its name in the file; an error stands for one that cannot be read.
 *
 * @throws FormatError `E_ARCHITECTURE`, `E_NET_UNSUPPORTED`, `E_TENSOR_DTYPE`, `E_WEIGHTS_PARTITIONED`
 */
export async function findStateDictNets(
  tensors: ReadonlyMap<string, TensorData | FormatError>,
  searched: SearchedFile,
): Promise<FoundNet[]> {
  return findNets(contentsOf(tensors), searched);
}

/** The nets in a TorchScript archive: only of families that publish theirs so, all others being refused. */
async function findProgramNets(file: TorchFile, refusal: FormatError, searched: SearchedFile): Promise<FoundNet[]> {
  const contents = findProgramTensors(file);
  const own = { ...searched, families: searched.families.filter(({ form }) => form?.isInPrograms) };
  if (hasSites(contents, own)) return findNets(contents, own, file);
  refuseForeign(contents, own);
  throw refusal;
}

/** Whether something of a net is there. */
export function hasSites(contents: FileContents, { families }: SearchedFile): boolean {
  return listSites(contents, unwrapTensors(contents.tensors), families).length > 0;
}

/** The nets among the contents of a file; `file` is what its modules are read from. */
export async function findNets(
  contents: FileContents,
  searched: SearchedFile,
  file?: ReadableFile,
): Promise<FoundNet[]> {
  const tensors = unwrapTensors(contents.tensors);
  const sites = listSites(contents, tensors, searched.families);
  if (sites.length === 0) throw explainNone(contents, searched);
  const opened: OpenedSite[] = [];
  const chosen = chooseSites(sites, searched.name);
  for (const site of chosen) {
    const place = { ...contents, site, chosen, sites, tensors };
    opened.push(
      site.module
        ? openModuleSite(site.module, site.form.modules!, file!, searched)
        : await openTensorSite(place, searched),
    );
  }
  const rest = listRest(contents, {
    tensors: new Set(opened.flatMap(({ accounted }) => accounted)),
    containers: opened.flatMap(({ containers }) => containers),
    settings: new Set(opened.flatMap(({ settings }) => settings)),
  });
  // What is left belongs to no net: it is told once, with the first.
  return opened.map(({ net }, index) => {
    const named = { ...net, family: chosen[index]!.family };
    return index > 0 ? named : addRest(named, rest);
  });
}

function addRest(net: FoundNet, rest: Required<Pick<FoundNet, 'leftOut' | 'leftOutValues'>>): FoundNet {
  return { ...net, leftOut: [...(net.leftOut ?? []), ...rest.leftOut], leftOutValues: rest.leftOutValues };
}

/** Why there is no net to be found. */
function explainNone(contents: FileContents, searched: SearchedFile): FormatError {
  refuseForeign(contents, searched);
  refuseUnreadable(contents);
  const [module] = contents.modules;
  const dictionaries = [...listDictionaries(contents).values()];
  const known = dictionaries.flatMap((shapes) => recogniseNet(shapes, searched.families) ?? [])[0];
  const count = contents.tensors.length;
  const other = count > 0 ? `${count} tensors of another net` : 'neither a module nor a state dict';
  return unknownNet(searched, known ? `${known.name}; ${known.note}` : module ? `a ${module.className}` : other);
}

/** @throws FormatError `E_NET_UNSUPPORTED` for a net known by name that dalle-gl cannot compute */
function refuseForeign(contents: FileContents, searched: SearchedFile): void {
  for (const shapes of listDictionaries(contents).values()) refuseUnsupported(shapes, searched);
}

/**
 * @throws FormatError `E_TENSOR_DTYPE`, `E_NPY_DTYPE` where a tensor is of a type that is not read: it may be all there
 * is
 */
function refuseUnreadable({ tensors }: FileContents): void {
  for (const { path, data } of tensors) {
    if (data instanceof FormatError) throw nameError(path, data);
  }
}

/** Shapes of the tensors of each dictionary, by their names in it. */
function listDictionaries({ tensors }: FileContents): Map<string, Shapes> {
  const dictionaries = new Map<string, Map<string, TensorData>>();
  for (const { path, container, data } of tensors) {
    if (data instanceof FormatError) continue;
    const own = dictionaries.get(container) ?? new Map<string, TensorData>();
    dictionaries.set(container, own.set(unwrapName(container === '' ? path : path.slice(container.length + 1)), data));
  }
  return new Map([...dictionaries].map(([container, own]) => [container, listShapes(own)]));
}
