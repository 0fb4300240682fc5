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


def known(spec: Spec) -> Mapping[str, BuiltIn]:
    """All that a spec can grant."""
    own = {name: found for each in FEATURES for name, found in each.resources_of(spec).items()}
    return {**built_in(), **own}


def granted(spec: Spec) -> Mapping[str, BuiltIn]:
    """Those that some role is granted."""
    named = {name for role in spec.roles.values() for grant in role.can for name in grant.on}
    return {name: each for name, each in known(spec).items() if name in named}
