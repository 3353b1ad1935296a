/** The list of names that run code: long enough, each with a source, and no name of JavaScript's among them. */
import { expect, test } from 'vitest';
import { CODE_RUNNERS, findCodeRunner } from './code-runners.ts';

test('at least two hundred names, each once, each with its sources', () => {
  const names = CODE_RUNNERS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThanOrEqual(300);
  for (const { name, sources } of CODE_RUNNERS) {
    expect(name).toMatch(/^\w+(\.\w+)*(\.\*)?$/);
    for (const source of sources.split(' ')) {
      expect(source).toMatch(/^(ps|fk|ms|ma|doc|GHSA(-[\da-z]{4}){3}|CVE-\d{4}-\d+)$/);
    }
  }
  expect(CODE_RUNNERS.filter(({ sources }) => sources !== 'doc').length).toBeGreaterThanOrEqual(200);
});

test.each([
  'os.system',
  'os.path.join',
  'posix.system',
  'nt.system',
  'subprocess.Popen',
  'commands.getoutput',
  'builtins.eval',
  'builtins.__import__',
  'torch.utils.collect_env.run',
  'torch.hub.load',
  'torch.load',
  'torch.jit.unsupported_tensor_ops.execWrapper',
  'torch._inductor.codecache.compile_file',
  'torch.fx.graph_module.reduce_graph_module',
  'numpy.f2py.crackfortran.getlincoef',
  'numpy.testing._private.utils.runstring',
  'idlelib.run.Executive.runcode',
  'pydoc.pipepager',
  'cProfile.run',
  'timeit.timeit',
  'asyncio.unix_events._UnixSubprocessTransport._start',
  'ensurepip._run_pip',
  'code.InteractiveInterpreter.runcode',
  'bdb.Bdb.run',
  'runpy._run_code',
  'pip.main',
  'webbrowser.open',
  'functools.partial',
  'functools.reduce',
  'operator.attrgetter',
  'operator.methodcaller',
  'operator.itemgetter',
  'importlib.import_module',
  'pkgutil.resolve_name',
  'types.CodeType',
  'types.FunctionType',
  'marshal.loads',
  'pickle.loads',
  '_pickle.loads',
  'dill.loads',
  'cloudpickle.cloudpickle._make_function',
  'joblib.load',
  'logging.config.fileConfig',
  'logging.FileHandler',
  'ctypes.CDLL',
  'multiprocessing.util.spawnv_passfds',
  'linecache.getline',
  'distutils.spawn.spawn',
  'urllib.request.urlopen',
  'requests.get',
  'socket.socket',
  'shutil.rmtree',
  'tempfile.mktemp',
  'sys.exit',
  '_io.open',
  'io.FileIO',
  'ssl.get_server_certificate',
  'uuid._get_command_stdout',
  'imaplib.IMAP4_stream',
  '_osx_support._read_output',
  '_pyrepl.pager.pipe_pager',
  'test.support.script_helper.assert_python_ok',
  'pathlib.Path.unlink',
])('%s', (name) => {
  expect(findCodeRunner(name)).toBeDefined();
});

test.each([
  'osmosis.x',
  'torch.loader',
  'torch.Tensor',
  'collections.OrderedDict',
  'uuid.UUID',
  'pathlib.PosixPath',
  'types.SimpleNamespace',
  'test.Net',
  'numpy.memmap',
  'io.BytesIO',
  'logging.getLogger',
  // Names that every JavaScript object has.
  '__proto__.constructor',
  'constructor.constructor',
  'toString.call',
  'hasOwnProperty',
  '',
  '.',
])('not %s', (name) => {
  expect(findCodeRunner(name)).toBeUndefined();
});
