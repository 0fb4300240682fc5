"""Whether the failure of a command of a script is noticed."""

from __future__ import annotations

import pytest

from scaffold.drift.project.documents import Unreadable
from scaffold.drift.project.shell import Command, Shell, commands

FAILS = [
    "check",
    "check 2>&1 > log",
    "cd . && check",
    "mkdir -p x && check\necho done",
    "check && echo fine",
    "check || exit 1",
    "check || exit $?",
    "check || { echo bad; exit 3; }",
    "check || false",
    "if ! check; then echo bad; exit 1; fi\necho fine",
    "if check; then echo fine; else exit 1; fi\necho",
    "set -o pipefail\ncheck | tee log",
    "echo x | check",
    "OUT=$(check)\necho $OUT",
    'OUT="`check`"',
    "bash -euo pipefail -c 'check | cat'",
    "sh -c check",
    "eval 'check'",
    "(set +e; true)\ncheck",
    "( check )",
    "{ check; }\necho",
    "f() { check; }\nf",
    "function f { check; }; f",
    "set +e\necho\nset -e\ncheck\necho",
    "set +e\ncheck",
    "[ -d x ] && exit 1\ncheck",
    "echo 'check || true'\ncheck",
    "cat <<EOF\ncheck || true\nEOF\ncheck",
    "# check || true\ncheck # || true",
    "check \\\n  --base x",
    "A=b check",
    'for each in 1 2; do echo "$each"; done\ncheck',
    'case "$x" in a) echo;; *) echo;; esac\ncheck',
    "echo \"${{ a || 'b' }}\"\ncheck",
    "time check",
    "while read -r each; do echo; done < file\ncheck",
    "[[ $x == y ]] || echo no\ncheck",
]
LOST = [
    "check || true",
    "check || :",
    "check || echo bad",
    "check || exit 0",
    "check || { echo bad; }",
    "check || { echo bad; exit 0; exit 1; }",
    "check | cat",
    "check |& tee log",
    "check &",
    "check & wait",
    "! check",
    "set +e\ncheck\necho",
    "set +o errexit; check; echo",
    "check && true\necho",
    "if check; then echo; fi",
    "if ! check; then echo bad; fi",
    "if check; then :; else exit 0; fi",
    "while ! check; do sleep 1; done",
    "until check; do sleep 1; done",
    "echo $(check)",
    "local x=$(check)",
    "echo `check`",
    "cat <(check)",
    "bash -c 'check; echo'",
    "bash -c 'check' || true",
    "(check; echo) || true",
    "(set +e; check; true)",
    "f() { check || return 0; }\nf",
    "f() { check; }\nf || true",
    "trap 'exit 0' EXIT\ncheck",
    "trap 'exit 0' ERR; check",
    "{ check; echo; } && echo\necho",
    "set +e; check; code=$?; exit 0",
]
CONDITIONS = [
    "exit 0\ncheck",
    "[ -n x ] && exit 0\ncheck",
    "exec true\ncheck",
    "if [ -n x ]; then check; fi",
    "[ -n x ] && check\necho",
    "true || check",
    "for x in $LIST; do check; done",
    "case $x in a) check;; esac",
    "false && check || true",
    "while read x; do check; done",
    "if a; then :; else check; fi",
    "f() { return; }\nexit; check",
    "set -n\ncheck",
]
NOWHERE = [
    "check() { :; }\ncheck",
    "echo check",
    "'echo check'",
    "f() { check; }",
    "# check",
    ": <<EOF\ncheck\nEOF",
    'echo "check"',
]


def checks(script: str, shell: Shell | None = None) -> list[Command]:
    return [each for each in commands(script, 1, shell or Shell()) if each.words[0] == "check"]


@pytest.mark.parametrize("script", FAILS)
def test_a_failure_is_noticed(script: str) -> None:
    (found,) = checks(script)
    assert (found.conditions, found.ignored) == ((), ())


@pytest.mark.parametrize("script", LOST)
def test_a_failure_is_lost(script: str) -> None:
    assert checks(script) and all(each.ignored for each in checks(script))


@pytest.mark.parametrize("script", CONDITIONS)
def test_a_command_runs_on_a_condition(script: str) -> None:
    assert checks(script) and all(each.conditions for each in checks(script))


@pytest.mark.parametrize("script", NOWHERE)
def test_a_command_is_not_there(script: str) -> None:
    assert checks(script) == []


def test_a_shell_without_errexit_notices_the_last_one_alone() -> None:
    plain = Shell(errexit=False)
    assert checks("check", plain)[0].ignored == ()
    assert checks("check\necho", plain)[0].ignored != ()
    assert checks("echo\ncheck; ", plain)[0].ignored == ()


def test_lines_and_words_are_kept() -> None:
    found = commands("echo\n\ncheck --base \"a b\" 'c d' e\\ f > out\n", 10)
    assert [(each.words, each.line, each.targets) for each in found] == [
        (("echo",), 10, ()),
        (("check", "--base", "a b", "c d", "e f"), 12, ("out",)),
    ]


def test_variables_that_a_script_sets_are_known() -> None:
    (found,) = commands('TOOL=./bin/check\n"$TOOL" --base ${OTHER}')
    assert found.words == ("./bin/check", "--base", "${OTHER}")


@pytest.mark.parametrize(
    "script",
    [
        *("'", '"', "$(", "${", "`", "if x", "fi", "for", "case x in", ")", "a | ", "f() {", "((("),
        *("(" * 2000, '"$(' * 5000, "$(" * 5000, "{ " * 500, "if " * 900, "x" * 70_000, "`" * 999),
    ],
    ids=lambda each: each[:8],
)
def test_what_is_no_script_is_refused(script: str) -> None:
    with pytest.raises(Unreadable):
        commands(script)
