"""What is sound of a spec that the model refuses, so that one run reports all kinds of problems.

The parts that an error lies in are taken out (a field, an action, a grant, a key, at worst a whole
resource or role), and what is left is validated again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from .document import Data
from .model import Spec
from .problems import Path
from .shape import place
from .versions import NEWEST

_ROUNDS = 6

_STAND_INS: Mapping[str, Data] = {
    "scaffold": NEWEST,
    "service": {"name": "unnamed", "title": "Unnamed"},
    "tenancy": {"tenant": "account_of_unnamed"},
    "identity": {
        "issuers": (
            {"issuer": "https://issuer.example/", "audience": "unnamed", "algorithms": ("ES256",)},
        )
    },
}
"""What takes the place of a broken section that a spec cannot be without."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A spec without its broken parts.

    `grants` maps the index of each sound grant of a role to its index in the spec as written.
    """

    spec: Spec
    broken: frozenset[Path]
    grants: Mapping[str, tuple[int, ...]]

    def is_broken(self, path: Path) -> bool:
        """Whether the part at `path`, or a part around it, was taken out."""
        return any(path[:length] in self.broken for length in range(1, len(path) + 1))


def whole(spec: Spec) -> Sound:
    """A spec of which nothing was taken out."""
    grants = {name: tuple(range(len(role.can))) for name, role in spec.roles.items()}
    return Sound(spec, frozenset(), grants)


def sound_part(data: Mapping[str, Data], error: ValidationError) -> Sound | None:
    """What is sound of `data`; None when too little is."""
    broken: set[Path] = set()
    for _ in range(_ROUNDS):
        broken |= {_part(place(each["loc"]).path, broken) for each in _errors(error)}
        kept, grants = _without(data, broken)
        try:
            return Sound(Spec.model_validate(kept), frozenset(broken), grants)
        except ValidationError as again:
            error = again
    return None


def _errors(error: ValidationError) -> Iterable[Any]:
    return error.errors(include_url=False, include_context=False, include_input=False)


def _part(path: Path, broken: set[Path]) -> Path:
    """The smallest part around `path` that can be left out and has not been yet."""
    for length in (5, 4, 3, 2):
        part = path[:length]
        if len(part) == length and part not in broken and _removable(part):
            return part
    return path[:1]


def _removable(part: Path) -> bool:
    match part:
        case ("resources", _) | ("roles", _):
            return True
        case ("resources", _, "fields" | "actions", _):
            return True
        case ("resources", _, key):
            return key != "fields"
        case ("roles", _, "can", int()):
            return True
    return False


def _without(
    data: Mapping[str, Data], broken: set[Path]
) -> tuple[dict[str, Any], dict[str, tuple[int, ...]]]:
    """A copy of `data` without the broken parts, and where the sound grants stood."""
    kept: dict[str, Any] = {
        key: _STAND_INS.get(key) if (key,) in broken else value
        for key, value in data.items()
        if (key,) not in broken or key in _STAND_INS
    }
    for key in _STAND_INS:
        kept.setdefault(key, _STAND_INS[key])
    for section in ("resources", "roles"):
        members = kept.get(section)
        if isinstance(members, dict):
            kept[section] = {
                name: _thinned(member, (section, name), broken)
                for name, member in members.items()
                if (section, name) not in broken
            }
    grants = {}
    roles = kept.get("roles")
    for name, role in roles.items() if isinstance(roles, dict) else ():
        grants[name] = _sound_grants(data, name, broken)
        if isinstance(role, dict) and isinstance(role.get("can"), tuple):
            role["can"] = tuple(role["can"][index] for index in grants[name])
    return kept, grants


def _thinned(member: Any, path: Path, broken: set[Path]) -> Any:
    if not isinstance(member, dict):
        return member
    kept = {key: value for key, value in member.items() if (*path, key) not in broken}
    for key in ("fields", "actions"):
        parts = kept.get(key)
        if isinstance(parts, dict):
            kept[key] = {
                name: part for name, part in parts.items() if (*path, key, name) not in broken
            }
    return kept


def _sound_grants(data: Mapping[str, Data], name: str, broken: set[Path]) -> tuple[int, ...]:
    roles = data["roles"]
    role = roles.get(name) if isinstance(roles, dict) else None
    can = role.get("can") if isinstance(role, dict) else None
    count = len(can) if isinstance(can, tuple) else 0
    return tuple(i for i in range(count) if ("roles", name, "can", i) not in broken)
