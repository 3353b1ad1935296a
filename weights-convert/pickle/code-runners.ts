/**
 * Names in Python that are known to run code, to load it, or to reach whatever does. Nobody can list them all: the list
 * only decides that a file is reported as an attack (exit code 3) and not as one that calls something unknown (4).
 *
 * `os.*` is everything in a module and below it. Each row has its sources: the lists of the public scanners picklescan
 * (ps), fickling (fk), modelscan (ms) and modelaudit (ma); advisories about what scanners missed, by their number at
 * github.com/advisories or cve.org; the documentation or source of Python, NumPy, PyTorch or the package itself (doc).
 */

/** A name, or a module with `.*` behind it, and who says that it runs code. */
export interface CodeRunner {
  readonly name: string;
  readonly sources: string;
}

const ROWS: readonly [sources: string, names: string][] = [
  ['ps fk ms ma', 'os.* posix.* nt.* subprocess.* sys.* pty.* socket.* shutil.* pickle.* _pickle.* bdb.* pdb.*'],
  ['ps fk ms ma', 'asyncio.* runpy.* webbrowser.* requests.* aiohttp.*'],
  ['ps fk ms', 'httplib.* operator.* _operator.*'],
  ['ps fk ma', 'commands.* ctypes.* cProfile.* profile.* timeit.* pydoc.* pip.* venv.* ssl.* functools.*'],
  ['ps ms ma', 'builtins.eval builtins.exec builtins.compile builtins.getattr builtins.apply builtins.open'],
  ['ps ms ma', 'builtins.breakpoint builtins.__import__'],
  ['fk ma', 'builtins.setattr builtins.delattr builtins.hasattr builtins.globals builtins.locals builtins.vars'],
  ['fk ma', 'builtins.input builtins.memoryview builtins.file builtins.__loader__ builtins.__spec__ __builtins__.*'],
  ['doc', 'builtins.execfile builtins.reload builtins.reduce builtins.raw_input builtins.__build_class__'],
  ['fk ma', 'multiprocessing.* code.* codeop.* marshal.* doctest.* importlib.* zipimport.* pkgutil.* trace.* http.*'],
  ['fk ma', 'urllib.* urllib2.* smtplib.* imaplib.* ftplib.* poplib.* telnetlib.* nntplib.* _ctypes.* dill.*'],
  ['fk ma', 'cloudpickle.* tempfile.* filecmp.* distutils.* pexpect.* ensurepip.* idlelib.* lib2to3.* xmlrpc.*'],
  ['fk ma', 'socketserver.* signal.* _signal.* threading.* _thread.* sqlite3.* _sqlite3.* fileinput.* glob.* mmap.*'],
  ['fk ma', 'compileall.* py_compile.* select.* selectors.* syslog.* tarfile.* zipfile.* shelve.* joblib.load'],
  ['fk', '_posixsubprocess.* _interpreters.* _xxsubinterpreters.* _frozen_importlib.* _frozen_importlib_external.*'],
  ['fk', '_imp.* imp.* gc.* site.* unittest.* inspect.* pipes.* atexit.* platform.* linecache.* difflib.*'],
  ['ps fk', '_osx_support.* _aix_support.* _io.FileIO _io.open io.FileIO io.open logging.FileHandler'],
  ['ps ma', 'types.CodeType types.FunctionType'],
  ['doc', 'types.LambdaType types.MethodType types.ModuleType types.CellType types.new_class types.prepare_class'],
  [
    'doc',
    'types.BuiltinFunctionType types.BuiltinMethodType types.coroutine types.resolve_bases types.DynamicClassAttribute',
  ],
  // What advisories against scanners reported, where no row above has the whole module.
  ['ps GHSA-g38g-8gr9-h9xp', '_pyrepl.* test.support.* uuid._get_command_stdout uuid._popen imaplib.IMAP4_stream'],
  ['ma CVE-2025-1716', 'pip.main pip._internal.main pip._internal.cli.main.main'],
  ['ma', 'pip._vendor.distlib.scripts.ScriptMaker os.system os.popen subprocess.Popen subprocess.run marshal.loads'],
  [
    'ps',
    'cloudpickle.cloudpickle._builtin_type cloudpickle.cloudpickle._make_function cloudpickle.cloudpickle.subimport',
  ],
  ['ps', 'cloudpickle.cloudpickle._function_setstate torch._inductor.codecache.compile_file'],
  ['fk ma', 'numpy.testing._private.utils.runstring'],
  ['GHSA-4675-36f9-wf6r', 'ctypes.CDLL'],
  ['GHSA-m273-6v24-x4m4', 'distutils.file_util.write_file'],
  ['GHSA-84r2-jw7c-4r5q', 'pydoc.locate operator.methodcaller'],
  ['GHSA-955r-x9j8-7rhh', '_operator.methodcaller'],
  ['GHSA-46h3-79wf-xr6c', '_operator.attrgetter'],
  ['GHSA-vqmv-47xg-9wpr', 'pty.spawn'],
  ['GHSA-vvpj-8cmc-gx39', 'pkgutil.resolve_name'],
  ['GHSA-q77w-mwjj-7mqx GHSA-jgw4-cr84-mqxg', 'asyncio.unix_events._UnixSubprocessTransport._start'],
  ['GHSA-v7x6-rv5q-mhwc', 'timeit.timeit'],
  ['GHSA-49gj-c84q-6qm9', 'cProfile.run'],
  ['GHSA-9w88-8rmg-7g2p', 'cProfile.runctx'],
  ['GHSA-7wx9-6375-f5wh', 'profile.run'],
  ['GHSA-x696-vm39-cp64', 'profile.Profile.run'],
  ['GHSA-6vqj-c2q5-j97w', 'profile.Profile.runctx'],
  ['GHSA-5qwp-399c-mjwf', 'trace.Trace.run'],
  ['GHSA-g344-hcph-8vgg', 'trace.Trace.runctx'],
  ['GHSA-fqq6-7vqf-w3fg', 'doctest.debug_script'],
  ['GHSA-xp4f-hrf8-rxw7', 'ensurepip._run_pip'],
  ['GHSA-cj3c-v495-4xqh', 'code.InteractiveInterpreter.runcode'],
  ['GHSA-6w4w-5w54-rjvr', 'idlelib.autocomplete.AutoComplete.get_entity'],
  ['GHSA-7cq8-mj8x-j263', 'idlelib.autocomplete.AutoComplete.fetch_completions'],
  ['GHSA-8r4j-24qv-fmq9', 'idlelib.calltip.Calltip.fetch_tip'],
  ['GHSA-9xph-j2h6-g47v', 'idlelib.calltip.get_entity'],
  ['GHSA-3vg9-h568-4w9m', 'idlelib.debugobj.ObjectTreeItem.SetText'],
  ['GHSA-3gf5-cxq9-w223', 'idlelib.pyshell.ModifiedInterpreter.runcode'],
  ['GHSA-j343-8v2j-ff7w', 'idlelib.pyshell.ModifiedInterpreter.runcommand'],
  ['GHSA-m869-42cg-3xwr', 'idlelib.run.Executive.runcode'],
  ['GHSA-f54q-57x4-jg88', 'lib2to3.pgen2.grammar.Grammar.loads'],
  ['GHSA-p9w7-82w4-7q8m', 'lib2to3.pgen2.pgen.ParserGenerator.make_label'],
  // NumPy.
  ['ps fk GHSA-r8g5-cgf2-4m4m', 'numpy.f2py.*'],
  ['ps ma', 'numpy.testing.*'],
  ['fk', 'numpy.distutils.*'],
  ['ps', 'numpy.load numpy.ctypeslib.load_library'],
  ['doc', 'numpy.lib.npyio.* numpy.lib._npyio_impl.* numpy.lib.format.read_array numpy.lib._datasource.*'],
  ['doc', 'numpy.DataSource numpy.fromfile numpy.loadtxt numpy.genfromtxt numpy.save numpy.savez numpy.savetxt'],
  ['doc', 'numpy.vectorize numpy.frompyfunc numpy.fromfunction numpy.apply_along_axis numpy.apply_over_axes'],
  ['doc', 'numpy.piecewise numpy.ctypeslib.* numpy.compat.py3k.*'],
  // PyTorch.
  ['fk ma', 'torch.load torch.hub.* torch.storage._load_from_bytes'],
  ['ps', 'torch.serialization.load'],
  ['fk', 'torch.compile torch._dynamo.* torch._inductor.* torch.distributed.elastic.*'],
  ['ps GHSA-86cj-95qr-2p4f', 'torch._dynamo.guards.GuardBuilder.get'],
  ['ps GHSA-f4x7-rfwp-v3xw', 'torch.fx.experimental.symbolic_shapes.*'],
  ['ps GHSA-vr7h-p6mm-wpmh', 'torch.jit.unsupported_tensor_ops.*'],
  ['ps fk GHSA-vv6j-3g6g-2pvj', 'torch.utils._config_module.*'],
  ['ps GHSA-4r9r-ch6f-vxmx GHSA-4whj-rm5r-c2v8', 'torch.utils.bottleneck.*'],
  ['ps GHSA-f745-w6jp-hpxx GHSA-jhph-76pp-mggw', 'torch.utils.collect_env.*'],
  ['ps GHSA-h3qp-7fh3-f8h4', 'torch.utils.data.datapipes.utils.decoder.*'],
  ['ma', 'torch.distributed.rpc.*'],
  ['fk doc', 'torch.jit.load torch.jit.save torch.jit.CompilationUnit torch.jit.script torch.jit.trace'],
  ['fk doc', 'torch.jit.script_method torch.jit.frontend.* torch.jit._script.* torch.jit._serialization.*'],
  ['fk doc', 'torch.jit._recursive.* torch.jit._trace.* torch.jit._builtins.*'],
  [
    'doc',
    'torch.serialization._load torch.serialization._legacy_load torch.serialization.save torch.save torch.from_file',
  ],
  ['doc', 'torch.fx.graph_module.reduce_graph_module torch.fx.graph_module.reduce_package_graph_module'],
  ['doc', 'torch.fx.graph_module.reduce_deploy_graph_module torch.fx.graph_module._exec_with_source'],
  ['doc', 'torch.fx.graph_module._forward_from_src torch.fx.graph_module._deserialize_graph_module'],
  ['doc', 'torch.fx._lazy_graph_module.* torch.fx._symbolic_trace.* torch.package.* torch.utils.cpp_extension.*'],
  ['doc', 'torch._C.import_ir_module torch._C.import_ir_module_from_buffer torch._C._jit_script_compile torch.ops.*'],
  ['doc', 'torch.classes.* torch._ops.* torch._classes.* torch.export.load torch._export.* torch.multiprocessing.*'],
  ['doc', 'torch.testing._internal.* torch.distributed.run.* torch.distributed.launch.* torch.distributed.nn.jit.*'],
  [
    'doc',
    'torch.utils._cpp_extension_versioner.* torch.utils.hipify.* torch.utils.model_zoo.* torch.utils.benchmark.*',
  ],
  [
    'doc',
    'torch.onnx.* torch.utils.tensorboard.* torch._appdirs.* torch._utils_internal.* torch._weights_only_unpickler.*',
  ],
  // Other packages.
  ['ps', 'pandas.read_pickle keras.models.load_model tensorflow.keras.models.load_model'],
  [
    'doc',
    'pandas.io.* pandas.eval pandas.core.computation.* pandas.compat.pickle_compat.* pandas.read_csv pandas.read_hdf',
  ],
  ['doc', 'keras.layers.Lambda keras.saving.* keras.utils.get_file keras.src.saving.* tensorflow.keras.utils.get_file'],
  ['doc', 'joblib.numpy_pickle.load joblib.memory.* joblib.parallel.* joblib.externals.* sklearn.externals.joblib.*'],
  ['doc', 'jsonpickle.* yaml.* ruamel.yaml.* sympy.parsing.* IPython.* paramiko.* fabric.* execnet.* psutil.Popen'],
  [
    'doc',
    'setuptools.* pkg_resources.* _distutils_hack.* wheel.* cffi.* numba.* Cython.* pyximport.* httpx.* urllib3.*',
  ],
  // The rest of Python's own modules that start programs, open files or connections, or turn text into code.
  ['doc', '_io.open_code io.open_code _pyio.* codecs.open gzip.open bz2.open lzma.open dbm.* zipapp.* rlcompleter.*'],
  ['doc', 'posixpath.* ntpath.* macpath.* genericpath.* concurrent.* sysconfig.* wsgiref.* cgi.* cgitb.* mailcap.*'],
  [
    'doc',
    'logging.config.* logging.handlers.* logging.basicConfig tkinter.* _tkinter.* turtle.* modulefinder.* netrc.*',
  ],
  ['doc', 'dataclasses.make_dataclass dataclasses._create_fn weakref.finalize contextlib.ExitStack pathlib.Path.*'],
  ['doc', 'pathlib.PosixPath.* pathlib.WindowsPath.* antigravity.* _bootsubprocess.* _posixshmem.* _winapi.* winreg.*'],
  ['doc', 'msvcrt.* fcntl.* resource.* _socket.* _ssl.* _multiprocessing.* _asyncio.* _functools.* _testcapi.*'],
  [
    'doc',
    'copyreg.add_extension copyreg.pickle copyreg.constructor pickletools.* test.libregrtest.* test.regrtest.* uuid.getnode',
  ],
  // Names of Python 2.
  [
    'doc',
    'cPickle.* popen2.* thread.* dummy_thread.* new.* rexec.* os2.* ce.* _winreg.* anydbm.* dumbdbm.* urlparse.*',
  ],
  [
    'doc',
    'SocketServer.* SimpleHTTPServer.* BaseHTTPServer.* CGIHTTPServer.* xmlrpclib.* SimpleXMLRPCServer.* cookielib.*',
  ],
];

export const CODE_RUNNERS: readonly CodeRunner[] = ROWS.flatMap(([sources, names]) =>
  names.split(' ').map((name) => ({ name, sources })),
);

/** By the first word of their names, so that a look-up passes few. Names before whole modules: they say more. */
const BY_FIRST_WORD: ReadonlyMap<string, readonly CodeRunner[]> = groupByFirstWord();

function groupByFirstWord(): Map<string, CodeRunner[]> {
  const groups = new Map<string, CodeRunner[]>();
  for (const runner of CODE_RUNNERS) {
    const word = runner.name.split('.', 1)[0]!;
    const group = groups.get(word) ?? [];
    if (runner.name.endsWith('.*')) group.push(runner);
    else group.unshift(runner);
    groups.set(word, group);
  }
  return groups;
}

/** What the list says of a full name, such as `os.system` or `torch.hub.load`; undefined if it does not have it. */
export function findCodeRunner(fullName: string): CodeRunner | undefined {
  const group = BY_FIRST_WORD.get(fullName.split('.', 1)[0]!);
  return group?.find(({ name }) =>
    name.endsWith('.*') ? fullName.startsWith(name.slice(0, -1)) : fullName === name || fullName.startsWith(`${name}.`),
  );
}

/** The first two letters of every name, and of the old name of `builtins`. */
const FIRST_PAIRS: ReadonlySet<number> = new Set(
  [...BY_FIRST_WORD.keys(), '__builtin__'].map((word) => word.charCodeAt(0) * 256 + word.charCodeAt(1)),
);

/** True if the name of some code runner, as bytes, begins with these two. */
export function isFirstPair(first: number, second: number): boolean {
  return FIRST_PAIRS.has(first * 256 + second);
}
