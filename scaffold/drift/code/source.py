"""The developer's Python as it is written: modules, their scopes, and where names come from.

Nothing is imported or run. What a name is worth is seen through imports (with `as`, `*`, inside of
functions, and through other modules of the project), plain assignments, `getattr`, `import_module`
and `sys.modules` with constant names. It is not seen through containers, attributes of instances,
arguments of functions of other modules, or text that is worked out when the code runs.
"""

from __future__ import annotations

import ast
import builtins
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Final, Literal, TypeVar, overload

Role = Literal["served", "script", "test"]
"""`served`: what the service runs, or reaches by imports. `script`: other code. `test`: tests."""

MAX_BYTES: Final = 1 << 20
"""Of a module; a larger one is not judged."""
MAX_DEPTH: Final = 200
"""Of nested syntax."""
_FOLLOWED: Final = 8
"""How many names in a row are followed to where one comes from."""
_BUILTINS: Final = frozenset(dir(builtins))
_A = TypeVar("_A", bound=ast.AST)
_B = TypeVar("_B", bound=ast.AST)
_C = TypeVar("_C", bound=ast.AST)
_D = TypeVar("_D", bound=ast.AST)
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Unjudged(ValueError):
    """A module cannot be read as Python; the message says why."""


@dataclass(slots=True, eq=False)
class Scope:
    """A module, a class or a function, with the names that it binds."""

    name: str
    node: ast.AST
    parent: Scope | None
    imports: dict[str, str] = field(default_factory=dict)
    assigned: dict[str, list[tuple[ast.expr, bool]]] = field(default_factory=dict)
    """The expressions that a name is bound to, and whether to the expression itself or to a part of
    it, such as an element in a loop."""
    parameters: dict[str, ast.arg] = field(default_factory=dict)
    children: dict[str, Scope] = field(default_factory=dict)
    outer: set[str] = field(default_factory=set)
    """Names that `global` and `nonlocal` give to another scope."""
    used: list[ast.AST] = field(default_factory=list)

    @property
    def is_function(self) -> bool:
        """Is it a function, of any kind?"""
        return isinstance(self.node, Function)

    def binds(self, name: str) -> bool:
        """Does the name mean something of this scope?"""
        return name not in self.outer and (
            name in self.imports
            or name in self.assigned
            or name in self.parameters
            or name in self.children
        )

    def where(self, name: str) -> Scope | None:
        """The scope that a name, used here, is bound in."""
        at: Scope | None = self
        while at is not None:
            if at.binds(name) and (at is self or not isinstance(at.node, ast.ClassDef)):
                return at
            at = at.parent
        return None

    def functions(self) -> Iterator[Scope]:
        """The functions around this place, from the inside."""
        at: Scope | None = self
        while at is not None:
            if at.is_function:
                yield at
            at = at.parent


@dataclass(slots=True, eq=False)
class Module:
    """A module of the developer's, parsed."""

    path: str
    dotted: str
    tree: ast.Module
    scope: Scope
    nodes: dict[type[ast.AST], list[tuple[ast.AST, Scope]]]
    stars: list[str]
    typing_only: set[int]
    """Ids of import statements that only a type checker sees."""
    project: Project | None = None
    role: Role = "script"
    origins: dict[int, str | None] = field(default_factory=dict)

    @overload
    def of(self, a: type[_A], /) -> Iterator[tuple[_A, Scope]]: ...
    @overload
    def of(self, a: type[_A], b: type[_B], /) -> Iterator[tuple[_A | _B, Scope]]: ...
    @overload
    def of(
        self, a: type[_A], b: type[_B], c: type[_C], /
    ) -> Iterator[tuple[_A | _B | _C, Scope]]: ...
    @overload
    def of(
        self, a: type[_A], b: type[_B], c: type[_C], d: type[_D], /
    ) -> Iterator[tuple[_A | _B | _C | _D, Scope]]: ...
    def of(self, *kinds: type[ast.AST]) -> Iterator[tuple[ast.AST, Scope]]:
        """The nodes of some classes with their scopes, in the order of the text of each class."""
        for kind in kinds:
            yield from self.nodes.get(kind, ())

    @property
    def is_hooks(self) -> bool:
        """Is it a module of hooks?"""
        return self.path.startswith("hooks/")

    @property
    def package(self) -> str:
        """What the service is called."""
        return self.project.package if self.project else ""

    def origin(self, node: ast.AST, scope: Scope, left: int = _FOLLOWED) -> str | None:
        """The dotted name of what an expression names, where it comes from an import or is built
        in; None for everything else."""
        known = id(node)
        if known not in self.origins:
            self.origins[known] = None  # of a name that is bound to itself
            self.origins[known] = self._origin(node, scope, left) if left > 0 else None
        return self.origins[known]

    def _origin(self, node: ast.AST, scope: Scope, left: int) -> str | None:
        if isinstance(node, ast.Name):
            return self._named(node.id, scope, left)
        if isinstance(node, ast.Attribute):
            base = self.origin(node.value, scope, left)
            return None if base is None else self._through(f"{base}.{node.attr}")
        if isinstance(node, ast.Await | ast.NamedExpr | ast.Starred):
            return self.origin(node.value, scope, left)
        if isinstance(node, ast.Subscript):
            return self._item(node, scope, left)
        if isinstance(node, ast.Call):
            return self._called(node, scope, left)
        return None

    def _named(self, name: str, scope: Scope, left: int) -> str | None:
        where = scope.where(name)
        if where is None:
            return self._free(name)
        if name in where.imports:
            return self._through(where.imports[name])
        if name in where.assigned and name not in where.parameters:
            for value, exact in where.assigned[name]:
                found = self.origin(value, where, left - 1) if exact else None
                if found is not None:
                    return found
        if name in where.children and where.parent is None:
            return f"{self.dotted}.{name}"
        return None

    def _free(self, name: str) -> str | None:
        if name in _BUILTINS:
            return f"builtins.{name}"
        return self._through(f"{self.stars[-1]}.{name}") if self.stars else None

    def _through(self, dotted: str) -> str:
        return self.project.through(dotted) if self.project else dotted

    def _item(self, node: ast.Subscript, scope: Scope, left: int) -> str | None:
        from scaffold.drift.code.values import constant

        name = constant(self, node.slice, scope)
        base = self.origin(node.value, scope, left)
        if name is None or base is None:
            return None
        if base == "sys.modules":
            return self._through(name)
        if base.endswith(".__dict__"):
            return self._through(f"{base.removesuffix('.__dict__')}.{name}")
        return None

    def _called(self, node: ast.Call, scope: Scope, left: int) -> str | None:
        from scaffold.drift.code.values import constant

        function = self.origin(node.func, scope, left)
        if function in IMPORTERS and node.args:
            name = constant(self, node.args[0], scope)
            return None if name is None else self._through(name)
        if function in ("builtins.getattr", "inspect.getattr_static") and len(node.args) >= 2:
            name = constant(self, node.args[1], scope)
            base = self.origin(node.args[0], scope, left)
            return None if name is None or base is None else self._through(f"{base}.{name}")
        if function == "builtins.vars" and node.args:
            base = self.origin(node.args[0], scope, left)
            return f"{base}.__dict__" if base else None
        if function in ("functools.partial", "functools.wraps") and node.args:
            return self.origin(node.args[0], scope, left)
        return None


IMPORTERS: Final = frozenset(
    {"builtins.__import__", "importlib.import_module", "importlib.__import__"}
)


class Project:
    """The developer's modules, by their dotted names."""

    def __init__(self, package: str, modules: Mapping[str, Module]) -> None:
        self.package = package
        self.modules = modules
        for each in modules.values():
            each.project = self
        self.wrapped: set[str] = set()
        """The dotted names of what stands around the service."""
        self._known: dict[str, str] = {}
        self._assign_roles()

    def through(self, dotted: str, left: int = _FOLLOWED) -> str:
        """A dotted name, followed through modules of the project to where it comes from."""
        if dotted in self._known or left <= 0:
            return self._known.get(dotted, dotted)
        self._known[dotted] = dotted
        self._known[dotted] = found = self._through(dotted, left)
        return found

    def _through(self, dotted: str, left: int) -> str:
        words = dotted.split(".")
        for count in range(len(words) - 1, 0, -1):
            module = self.modules.get(".".join(words[:count]))
            if module is None:
                continue
            name, rest = words[count], words[count + 1 :]
            scope = module.scope
            if name in scope.imports:
                return self.through(".".join([scope.imports[name], *rest]), left - 1)
            for value, exact in scope.assigned.get(name, ()):
                found = module.origin(value, scope) if exact else None
                if found is not None:
                    return self.through(".".join([found, *rest]), left - 1)
            if not scope.binds(name) and module.stars:
                return self.through(".".join([module.stars[-1], name, *rest]), left - 1)
            return dotted
        return dotted

    def found(self, dotted: str) -> tuple[Module, Scope] | None:
        """The class or function of the project that a dotted name is of."""
        words = dotted.split(".")
        for count in range(len(words) - 1, 0, -1):
            module = self.modules.get(".".join(words[:count]))
            if module is not None:
                scope: Scope | None = module.scope
                for word in words[count:]:
                    scope = scope.children.get(word) if scope else None
                return (module, scope) if scope else None
        return None

    def _assign_roles(self) -> None:
        for each in self.modules.values():
            each.role = "test" if is_test(each.path) else "script"
        left = [each for each in self.modules.values() if each.is_hooks or each.path == "asgi.py"]
        while left:
            module = left.pop()
            if module.role == "served":
                continue
            module.role = "served"
            left.extend(self._imported(module))

    def _imported(self, module: Module) -> Iterator[Module]:
        for dotted in imported(module):
            words = dotted.split(".")
            for count in range(1, len(words) + 1):
                found = self.modules.get(".".join(words[:count]))
                if found is not None:
                    yield found


def is_test(path: str) -> bool:
    """Is a module part of the tests, by its path?"""
    name = path.rpartition("/")[2]
    return (
        path.startswith("tests/")
        or name == "conftest.py"
        or name.startswith("test_")
        or name.endswith("_test.py")
    )


def imported(module: Module) -> Iterator[str]:
    """The dotted names that a module imports, wherever it does."""
    for node, _ in module.of(ast.Import):
        for each in node.names:
            yield each.name
    for taken, _ in module.of(ast.ImportFrom):
        base = import_base(taken, module.path)
        yield base
        for each in taken.names:
            yield f"{base}.{each.name}"
    for call, scope in module.of(ast.Call):
        if module.origin(call.func, scope) in IMPORTERS:
            found = module.origin(call, scope)
            if found:
                yield found


def dotted(path: str) -> str:
    """The name that a module is imported by, with the project on the path."""
    words = path.removesuffix(".py").split("/")
    if words[-1] == "__init__" and len(words) > 1:
        words.pop()
    return ".".join(words)


def parse(path: str, content: bytes) -> Module:
    """A module.

    Raises:
        Unjudged: it is no Python that can be judged.
    """
    if len(content) > MAX_BYTES:
        raise Unjudged(f"is larger than {MAX_BYTES >> 20} MiB")
    try:
        encoding = tokenize.detect_encoding(BytesIO(content).readline)[0]
        if encoding not in ("utf-8", "utf-8-sig"):
            raise Unjudged(f"says that it is written in {encoding}, not in UTF-8")
        tree = ast.parse(content.decode(encoding))
    except UnicodeDecodeError:
        raise Unjudged("is not UTF-8") from None
    except (SyntaxError, ValueError) as error:
        if isinstance(error, Unjudged):
            raise
        line = getattr(error, "lineno", None) or 1
        raise Unjudged(f"is not Python of this version (line {line})") from None
    except (RecursionError, MemoryError):
        raise Unjudged("is nested too deeply") from None
    scope = Scope("", tree, None)
    module = Module(path, dotted(path), tree, scope, {}, [], set())
    _Walk(module).run()
    return module


def import_base(node: ast.ImportFrom, path: str) -> str:
    if not node.level:
        return node.module or ""
    above = path.split("/")[: -node.level] if path.count("/") + 1 >= node.level else []
    return ".".join([*above, *([node.module] if node.module else [])])


class _Walk:
    """One walk over a module: its nodes by class with their scopes, and what each scope binds."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.nodes = module.nodes

    def run(self) -> None:
        stack: list[tuple[ast.AST, Scope, int]] = [(self.module.tree, self.module.scope, 0)]
        nodes = self.nodes
        while stack:
            node, scope, depth = stack.pop()
            if depth > MAX_DEPTH:
                raise Unjudged("is nested too deeply")
            kind = type(node)
            bind = _BIND.get(kind)
            inside = scope
            if bind is not None:
                inside = bind(self, node, scope) or scope
            nodes.setdefault(kind, []).append((node, inside if kind in _SCOPES else scope))
            if kind in _LEAVES:
                continue
            children = []
            for name in kind._fields:
                value = getattr(node, name, None)
                if value is None or type(value) is str:
                    continue
                # What decorates a function, and its defaults, are worked out around it.
                at = scope if kind in _SCOPES and name in _AROUND else inside
                if isinstance(value, list):
                    for each in value:
                        if isinstance(each, ast.AST):
                            children.append((each, at, depth + 1))
                elif isinstance(value, ast.AST):
                    children.append((value, at, depth + 1))
            children.reverse()
            stack.extend(children)

    def scoped(self, node: ast.AST, scope: Scope) -> Scope:
        assert isinstance(node, Function | ast.ClassDef)
        name = f"{scope.name}.{node.name}" if scope.name else node.name
        inside = Scope(name, node, scope)
        scope.children[node.name] = inside
        if isinstance(node, Function):
            given = node.args
            for each in (*given.posonlyargs, *given.args, *given.kwonlyargs):
                inside.parameters[each.arg] = each
            for rest in (given.vararg, given.kwarg):
                if rest:
                    inside.parameters[rest.arg] = rest
        return inside

    def imports(self, node: ast.AST, scope: Scope) -> None:
        assert isinstance(node, ast.Import)
        for each in node.names:
            if each.asname:
                scope.imports[each.asname] = each.name
            else:
                first = each.name.partition(".")[0]
                scope.imports[first] = first

    def imports_from(self, node: ast.AST, scope: Scope) -> None:
        assert isinstance(node, ast.ImportFrom)
        base = import_base(node, self.module.path)
        for each in node.names:
            if each.name == "*":
                self.module.stars.append(base)
            else:
                scope.imports[each.asname or each.name] = f"{base}.{each.name}"

    def branch(self, node: ast.AST, scope: Scope) -> None:
        assert isinstance(node, ast.If)
        test = node.test
        name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
        if name == "TYPE_CHECKING":
            for each in node.body:
                self.module.typing_only.add(id(each))

    def assigns(self, node: ast.AST, scope: Scope) -> None:
        assert isinstance(node, ast.Assign)
        for each in node.targets:
            _bind(each, node.value, scope, exact=True)

    def annotates(self, node: ast.AST, scope: Scope) -> None:
        assert isinstance(node, ast.AnnAssign)
        if node.value is not None:
            _bind(node.target, node.value, scope, exact=True)

    def extends(self, node: ast.AST, scope: Scope) -> None:
        assert isinstance(node, ast.AugAssign)
        _bind(node.target, node.value, scope, exact=True)

    def names(self, node: ast.AST, scope: Scope) -> None:
        assert isinstance(node, ast.NamedExpr)
        _bind(node.target, node.value, scope, exact=True)

    def loops(self, node: ast.AST, scope: Scope) -> None:
        assert isinstance(node, ast.For | ast.AsyncFor | ast.comprehension)
        _bind(node.target, node.iter, scope, exact=False)

    def enters(self, node: ast.AST, scope: Scope) -> None:
        assert isinstance(node, ast.withitem)
        if node.optional_vars is not None:
            _bind(node.optional_vars, node.context_expr, scope, exact=True)

    def gives(self, node: ast.AST, scope: Scope) -> None:
        assert isinstance(node, ast.Global | ast.Nonlocal)
        scope.outer.update(node.names)

    def matches(self, node: ast.AST, scope: Scope) -> None:
        assert isinstance(node, ast.Match)
        for each in ast.walk(node):
            name = getattr(each, "name", None)
            if isinstance(each, ast.MatchAs | ast.MatchStar) and isinstance(name, str):
                scope.assigned.setdefault(name, []).append((node.subject, False))


def _bind(target: ast.expr, value: ast.expr, scope: Scope, *, exact: bool) -> None:
    left = [(target, value, exact)]
    while left:
        to, given, whole = left.pop()
        if isinstance(to, ast.Name):
            scope.assigned.setdefault(to.id, []).append((given, whole))
        elif isinstance(to, ast.Starred):
            left.append((to.value, given, False))
        elif isinstance(to, ast.Tuple | ast.List):
            same = isinstance(given, ast.Tuple | ast.List) and len(given.elts) == len(to.elts)
            for index, each in enumerate(to.elts):
                if same and whole and isinstance(given, ast.Tuple | ast.List):
                    left.append((each, given.elts[index], True))
                else:
                    left.append((each, given, False))


_SCOPES: Final = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef})
_AROUND: Final = frozenset({"decorator_list", "args", "returns", "bases", "keywords"})
_LEAVES: Final = frozenset(
    {ast.Constant, ast.Name, ast.Pass, ast.alias, ast.Load, ast.Store, ast.Del, ast.Global}
)
_BIND: Final = {
    ast.FunctionDef: _Walk.scoped,
    ast.AsyncFunctionDef: _Walk.scoped,
    ast.ClassDef: _Walk.scoped,
    ast.Import: _Walk.imports,
    ast.ImportFrom: _Walk.imports_from,
    ast.If: _Walk.branch,
    ast.Assign: _Walk.assigns,
    ast.AnnAssign: _Walk.annotates,
    ast.AugAssign: _Walk.extends,
    ast.NamedExpr: _Walk.names,
    ast.For: _Walk.loops,
    ast.AsyncFor: _Walk.loops,
    ast.comprehension: _Walk.loops,
    ast.withitem: _Walk.enters,
    ast.Global: _Walk.gives,
    ast.Nonlocal: _Walk.gives,
    ast.Match: _Walk.matches,
}


def tells_tenant(name: str) -> bool:
    """Is this a class of what the service tells a hook, whose tenant the service has verified?"""
    return name in ("Action", "Heard") or name.startswith("Committed")
