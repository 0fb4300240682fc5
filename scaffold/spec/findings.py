"""What the rules about several nodes look things up in, and how they report."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from scaffold.features import FEATURES
from scaffold.features.feature import BuiltIn

from .built_in import granted, known
from .model import Grant, Resource, Spec
from .names import BUILT_IN_RESOURCES, WILDCARDS, suggestion
from .positions import Positions
from .problems import Path, Problem, quote
from .salvage import Sound


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule is broken at `path`.

    `named` places the problem at the key instead of at its value. `other` is the second place that
    a collision is with. `known` are the words that `unknown` was probably meant to be one of: the
    search for the nearest is left until the finding is known to be reported. `itself` is no
    suggestion: a resource cannot be a part of itself.
    """

    code: str
    message: str
    path: Path
    hint: str = ""
    named: bool = False
    other: Path | None = None
    unknown: str | None = None
    known: Collection[str] = ()
    itself: str = ""

    def place(self, positions: Positions) -> tuple[int, int]:
        """The line and column that the finding is about."""
        return positions.of(self.path) if self.named else positions.value(self.path)

    def problem(self, positions: Positions) -> Problem:
        """The finding with its position and its complete message."""
        message, hint = self.message, self.hint
        if self.other is not None:
            line, column = positions.of(self.other)
            message = f"{message} (the other is at {line}:{column})"
        if self.unknown is not None:
            known = [each for each in self.known if each != self.itself]
            hint = suggestion(self.unknown, known)
        path = positions.written(self.path)
        return Problem(self.code, message, hint, path, *self.place(positions))


class Scope:
    """The sound part of a spec, and which names exist although they are not sound."""

    def __init__(self, sound: Sound) -> None:
        """Looks things up in `sound`."""
        self.sound = sound
        self.spec: Spec = sound.spec
        self._fields: dict[str, frozenset[str]] = {}

    @cached_property
    def resources(self) -> frozenset[str]:
        """The names of all resources, sound or not."""
        return self._with_broken(("resources",), self.spec.resources)

    @cached_property
    def grantable(self) -> frozenset[str]:
        """The names of all resources that a grant can be on: those that are built in too."""
        return self.resources | self.built_in.keys()

    @cached_property
    def built_in(self) -> Mapping[str, BuiltIn]:
        """The built-in resources that a grant can be on."""
        return known(self.spec)

    def may_be_built_in(self, name: str) -> bool:
        """Whether a section that is not sound may bring a resource of this name."""
        models = (each.keys.spec for each in FEATURES)
        sections = [key for model in models if model for key in model.model_fields]
        return name in BUILT_IN_RESOURCES and any(map(self.is_broken, sections))

    @cached_property
    def served(self) -> Mapping[str, Resource]:
        """The sound resources, and those built-in ones that some role is granted."""
        return {
            **{name: each.declared for name, each in granted(self.spec).items()},
            **self.spec.resources,
        }

    @cached_property
    def roles(self) -> frozenset[str]:
        """The names of all roles, sound or not."""
        return self._with_broken(("roles",), self.spec.roles)

    def is_broken(self, *path: str | int) -> bool:
        """Whether the part at `path` is not sound, so that nothing can be said about it."""
        return self.sound.is_broken(path)

    def fields(self, name: str) -> frozenset[str]:
        """The names of the fields of a resource, sound or not, with parent and owner."""
        if name not in self._fields:
            resource = self.served[name]
            implied = {each for each in (resource.parent, resource.owner) if each}
            declared = self._with_broken(("resources", name, "fields"), resource.fields)
            self._fields[name] = declared | implied
        return self._fields[name]

    def actions(self, name: str) -> frozenset[str]:
        """The names of the actions of a resource, sound or not."""
        return self._with_broken(("resources", name, "actions"), self.served[name].actions)

    def unsure(self, name: str) -> bool:
        """Whether a resource may have more names than are known."""
        return any(self.is_broken("resources", name, key) for key in ("parent", "owner", "actions"))

    def grants(self) -> Iterator[tuple[Path, str, Grant]]:
        """The path, role and grant of every sound grant."""
        for name, role in self.spec.roles.items():
            for index, grant in zip(self.sound.grants[name], role.can, strict=True):
                yield ("roles", name, "can", index), name, grant

    def granted(self, grant: Grant) -> Iterator[tuple[str, Resource]]:
        """The sound resources of a grant."""
        for name in grant.on:
            if (resource := self.served.get(name)) is not None:
                yield name, resource

    def _with_broken(self, prefix: Path, sound: Collection[str]) -> frozenset[str]:
        return frozenset(sound) | self._broken_names.get(prefix, frozenset())

    @cached_property
    def _broken_names(self) -> dict[Path, set[str]]:
        """The names of the parts that were taken out, by the path of the mapping around them."""
        found: dict[Path, set[str]] = {}
        for path in self.sound.broken:
            found.setdefault(path[:-1], set()).add(str(path[-1]))
        return found


def unknown(
    code: str,
    what: str,
    name: str,
    path: Path,
    known: Collection[str],
    *,
    named: bool = False,
    itself: str = "",
) -> Finding:
    """The finding that nothing is called `name`; `what` says what it should be the name of."""
    if name.lower() in WILDCARDS:
        code, message = "E-WILDCARD", f"{quote(name)} is a wildcard"
    else:
        message = f"There is no {what} {quote(name)}"
    return Finding(code, message, path, named=named, unknown=name, known=known, itself=itself)


def still_there(what: str, path: Path) -> Finding:
    """The finding that what was called so before is there still."""
    return Finding(
        "E-RENAMED",
        f"There is {what} still",
        path,
        "Name one that is gone, or remove the key.",
    )
