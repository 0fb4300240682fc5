"""A new project: the developer's own files through Copier, the generated ones from the plan."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scaffold import __version__
from scaffold.database.guards import works
from scaffold.design.model import Design
from scaffold.emission import Emission, emit
from scaffold.features import FEATURES
from scaffold.places import TEMPLATES
from scaffold.plan import quoting
from scaffold.plan.format import format_python
from scaffold.plan.templates import environment
from scaffold.project import hooks, identity, own
from scaffold.project.own import BASE, OWNED, Base, Forge, is_project_name
from scaffold.project.provenance import Pin
from scaffold.project.provenance import pin as installed_pin
from scaffold.spec import names
from scaffold.spec.load import loads
from scaffold.spec.problems import Refusal
from scaffold.tree import lock as locks
from scaffold.tree.paths import LOCK, SCHEMA

MODELINE = f"# yaml-language-server: $schema={SCHEMA}\n"
"""Editors that speak the YAML language server complete and explain a spec that has this line."""

_MODELINE = re.compile(rb"^# *yaml-language-server:", re.MULTILINE)


class NewProjectError(ValueError):
    """The project cannot be made; nothing was written."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a starter spec needs to be told."""

    title: str
    tenant: str = "organization"


def default_answers(name: str) -> Answers:
    """The answers for somebody who wants to be asked nothing."""
    return Answers(title=re.sub(r"[-_]+", " ", name).capitalize())


def starter(name: str, answers: Answers) -> bytes:
    """A small spec to begin with.

    Raises:
        NewProjectError: a service cannot have this name.
    """
    try:
        service = names.service(name.replace("-", "_"))
    except Refusal as refusal:
        raise NewProjectError(f"{refusal}. {refusal.hint}") from None
    template = environment("starter").get_template("scaffold.yaml.jinja")
    return template.render(
        service=service,
        title=quoting.yaml(answers.title),
        tenant=quoting.yaml(answers.tenant),
        audience=quoting.yaml(service),
    ).encode()


def starter_hooks(name: str) -> dict[str, str]:
    """The hooks of the small spec of `starter`, by their paths."""
    template = environment("starter").get_template("hooks/item.py.jinja")
    return {f"{hooks.HOOKS}/item.py": template.render(package=name.replace("-", "_"))}


def create(
    name: str,
    target: Path,
    content: bytes,
    source: str,
    pin: Pin | None = None,
    written: Mapping[str, str] | None = None,
    ci: Forge = "github",
) -> Emission:
    """Makes a project in a directory that is missing or empty, as a whole or not at all.

    `content` is the spec, `source` names it in messages. `pin` says how other machines install
    the generator; if left out, as this one was installed. `written` are modules of hooks, by
    their paths; every other action gets a stub. `ci` says whose CI it gets files for.

    Raises:
        NewProjectError: a project cannot have this name, or the directory is not empty.
        SpecError: the spec is refused.
        OSError: a file cannot be written.
    """
    if not is_project_name(name):
        raise NewProjectError(
            f"{name!r:.80} cannot be the name of a project. "
            "Write lower-case words joined by - or _, such as my-shop; "
            "--into says where the project goes"
        )
    _refuse_occupied(target)
    loads(content, source)  # refused with the positions of the author's own file
    spec = with_modeline(content)
    emission = emit(spec, source)
    pin = pin or installed_pin()
    design = emission.design
    answers = {**_answers(name, design, spec.decode(), pin), "ci": ci}
    functions = {**hooks.modules(design.name, design.hook_modules), **(written or {})}

    def write(stage: Path) -> None:
        _write_own(stage, answers, design.name, functions)
        base = own.write(Base(__version__, name, pin, _offered(stage)))
        lock = locks.write(emission.lock)
        for path, each in {**emission.files, BASE: base, LOCK: lock}.items():
            place = stage / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(each)

    _fill(target, write)
    return emission


def with_modeline(content: bytes) -> bytes:
    """The spec with the line that tells editors its schema, if it has none yet."""
    if _MODELINE.search(content):
        return content
    return MODELINE.encode() + content.removeprefix(b"\xef\xbb\xbf")


def _refuse_occupied(target: Path) -> None:
    if target.is_dir():
        if any(target.iterdir()):
            raise NewProjectError(
                f"{_shown(target)} is not empty. "
                "Choose another directory with --into; in a project, run scaffold generate"
            )
    elif os.path.lexists(target):
        raise NewProjectError(
            f"{_shown(target)} is not a directory. Choose another one with --into"
        )


def _shown(target: Path) -> Path:
    """A path as it reads in a sentence, in which dots alone do not."""
    return target.resolve() if set(target.parts) <= {".."} else target


def _fill(target: Path, write: Callable[[Path], None]) -> None:
    """Writes into a directory beside, or inside an empty, `target`; then moves it into place."""
    existed = target.is_dir()
    around = target if existed else target.parent
    around.mkdir(parents=True, exist_ok=True)
    stage = Path(tempfile.mkdtemp(prefix=".scaffold-", dir=around))
    moved: list[Path] = []
    try:
        write(stage)
        if not existed:
            stage.chmod(0o777 & ~_umask())
            stage.rename(target)
            return
        for each in sorted(stage.iterdir()):
            place = target / each.name
            each.rename(place)
            moved.append(place)
    except BaseException:
        for place in moved:
            shutil.rmtree(place) if place.is_dir() else place.unlink()
        raise
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _umask() -> int:
    """The process's mask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _write_own(
    stage: Path, answers: Mapping[str, Any], package: str, functions: Mapping[str, str]
) -> None:
    """Writes the developer's own files: once, and laid out as the generated ones are.

    `functions` are the modules of hooks by their paths.
    """
    import copier

    copier.run_copy(
        str(TEMPLATES / "project"),
        stage,
        data=dict(answers),
        defaults=True,
        overwrite=True,
        quiet=True,
        unsafe=False,
    )
    sources = {
        path.relative_to(stage).as_posix(): path.read_text(encoding="utf-8")
        for path in stage.rglob("*.py")
    }
    for path, text in format_python({**sources, **functions}, package).items():
        (stage / path).write_text(text, encoding="utf-8")


def _offered(stage: Path) -> dict[str, str]:
    """The texts of the developer's own files of which `scaffold update` offers changes."""
    return {
        path: (stage / path).read_bytes().decode("utf-8")
        for path in sorted(OWNED)
        if (stage / path).is_file()
    }


def own_files(
    name: str, design: Design, pin: Pin, ci: Forge, *, ejected: bool = False
) -> dict[str, str]:
    """The texts of the developer's own files as this version writes them, without spec and hooks.

    Those of an `ejected` project need no generator, and do not speak of one.

    Raises:
        OSError: a temporary file cannot be written.
    """
    with tempfile.TemporaryDirectory(prefix="scaffold-") as scratch:
        answers = {**_answers(name, design, "", pin), "ci": ci, "ejected": ejected}
        _write_own(Path(scratch), answers, design.name, {})
        return _offered(Path(scratch))


def _answers(name: str, design: Design, spec: str, pin: Pin) -> dict[str, Any]:
    """What the templates of the project may print. Text of the spec comes quoted."""
    others = [each for each in design.environments if each != "development"]
    deployed = "production" if "production" in others else (others or ["development"])[0]
    return {
        "project": name,
        "package": design.name,
        "spec": spec,
        "title_toml": quoting.toml(design.title),
        "title_markdown": quoting.markdown(design.title),
        "role": design.roles[0].name,
        "deployed": deployed,
        "identity": _identity(identity.provider(design, deployed), design),
        "worker": bool(works(design)),
        "derives": any(each.secret and each.secret.derived for each in design.operations),
        "secrets": [name for each in FEATURES for name in each.secrets(design)],
        "pin": {"lines": list(pin.lines), "comment": pin.comment},
        "ejected": False,
    }


def _identity(found: identity.Provider | None, design: Design) -> dict[str, Any] | None:
    """What the templates may print of the provider for trying out: its URLs have no character that
    means something in YAML, Markdown or a shell."""
    if found is None:
        return None
    people = [each.name for each in design.roles if each.kind == "human"]
    return {
        "issuer": found.issuer.url,
        "host": found.hosts[0],
        "hosts": ", ".join(map(quoting.yaml, found.hosts)),
        "port": found.port,
        "mount": found.mount,
        "settings": found.text,
        "mapped": found.issuer.mapped,
        "methods": found.settings["methods_claim"] is not None,
        "role": people[0] if people else "",
        "service": shlex.quote(found.service),
    }
