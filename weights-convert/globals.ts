/**
 * Which names a checkpoint may hold, and which give an attack away.
 *
 * The lists are of names that are understood, not of names known to be bad: anything outside them is refused for
 * conversion. Names that can run code are reported as an attempt to do so, though nothing in a pickle can run here.
 */
import { FormatError, UnsafeFileError } from '../base/errors.ts';
import { isHarmlessCall } from './pickle/harmless-calls.ts';
import { isRecord, recordChildren, type GlobalRecord, type PickleRecord, type PickleValue } from './pickle/records.ts';
import { STORAGE_DTYPES, TORCH_DTYPES } from './torch/dtypes.ts';

/** What tensors are made of in torch's pickles. */
const TENSOR_GLOBALS: readonly string[] = [
  'torch._utils._rebuild_tensor',
  'torch._utils._rebuild_tensor_v2',
  'torch._utils._rebuild_tensor_v3',
  'torch._utils._rebuild_parameter',
  'torch._utils._rebuild_parameter_with_state',
  'torch._tensor._rebuild_from_type_v2',
  'torch.nn.parameter.Parameter',
  'torch.Tensor',
  'torch.Size',
  'torch.device',
  'collections.OrderedDict',
  'builtins.set',
  'builtins.object',
  'copyreg._reconstructor',
  '_codecs.encode',
  ...STORAGE_DTYPES.keys(),
  ...TORCH_DTYPES.keys(),
];

/** The classes that OpenAI's two pickled modules consist of. */
const MODULE_GLOBALS: readonly string[] = [
  'dall_e.encoder.Encoder',
  'dall_e.encoder.EncoderBlock',
  'dall_e.decoder.Decoder',
  'dall_e.decoder.DecoderBlock',
  'dall_e.utils.Conv2d',
  'torch.nn.modules.container.Sequential',
  'torch.nn.modules.activation.ReLU',
  'torch.nn.modules.linear.Identity',
  'torch.nn.modules.pooling.MaxPool2d',
  'torch.nn.modules.upsampling.Upsample',
];

const KNOWN_GLOBALS: ReadonlySet<string> = new Set([...TENSOR_GLOBALS, ...MODULE_GLOBALS]);

/** Modules of Python whose mere presence in a pickle means that code was to run. */
const GADGET_MODULES: ReadonlySet<string> = new Set(
  (
    'os posix nt posixpath ntpath subprocess sys pty shutil socket ctypes _ctypes importlib imp runpy code codeop ' +
    'pickle _pickle cPickle marshal shelve dill cloudpickle webbrowser commands popen2 platform timeit pdb bdb ' +
    'cProfile profile trace doctest asyncio multiprocessing threading _thread concurrent signal pip ensurepip venv ' +
    'setuptools distutils pkgutil pydoc http urllib urllib2 requests ftplib smtplib telnetlib tempfile zipimport ' +
    'types inspect gc site sysconfig idlelib lib2to3'
  ).split(' '),
);

/** Functions elsewhere that run code, open files or reach other names. */
const GADGET_NAMES: ReadonlySet<string> = new Set([
  ...(
    'eval exec compile open __import__ getattr setattr delattr globals locals vars input breakpoint apply execfile ' +
    'file reload memoryview'
  )
    .split(' ')
    .map((name) => `builtins.${name}`),
  'operator.attrgetter',
  'operator.methodcaller',
  '_operator.attrgetter',
  '_operator.methodcaller',
  'torch.load',
  'torch.hub.load',
  'torch.storage._load_from_bytes',
  'torch.serialization.load',
  'numpy.load',
  'numpy.testing._private.utils.runstring',
]);

/** True for a name that can run code: `os.system`, `builtins.eval`, also where it hides behind another module. */
export function isGadget({ module, name }: GlobalRecord): boolean {
  const full = `${module}.${name}`;
  if (isHarmlessCall(module, name)) return false;
  if (GADGET_NAMES.has(full) || GADGET_MODULES.has(module.split('.')[0]!)) return true;
  // Protocol 4 names may have dots, and then walk from attribute to attribute: `torch` + `serialization.os.system`.
  const steps = name.split('.');
  return (
    steps.length > 1 &&
    steps.some((step, index) => {
      const isModule = index < steps.length - 1 && GADGET_MODULES.has(step);
      return isModule || GADGET_NAMES.has(`builtins.${step}`) || /^__(?!init__$|new__$)/.test(step);
    })
  );
}

/** What is known of a name: that checkpoints need it, nothing, or that it can run code. */
export type GlobalStatus = 'allowed' | 'unknown' | 'runs code';

export function classifyGlobal(record: GlobalRecord): GlobalStatus {
  if (isGadget(record)) return 'runs code';
  const { module, name } = record;
  return KNOWN_GLOBALS.has(`${module}.${name}`) || isHarmlessCall(module, name) ? 'allowed' : 'unknown';
}

/**
 * Refuses a pickle that names a way to run code, before anything else is said about it.
 *
 * @throws UnsafeFileError `E_PICKLE_EXEC_ATTEMPT`
 */
export function refuseGadgets(globals: readonly GlobalRecord[], sourceName: string): void {
  const found = listNames(globals.filter(isGadget));
  if (found.length === 0) return;
  throw new UnsafeFileError(
    'E_PICKLE_EXEC_ATTEMPT',
    `openTorchFile: ${sourceName} names ${found.join(', ')}, a known way to run code on the machine that loads it. ` +
      `Nothing was run: dalle-gl only reads pickles as data. Do not open this file in Python; tell whoever shared it.`,
  );
}

/**
 * Refuses names that are not understood, each with the place where it is first used.
 *
 * @throws FormatError `E_PICKLE_UNKNOWN_GLOBAL`
 */
export function refuseUnknownGlobals(root: PickleValue, globals: readonly GlobalRecord[], sourceName: string): void {
  const unknown = listNames(globals.filter((record) => classifyGlobal(record) === 'unknown'));
  if (unknown.length === 0) return;
  const places = locateGlobals(root);
  const listed = unknown.map((name) => `${name} (${places.get(name) ?? 'not used'})`);
  throw new FormatError(
    'E_PICKLE_UNKNOWN_GLOBAL',
    `openWeights: ${sourceName} is made of classes or functions that dalle-gl does not know: ${listed.join(', ')}. It ` +
      `reads OpenAI's encoder and decoder as modules, and their state dicts; save the latter and convert that.`,
  );
}

/** Distinct full names, at most 20, shortened for a message. */
function listNames(globals: readonly GlobalRecord[]): string[] {
  const names = new Set(globals.map(({ module, name }) => `${module}.${name}`));
  const listed = [...names].slice(0, 20).map((name) => name.replace(/[^\x20-\x7e]/g, '?').slice(0, 100));
  return names.size > 20 ? [...listed, `and ${names.size - 20} more`] : listed;
}

/** First place of each global below `root`: breadth first, so the shortest way to it. Every record is visited once. */
export function locateGlobals(root: PickleValue): Map<string, string> {
  const places = new Map<string, string>();
  const queue: { record: PickleRecord; path: string }[] = isRecord(root) ? [{ record: root, path: 'root' }] : [];
  const seen = new Set<PickleRecord>(queue.map(({ record }) => record));
  for (let next = 0; next < queue.length; next++) {
    const { record, path } = queue[next]!;
    if (record.tag === 'global') {
      const name = `${record.module}.${record.name}`;
      if (!places.has(name)) places.set(name, path);
    }
    for (const [label, child] of recordChildren(record)) {
      if (!isRecord(child) || seen.has(child)) continue;
      seen.add(child);
      queue.push({ record: child, path: path.length > 200 ? path : path + label });
    }
  }
  return places;
}
