"""Code, programs and paths that data can choose."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from scaffold.drift.code.rule import Reading, argument, hazard, in_hook, matches, tail
from scaffold.drift.code.source import IMPORTERS, Scope
from scaffold.drift.code.values import constant, fold
from scaffold.drift.facts import Fact
from scaffold.drift.rule import Rule

CODE: Final = hazard(
    "SCF324",
    "code-from-data",
    "critical",
    "API-1",
    what="eval, exec, compile, imports by a name that is worked out, native code, and formats "
    "whose reading runs code: pickle, marshal, shelve, YAML with an unsafe loader.",
    why="Whoever writes the data runs code in the process that has the service's connections.",
    remedy="Read JSON, or YAML with safe_load, into a model; call functions by name.",
    example=in_hook(
        "total = eval(data.formula)",
        "total = ast.literal_eval(data.formula)",
        "import ast",
    ),
)
SHELL: Final = hazard(
    "SCF325",
    "shell",
    "critical",
    "API-1",
    what="A shell, or a program that a hook starts.",
    why="What a caller writes becomes part of a command (CWE-78), and the program has the "
    "rights and the environment of the service.",
    remedy="Use a library; or give a list of arguments to a program that is named, outside of "
    "hooks.",
    example=in_hook(
        'subprocess.run(f"lp {data.printer}", shell=True)',
        'path = shlex.quote("lp")',
        "import subprocess",
        "import shlex",
    ),
)
PATHS: Final = hazard(
    "SCF326",
    "path-by-caller",
    "high",
    "API-1",
    what="A file that is opened, moved or removed at a path that comes from callers.",
    why="With ../ they read and write any file that the service can (CWE-22).",
    remedy="Name files by ids that the service gives, below a directory that is constant.",
    example=in_hook(
        'with open("/srv/" + data.name) as file:\n    file.read()',
        'with open("/srv/terms.txt") as file:\n    file.read()',
    ),
)
OBJECTS: Final = hazard(
    "SCF327",
    "object-key-without-tenant",
    "high",
    "AZ-3",
    "DATA-3",
    what="A key of an object store, or of a shared cache, that does not begin with the tenant.",
    why="Keys are guessed or repeated; without the tenant in it one reaches another's file.",
    remedy='Begin the key with the tenant: f"{action.tenant_id}/...".',
    example=in_hook(
        'store.put_object(Bucket="exports", Key=f"{invoice.id}.pdf", Body=b"")',
        'store.put_object(Bucket="exports", Key=f"{action.tenant_id}/{invoice.id}.pdf", Body=b"")',
        "from storage import store",
    ),
)
RULES: Final[tuple[Rule, ...]] = (CODE, SHELL, PATHS, OBJECTS)

_CODE: Final = (
    *("builtins.eval", "builtins.exec", "builtins.compile", "pickle.load", "pickle.loads"),
    *("pickle.Unpickler", "_pickle.", "cPickle.", "marshal.load", "marshal.loads", "shelve.open"),
    *("shelve.", "dill.load", "dill.loads", "cloudpickle.load", "cloudpickle.loads", "joblib.load"),
    *("jsonpickle.decode", "yaml.unsafe_load", "yaml.unsafe_load_all", "yaml.full_load"),
    *("yaml.full_load_all", "yaml.UnsafeLoader", "yaml.Loader", "yaml.FullLoader", "yaml.CLoader"),
    *("types.FunctionType", "types.CodeType", "types.LambdaType", "ctypes.", "cffi."),
    *("code.InteractiveInterpreter", "code.InteractiveConsole", "code.interact", "codeop."),
    *("torch.load", "numpy.load", "pandas.read_pickle", "pandas.eval", "timeit.timeit"),
    *("builtins.breakpoint", "pdb.set_trace", "pdb.post_mortem", "bdb.", "debugpy."),
    *("multiprocessing.managers.", "logging.config.listen", "doctest.", "trace.Trace"),
)
_SHELLS: Final = (
    *("os.system", "os.popen", "os.execl", "os.execle", "os.execlp", "os.execv", "os.execve"),
    *("os.execvp", "os.execvpe", "os.spawnl", "os.spawnv", "os.spawnlp", "os.spawnvp", "pty.spawn"),
    *("asyncio.create_subprocess_shell", "commands.", "popen2.", "subprocess.getoutput"),
    *("subprocess.getstatusoutput", "os.posix_spawn", "os.posix_spawnp", "platform.popen"),
)
_PROGRAMS: Final = (
    *("subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output"),
    *("subprocess.Popen", "asyncio.create_subprocess_exec", "sh.", "plumbum.", "pexpect."),
    *("invoke.run", "fabric."),
)
_OPENS: Final = (
    *("builtins.open", "io.open", "os.open", "os.remove", "os.unlink", "os.rename", "os.replace"),
    *("os.rmdir", "os.listdir", "os.scandir", "os.mkdir", "os.makedirs", "os.symlink", "os.link"),
    *("os.chmod", "shutil.", "pathlib.Path", "pathlib.PurePath", "aiofiles.open", "anyio.Path"),
    *(
        "anyio.open_file",
        "tarfile.open",
        "zipfile.ZipFile",
        "glob.glob",
        "codecs.open",
        "gzip.open",
    ),
    *("starlette.responses.FileResponse", "sqlite3.connect", "tempfile.mkstemp"),
)
_OBJECTS: Final = frozenset(
    {"put_object", "get_object", "upload_file", "upload_fileobj", "download_file", "copy_object"}
    | {"download_fileobj", "generate_presigned_url", "generate_presigned_post", "delete_object"}
    | {"head_object", "presigned_get_object", "presigned_put_object", "fput_object", "fget_object"}
    | {
        "remove_object",
        "generate_signed_url",
        "upload_blob",
        "get_blob_client",
        "upload_from_string",
    }
)
_KEYS: Final = frozenset({"Key", "key", "object_name", "blob", "blob_name", "name", "object_key"})


def find(reading: Reading) -> Iterator[Fact]:
    """The facts of a module."""
    if reading.test:
        return
    for each in reading.mentions:
        origin = each.origin
        if origin in ("yaml.load", "yaml.load_all"):
            if each.call is not None and _is_safe(reading, each.call, each.scope):
                continue
            yield reading.fact(
                CODE, each.node, each.scope, origin, f"runs code from data: {origin}"
            )
        elif matches(origin, *_CODE):
            yield reading.fact(
                CODE, each.node, each.scope, origin, f"runs code from data: {origin}"
            )
        elif matches(origin, *_SHELLS) or (matches(origin, *_PROGRAMS) and reading.served):
            what = reading.called(each)
            yield reading.fact(SHELL, each.node, each.scope, what, f"starts a program: {what}")
    for call, scope in reading.module.of(ast.Call):
        yield from _called(reading, call, scope)


def _is_safe(reading: Reading, call: ast.Call, scope: Scope) -> bool:
    loader = argument(call, 1, "Loader")
    if loader is None:
        return False
    return (reading.module.origin(loader, scope) or "").endswith(("SafeLoader", "BaseLoader"))


def _called(reading: Reading, call: ast.Call, scope: Scope) -> Iterator[Fact]:
    module = reading.module
    origin = module.origin(call.func, scope)
    if origin in IMPORTERS and call.args and constant(module, call.args[0], scope) is None:
        says = f"imports a module by a name that is worked out: {origin}"
        yield reading.fact(CODE, call, scope, f"{origin} by a name worked out", says)
    if matches(origin, *_PROGRAMS) and not reading.served:
        yield from _script_shell(reading, call, scope)
    if matches(origin, *_OPENS):
        given = [*call.args, *(each.value for each in call.keywords)]
        if any(reading.flow.from_callers(each, scope) for each in given[:2]):
            says = f"opens a path that callers choose: {origin}"
            yield reading.fact(PATHS, call, scope, f"{origin} at a path of callers", says)
    if tail(call.func) in _OBJECTS and reading.served:
        yield from _object(reading, call, scope)


def _script_shell(reading: Reading, call: ast.Call, scope: Scope) -> Iterator[Fact]:
    shell = argument(call, -1, "shell")
    if shell is None or (isinstance(shell, ast.Constant) and not shell.value):
        return
    if call.args and fold(reading.module, call.args[0], scope).holes:
        what = reading.shown(call, scope)
        yield reading.fact(SHELL, call, scope, what, f"starts a shell: {what}")


def _object(reading: Reading, call: ast.Call, scope: Scope) -> Iterator[Fact]:
    keys = [each.value for each in call.keywords if each.arg in _KEYS]
    for each in call.keywords:
        if each.arg == "Params" and isinstance(each.value, ast.Dict):
            keys += [
                value
                for key, value in zip(each.value.keys, each.value.values, strict=True)
                if isinstance(key, ast.Constant) and key.value == "Key"
            ]
    keys = keys or call.args[:3]
    if keys and not any(mentions_tenant(reading, each, scope) for each in keys):
        says = f"names an object without its tenant: {tail(call.func)}"
        yield reading.fact(OBJECTS, call, scope, f"{tail(call.func)} without the tenant", says)


def mentions_tenant(reading: Reading, node: ast.AST, scope: Scope, left: int = 5) -> bool:
    """Is the tenant part of a value?"""
    if left <= 0:
        return False
    for each in ast.walk(node):
        if isinstance(each, ast.Attribute) and each.attr == "tenant_id":
            return True
        if isinstance(each, ast.Name):
            if each.id == "tenant_id":
                return True
            where = scope.where(each.id)
            if (
                where is not None
                and where.is_function
                and any(
                    mentions_tenant(reading, value, where, left - 1)
                    for value, _ in where.assigned.get(each.id, ())
                    if not isinstance(value, ast.Name) or value.id != each.id
                )
            ):
                return True
    return False
