"""Shell scripts as the commands that they run, and whether the failure of each is noticed.

It knows words and quotes, lists (`&&`, `||`, `;`, `&`), pipes, groups, `if`, loops, `case`,
functions, here-documents, command substitution, `set`, `trap`, `cd`, `exit`, `eval` and `sh -c`
of a constant. It expands nothing but variables that the script itself sets to a constant. It does
not see: globs, arithmetic, arrays, programs that a word builds at run time, aliases (a shell that
is not interactive has none), and what a program does. Whatever it cannot read is an `Unreadable`:
the caller says that it cannot judge the script, where the script matters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from scaffold.drift.project.documents import Unreadable

MAX_SCRIPT: Final = 64 * 1024
MAX_DEPTH: Final = 24
MAX_COMMANDS: Final = 3000

_OPERATORS: Final = ("&&", "||", ";;", "|&", ";&", ";", "|", "&", "(", ")", "\n")
_ASSIGNMENT: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\+?=(.*)", re.DOTALL)
_REDIRECT: Final = re.compile(r"([0-9]*|&)(<<<|<<-|<<|>>|>\||>&|<&|<>|>|<)")
_SIMPLE_VARIABLE: Final = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))")
_FAILS: Final = re.compile(r"\$\?|\$\{\?\}|[1-9][0-9]{0,2}|")
_ENDS: Final = frozenset({"then", "do", "done", "fi", "else", "elif", "esac", "}"})


@dataclass(frozen=True, slots=True)
class Command:
    """A program that a script starts.

    `conditions` say when it does not run although the script ends well, `ignored` why its failure
    is not noticed; both are empty for a command on which all depends. `after` is the program
    whose output it reads.
    """

    words: tuple[str, ...]
    line: int
    conditions: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    targets: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    directory: str = ""

    @property
    def shown(self) -> str:
        """The command, shortened, as messages say it."""
        text = " ".join(self.words)
        return text if len(text) <= 60 else f"{text[:57]}..."


@dataclass(frozen=True, slots=True)
class Shell:
    """How a shell begins: does it end at the first failure, and does a pipe fail as a whole?"""

    errexit: bool = True
    pipefail: bool = False


# Words


@dataclass(frozen=True, slots=True)
class _Token:
    kind: Literal["word", "operator", "redirect"]
    text: str
    line: int
    inner: tuple[str, ...] = ()
    """Scripts of command substitutions."""
    quoted: bool = False


def _closing(text: str, at: int, closer: str) -> int:
    """Where what began before `at` ends: behind the closer that belongs to it."""
    opener = {")": "(", "}": "{"}.get(closer)
    depth = 0
    while at < len(text):
        each = text[at]
        if each == "\\":
            at += 2
            continue
        if each == "'" and closer != "`":
            end = text.find("'", at + 1)
            if end < 0:
                break
            at = end + 1
            continue
        if each == '"':
            end = _double(text, at + 1)
            at = end
            continue
        if each == closer:
            if depth == 0:
                return at + 1
            depth -= 1
        elif each == opener:
            depth += 1
        at += 1
    raise Unreadable("a quote or a bracket does not end")


def _double(text: str, at: int) -> int:
    """Where a text in double quotes ends: behind the quote."""
    while at < len(text):
        each = text[at]
        if each == "\\":
            at += 2
        elif each == '"':
            return at + 1
        elif text.startswith("${{", at):
            at = _expression(text, at)
        elif text.startswith("$(", at):
            at = _closing(text, at + 2, ")")
        elif each == "`":
            at = _closing(text, at + 1, "`")
        else:
            at += 1
    raise Unreadable("a quote does not end")


def _expression(text: str, at: int) -> int:
    """Where an expression of a workflow ends."""
    end = text.find("}}", at)
    if end < 0:
        raise Unreadable("an expression does not end")
    return end + 2


def _tokens(text: str, first: int) -> list[_Token]:
    """The words and operators of a script."""
    if len(text) > MAX_SCRIPT:
        raise Unreadable("it is longer than 64 KiB")
    found: list[_Token] = []
    waiting: list[tuple[str, bool]] = []
    at, line = 0, first
    while at < len(text):
        if len(found) > 4 * MAX_COMMANDS:
            raise Unreadable("it has too many words")
        each = text[at]
        if each in " \t\r":
            at += 1
        elif text.startswith("\\\n", at):
            at, line = at + 2, line + 1
        elif each == "#":
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
        elif not text.startswith(("<(", ">("), at) and (redirect := _REDIRECT.match(text, at)):
            at = redirect.end()
            while at < len(text) and text[at] in " \t":
                at += 1
            token, at, lines = _word(text, at, line)
            operator = redirect[2]
            if operator in ("<<", "<<-"):
                waiting.append((token.text, operator == "<<-"))
            elif operator in (">", ">>", ">|", "<>") or (
                operator == ">&" and not token.text.isdigit()
            ):
                found.append(replace(token, kind="redirect"))
            line += lines
        elif operator := next((op for op in _OPERATORS if text.startswith(op, at)), ""):
            found.append(_Token("operator", operator, line))
            at += len(operator)
            if operator == "\n":
                line += 1
                for end_word, tabs in waiting:
                    at, lines = _here(text, at, end_word, tabs)
                    line += lines
                waiting = []
        else:
            token, at, lines = _word(text, at, line)
            found.append(token)
            line += lines
    return found


def _here(text: str, at: int, end: str, tabs: bool) -> tuple[int, int]:
    """Where a here-document ends, and how many lines it has."""
    lines = 0
    while at < len(text):
        stop = text.find("\n", at)
        stop = len(text) if stop < 0 else stop
        content = text[at:stop]
        at, lines = min(stop + 1, len(text)), lines + 1
        if (content.lstrip("\t") if tabs else content) == end:
            break
    return at, lines


def _word(text: str, at: int, line: int) -> tuple[_Token, int, int]:
    """A word: its text without quotes, where it ends and how many lines it spans."""
    start, parts = at, []
    inner: list[str] = []
    quoted = False
    while at < len(text):
        each = text[at]
        if each == "\\":
            if not text.startswith("\\\n", at):
                parts.append(text[at + 1 : at + 2])
            at += 2
        elif each == "'":
            end = text.find("'", at + 1)
            if end < 0:
                raise Unreadable("a quote does not end")
            parts.append(text[at + 1 : end])
            at, quoted = end + 1, True
        elif each == '"':
            end = _double(text, at + 1)
            content = text[at + 1 : end - 1]
            parts.append(re.sub(r'\\(["\\$`\n])', r"\1", content))
            inner += _substituted(content)
            at, quoted = end, True
        elif text.startswith("${{", at):
            end = _expression(text, at)
            parts.append(text[at:end])
            at = end
        elif text.startswith(("$(", "${"), at) or text.startswith(("<(", ">("), at):
            end = _closing(text, at + 2, "}" if text[at + 1] == "{" else ")")
            parts.append(text[at:end])
            inner += _substituted(text[at:end])
            at = end
        elif each == "`":
            end = _closing(text, at + 1, "`")
            parts.append(text[at:end])
            inner.append(text[at + 1 : end - 1])
            at = end
        elif each in " \t\r\n;|&()<>":
            break
        else:
            parts.append(each)
            at += 1
    if at == start:
        raise Unreadable(f"{text[at : at + 1]!r} stands where a word should")
    return (
        _Token("word", "".join(parts), line, tuple(inner), quoted),
        at,
        text.count("\n", start, at),
    )


def _substituted(text: str) -> Iterator[str]:
    """The scripts of `$(...)` and backquotes in a text."""
    at = 0
    while at < len(text):
        if text[at] == "\\":
            at += 2
        elif text.startswith("${{", at):
            at = _expression(text, at)
        elif text.startswith(("$((",), at):
            at = _closing(text, at + 2, ")")
        elif text.startswith(("$(", "<(", ">("), at):
            end = _closing(text, at + 2, ")")
            yield text[at + 2 : end - 1]
            at = end
        elif text[at] == "`":
            end = _closing(text, at + 1, "`")
            yield text[at + 1 : end - 1]
            at = end
        else:
            at += 1


# Structure


@dataclass(frozen=True, slots=True)
class _Simple:
    tokens: tuple[_Token, ...]
    line: int

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(each.text for each in self.tokens if each.kind == "word")


@dataclass(frozen=True, slots=True)
class _Group:
    body: tuple[_List, ...]
    subshell: bool = False


@dataclass(frozen=True, slots=True)
class _Branch:
    """`if`: pairs of a condition and what follows; the last one may have no condition."""

    parts: tuple[tuple[tuple[_List, ...], tuple[_List, ...]], ...]


@dataclass(frozen=True, slots=True)
class _Repeated:
    """A loop or a `case`: what is tested, and what may run."""

    what: str
    tested: tuple[_List, ...]
    body: tuple[_List, ...]


@dataclass(frozen=True, slots=True)
class _Function:
    name: str
    body: _Node


_Node = _Simple | _Group | _Branch | _Repeated | _Function


@dataclass(frozen=True, slots=True)
class _Pipeline:
    parts: tuple[_Node, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class _List:
    """Pipelines joined by `&&` and `||`: `joints[i]` stands before `pipelines[i + 1]`."""

    pipelines: tuple[_Pipeline, ...]
    joints: tuple[str, ...]
    background: bool = False


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = 0

    def peek(self) -> _Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def is_operator(self, *texts: str) -> bool:
        token = self.peek()
        return token is not None and token.kind == "operator" and token.text in texts

    def is_word(self, *texts: str) -> bool:
        token = self.peek()
        return (
            token is not None and token.kind == "word" and not token.quoted and token.text in texts
        )

    def skip(self, *texts: str) -> None:
        while self.is_operator(*texts):
            self.at += 1

    def expect(self, text: str) -> None:
        if not (self.is_word(text) or self.is_operator(text)):
            raise Unreadable(f"{text} is missing")
        self.at += 1

    def lists(self, *ends: str) -> tuple[_List, ...]:
        """Lists until one of the words or operators, or the end."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable("it is nested too deep")
        found: list[_List] = []
        self.skip(";", "\n", "&")
        while self.peek() is not None and not self.is_word(*ends) and not self.is_operator(*ends):
            if self.is_word(*_ENDS) or self.is_operator(")", ";;", ";&"):
                raise Unreadable("something ends that did not begin")
            found.append(self.and_or())
            self.skip(";", "\n")
        self.depth -= 1
        return tuple(found)

    def and_or(self) -> _List:
        pipelines, joints = [self.pipeline()], []
        while self.is_operator("&&", "||"):
            joints.append(self.tokens[self.at].text)
            self.at += 1
            self.skip("\n")
            pipelines.append(self.pipeline())
        background = self.is_operator("&")
        if background:
            self.at += 1
        return _List(tuple(pipelines), tuple(joints), background)

    def pipeline(self) -> _Pipeline:
        negated = False
        while self.is_word("!", "time"):
            negated = negated or self.is_word("!")
            self.at += 1
        parts = [self.node()]
        while self.is_operator("|", "|&"):
            self.at += 1
            self.skip("\n")
            parts.append(self.node())
        return _Pipeline(tuple(parts), negated)

    def node(self) -> _Node:
        found = self._node()
        while (token := self.peek()) is not None and token.kind == "redirect":
            self.at += 1
        return found

    def _node(self) -> _Node:
        if self.is_operator("("):
            self.at += 1
            body = self.lists(")")
            self.expect(")")
            return _Group(body, subshell=True)
        if self.is_word("{"):
            self.at += 1
            body = self.lists("}")
            self.expect("}")
            return _Group(body)
        if self.is_word("if"):
            return self.branch()
        if self.is_word("while", "until"):
            self.at += 1
            tested = self.lists("do")
            self.expect("do")
            body = self.lists("done")
            self.expect("done")
            return _Repeated("a loop", tested, body)
        if self.is_word("for", "select"):
            while self.peek() is not None and not self.is_word("do"):
                self.at += 1
            self.expect("do")
            body = self.lists("done")
            self.expect("done")
            return _Repeated("a loop", (), body)
        if self.is_word("case"):
            return self.cases()
        if self.is_word("function"):
            self.at += 1
            return self.function()
        return self.simple()

    def branch(self) -> _Branch:
        parts = []
        self.at += 1
        while True:
            tested = self.lists("then")
            self.expect("then")
            parts.append((tested, self.lists("elif", "else", "fi")))
            if self.is_word("elif"):
                self.at += 1
                continue
            if self.is_word("else"):
                self.at += 1
                parts.append(((), self.lists("fi")))
            self.expect("fi")
            return _Branch(tuple(parts))

    def cases(self) -> _Repeated:
        self.at += 1
        while self.peek() is not None and not self.is_word("in"):
            self.at += 1
        self.expect("in")
        body: list[_List] = []
        self.skip("\n")
        while self.peek() is not None and not self.is_word("esac"):
            while self.peek() is not None and not self.is_operator(")"):
                self.at += 1
            self.expect(")")
            body += self.lists(";;", ";&", "esac")
            self.skip(";;", ";&", "\n")
        self.expect("esac")
        return _Repeated("a case", (), tuple(body))

    def function(self) -> _Function:
        token = self.peek()
        if token is None or token.kind != "word":
            raise Unreadable("a function has no name")
        self.at += 1
        if self.is_operator("("):
            self.at += 1
            self.expect(")")
        self.skip("\n")
        return _Function(token.text, self.node())

    def simple(self) -> _Node:
        tokens: list[_Token] = []
        while (token := self.peek()) is not None and token.kind != "operator":
            tokens.append(token)
            self.at += 1
        if len(tokens) == 1 and self.is_operator("(") and tokens[0].kind == "word":
            following = self.tokens[self.at + 1 : self.at + 2]
            if following and following[0].text == ")":
                self.at -= 1
                return self.function()
        if not tokens or self.is_operator("("):
            raise Unreadable("a command is missing")
        return _Simple(tuple(tokens), tokens[0].line)


# What runs


@dataclass(slots=True)
class _State:
    errexit: bool
    pipefail: bool
    variables: dict[str, str]
    functions: dict[str, _Node] = field(default_factory=dict)
    directory: str = ""
    left: tuple[str, ...] = ()
    """Why the rest of the script may not run."""
    trapped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Where:
    """Where a command stands: when it runs, why its failure is lost, whether its status is that of
    what is around it, and whether the shell goes on after a failure."""

    conditions: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    last: bool = True
    suspended: bool = False
    after: tuple[str, ...] = ()
    depth: int = 0


def commands(
    script: str,
    line: int = 1,
    shell: Shell = Shell(),
    variables: Mapping[str, str] | None = None,
) -> list[Command]:
    """The programs that a script starts, in order.

    Raises:
        Unreadable: it is not a script that this module reads.
    """
    state = _State(shell.errexit, shell.pipefail, dict(variables or {}))
    walker = _Walker()
    try:
        walker.lists(_Parser(_tokens(script, line)).lists(), state, _Where())
    except RecursionError:
        raise Unreadable("it is nested too deep") from None
    return walker.found


class _Walker:
    def __init__(self) -> None:
        self.found: list[Command] = []

    def lists(self, lists: Sequence[_List], state: _State, where: _Where) -> None:
        if where.depth > MAX_DEPTH or len(self.found) > MAX_COMMANDS:
            raise Unreadable("it runs too many commands")
        for number, each in enumerate(lists):
            here = replace(where, last=where.last and number == len(lists) - 1)
            self.and_or(each, state, replace(here, depth=where.depth + 1))

    def and_or(self, each: _List, state: _State, where: _Where) -> None:
        for number, pipeline in enumerate(each.pipelines):
            conditions, ignored = list(where.conditions), list(where.ignored)
            before = each.joints[number - 1] if number else ""
            if before == "||":
                conditions.append(f"only where `{_said(each.pipelines[number - 1])}` fails")
            # Where what is before && fails, the list does, which is noticed at the end alone.
            lost = "||" in each.joints[number:] or not where.last
            if before == "&&" and lost and not _certain(each.pipelines[:number]):
                conditions.append(f"only where `{_said(each.pipelines[number - 1])}` succeeds")
            final = number == len(each.pipelines) - 1
            ignored += self._lost(each, number, state, where)
            if each.background:
                ignored.append("it runs in the background")
            if pipeline.negated:
                ignored.append("! in front of it")
            place = replace(
                where,
                conditions=tuple(conditions),
                ignored=tuple(ignored),
                last=True,
                suspended=where.suspended or not final or pipeline.negated,
            )
            self.pipeline(pipeline, state, place)

    def _lost(self, each: _List, number: int, state: _State, where: _Where) -> Iterator[str]:
        """Why the failure of a pipeline of a list is not noticed."""
        joints = each.joints[number:]
        stops = state.errexit and not where.suspended
        if not joints:
            if not (stops or where.last):
                yield "the shell goes on when it fails"
            return
        if "||" in joints:
            handler = each.pipelines[number + joints.index("||") + 1]
            if not _fails(handler):
                yield f"|| {_said(handler)}"
        elif not where.last:
            yield "&& passes its failure over"

    def pipeline(self, pipeline: _Pipeline, state: _State, where: _Where) -> None:
        source: tuple[str, ...] = ()
        for number, node in enumerate(pipeline.parts):
            ignored = where.ignored
            piped = len(pipeline.parts) > 1
            if number < len(pipeline.parts) - 1 and not state.pipefail:
                ignored = (*ignored, "a pipe takes its status")
            inner = replace(state, variables=dict(state.variables)) if piped else state
            self.node(node, inner, replace(where, ignored=ignored, after=source))
            source = node.words if isinstance(node, _Simple) else ("...",)

    def node(self, node: _Node, state: _State, where: _Where) -> None:
        if isinstance(node, _Simple):
            self.simple(node, state, where)
        elif isinstance(node, _Group):
            inner = replace(state, variables=dict(state.variables)) if node.subshell else state
            self.lists(node.body, inner, where)
        elif isinstance(node, _Branch):
            self.branch(node, state, where)
        elif isinstance(node, _Repeated):
            lost = (*where.ignored, f"{node.what} tests its result")
            self.lists(node.tested, state, replace(where, ignored=lost, suspended=True))
            told = (*where.conditions, f"inside {node.what}")
            self.lists(node.body, state, replace(where, conditions=told))
        else:
            state.functions[node.name] = node.body

    def branch(self, node: _Branch, state: _State, where: _Where) -> None:
        said: list[str] = []
        for number, (tested, body) in enumerate(node.parts):
            if tested:
                if self._handled(node, number):
                    only = replace(tested[0].pipelines[0], negated=False)
                    taken = (replace(tested[0], pipelines=(only,)),)
                    self.lists(taken, state, replace(where, last=True))
                else:
                    lost = (*where.ignored, "`if` tests its result")
                    self.lists(tested, state, replace(where, ignored=lost, suspended=True))
                said.append("; ".join(_said(each.pipelines[0]) for each in tested[:2]))
            told = f"if {said[-1]}" if tested else f"unless {said[-1]}"
            self.lists(body, state, replace(where, conditions=(*where.conditions, told)))

    @staticmethod
    def _handled(node: _Branch, number: int) -> bool:
        """Does the script fail where what an `if` tests fails?"""
        tested, body = node.parts[number]
        if len(tested) != 1 or len(tested[0].pipelines) != 1:
            return False
        if tested[0].pipelines[0].negated:
            return _ends_badly(body)
        other = node.parts[-1]
        return len(node.parts) == number + 2 and not other[0] and _ends_badly(other[1])

    def simple(self, node: _Simple, state: _State, where: _Where) -> None:
        words = list(node.words)
        assigned: dict[str, str] = {}
        while words and (found := _ASSIGNMENT.fullmatch(words[0])):
            assigned[found[1]] = found[2]
            words.pop(0)
        pure = not words
        for token in node.tokens:
            for inner in token.inner:
                lost = where.ignored if pure else (*where.ignored, "its status is lost in $(...)")
                lists = _Parser(_tokens(inner, node.line)).lists()
                copy = replace(state, variables=dict(state.variables))
                self.lists(lists, copy, replace(where, ignored=lost))
        if pure:
            state.variables.update(assigned)
            return
        words = [_expanded(each, state.variables) for each in words]
        self.command(node, words, assigned, state, where)

    def command(
        self,
        node: _Simple,
        words: list[str],
        assigned: Mapping[str, str],
        state: _State,
        where: _Where,
    ) -> None:
        name, *rest = words
        if name in state.functions:
            self.node(state.functions[name], state, replace(where, depth=where.depth + 3))
            return
        if name in ("export", "declare", "local", "readonly"):
            for each in rest:
                if found := _ASSIGNMENT.fullmatch(each):
                    state.variables[found[1]] = found[2]
        elif name == "set":
            _set(rest, state, bool(where.conditions))
        elif name in ("cd", "pushd"):
            state.directory = rest[0] if rest else "~"
        elif name in ("exit", "return", "exec"):
            if name == "exec" and rest:
                self._tell(node, rest, assigned, state, where)
            failed = any(each.endswith("fails") for each in where.conditions)
            fails = _is_failure(rest) if rest else failed
            if rest if name == "exec" else not fails:
                state.left = (*state.left, f"after `{' '.join(words)}`")
            return
        elif name == "trap" and any(each in ("EXIT", "ERR", "0") for each in rest[1:]):
            if re.search(r"\bexit\b", rest[0]):
                state.trapped = ("a trap changes the status",)
        elif script := _constant_script(words):
            text, errexit, pipefail = script
            lists = _Parser(_tokens(text, node.line)).lists()
            own = name == "eval"
            inner = (
                state
                if own
                else _State(errexit, pipefail, {**state.variables, **assigned}, {}, state.directory)
            )
            suspended = where.suspended if own else False
            self.lists(lists, inner, replace(where, suspended=suspended))
            return
        self._tell(node, words, assigned, state, where)

    def _tell(
        self,
        node: _Simple,
        words: list[str],
        assigned: Mapping[str, str],
        state: _State,
        where: _Where,
    ) -> None:
        self.found.append(
            Command(
                tuple(words),
                node.line,
                (*where.conditions, *state.left),
                (*where.ignored, *state.trapped),
                {**state.variables, **assigned},
                tuple(each.text for each in node.tokens if each.kind == "redirect"),
                where.after,
                state.directory,
            )
        )


def _set(options: list[str], state: _State, conditional: bool) -> None:
    """What `set` changes. What it switches on in a branch is not relied on."""
    for number, each in enumerate(options):
        on = each.startswith("-")
        if each[:1] not in "-+" or each in ("-", "--", "+"):
            continue
        flags = each[1:]
        named = options[number + 1] if flags.endswith("o") and number + 1 < len(options) else ""
        if on and conditional:
            continue
        if "e" in flags or named == "errexit":
            state.errexit = on
        if named == "pipefail":
            state.pipefail = on
        if on and ("n" in flags or named == "noexec"):
            state.left = (*state.left, "after `set -n`")


def _constant_script(words: list[str]) -> tuple[str, bool, bool] | None:
    """The script of `eval` or of `sh -c`, and how its shell begins."""
    name = words[0].rpartition("/")[2]
    if name == "eval":
        return " ".join(words[1:]), False, False
    if name not in ("sh", "bash", "dash", "zsh", "ksh"):
        return None
    errexit = pipefail = False
    for number, each in enumerate(words[1:], 1):
        if not each.startswith("-"):
            if words[number - 1].endswith("o"):
                pipefail = pipefail or each == "pipefail"
                errexit = errexit or each == "errexit"
                continue
            return None
        if each.startswith("--"):
            continue
        errexit = errexit or "e" in each
        if "c" in each[1:]:
            after = words[number + 1 :]
            while after and (after[0].startswith("-") or after[0] == "pipefail"):
                errexit = errexit or "e" in after[0].partition("pipefail")[0]
                pipefail = pipefail or after[0] == "pipefail"
                after = after[1:]
            return (after[0], errexit, pipefail) if after else None
    return None


def shell_of(words: Sequence[str]) -> Shell:
    """How the shell begins that is started with these words, such as `bash -eo pipefail`."""
    errexit = any(re.fullmatch(r"-[a-z]*e[a-z]*", each) for each in words)
    return Shell(errexit or "errexit" in words, "pipefail" in words)


def expanded(text: str, variables: Mapping[str, str]) -> str:
    """A text with the variables that are known."""
    for _ in range(4):
        before = text
        text = _expanded(text, variables)
        if text == before or len(text) > 4096:
            break
    return text


def _expanded(text: str, variables: Mapping[str, str]) -> str:
    if "$" not in text:
        return text
    return _SIMPLE_VARIABLE.sub(lambda found: variables.get(found[1] or found[2], found[0]), text)


def _said(pipeline: _Pipeline) -> str:
    """A pipeline as messages say it."""
    first = pipeline.parts[0]
    words = first.words if isinstance(first, _Simple) else ("(...)",)
    text = " ".join(words)
    if len(pipeline.parts) > 1:
        text += " | ..."
    return text if len(text) <= 40 else f"{text[:37]}..."


def _certain(pipelines: Sequence[_Pipeline]) -> bool:
    """Do these commands hardly ever fail, so that what is behind `&&` runs?"""
    names = {"echo", "export", "set", "mkdir", "printf", ":", "true", "umask"}
    return all(
        isinstance(part, _Simple) and (not part.words or part.words[0] in names)
        for each in pipelines
        for part in each.parts
    )


def _is_failure(arguments: Sequence[str]) -> bool:
    """Is `exit` with these a failure? `exit` alone passes the status on."""
    return _FAILS.fullmatch(arguments[0] if arguments else "") is not None


def _fails(pipeline: _Pipeline) -> bool:
    """Does what is behind `||` fail for certain?"""
    if len(pipeline.parts) != 1 or pipeline.negated:
        return False
    part = pipeline.parts[0]
    if isinstance(part, _Group):
        return _ends_badly(part.body)
    words = part.words if isinstance(part, _Simple) else ()
    if not words:
        return False
    return words[0] == "false" or (words[0] in ("exit", "return") and _is_failure(words[1:]))


def _ends_badly(body: Sequence[_List]) -> bool:
    """Does a body end with a failure for certain?"""
    for each in body:
        only = each.pipelines[0]
        part = only.parts[0]
        if isinstance(part, _Simple) and part.words[:1] in (("exit",), ("return",)):
            return len(each.pipelines) == 1 and _fails(only)
    return bool(body) and len(body[-1].pipelines) == 1 and _fails(body[-1].pipelines[0])
