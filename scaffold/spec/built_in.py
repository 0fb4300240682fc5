"""The resources that are built in: features bring them, and roles are granted them."""

from collections.abc import Mapping
from functools import cache

from scaffold.features import FEATURES
from scaffold.features.feature import BuiltIn

from .model import Spec


@cache
def built_in() -> Mapping[str, BuiltIn]:
    """Those that are the same in every spec, by name."""
    return {name: found for each in FEATURES for name, found in each.resources().items()}


@cache
def _lent() -> Mapping[tuple[str, str], tuple[str, str]]:
    """What is granted by a word of another resource: its own name and verb, by the two of these."""
    return {
        said: (name, verb)
        for name, each in built_in().items()
        for verb, said in each.granted_as.items()
    }


def meant(name: str, do: str) -> tuple[str, str]:
    """The resource and the operation that a grant of `do` on `name` is about."""
    return _lent().get((name, do), (name, do))


def grantable(name: str, fixed: BuiltIn) -> tuple[str, ...]:
    """What can be granted on a built-in resource, by its words."""
    return (*fixed.operations, *(word for on, word in _lent() if on == name))


def known(spec: Spec) -> Mapping[str, BuiltIn]:
    """All that a spec can grant."""
    own = {name: found for each in FEATURES for name, found in each.resources_of(spec).items()}
    return {**built_in(), **own}


def exports(name: str, do: str) -> bool:
    """Is an operation the export of a built-in resource, hence about each of its rows?"""
    return name in built_in() and do in built_in()[name].exports


def granted(spec: Spec) -> Mapping[str, BuiltIn]:
    """Those that some role is granted."""
    named = {
        meant(name, do)[0]
        for role in spec.roles.values()
        for grant in role.can
        for name in grant.on
        for do in grant.do
    }
    return {name: each for name, each in known(spec).items() if name in named}
