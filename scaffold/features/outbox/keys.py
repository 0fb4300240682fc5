"""The key `after_commit` of an action."""

from typing import Annotated

from scaffold.spec.base import Model, about


class ActionKeys(Model):
    """Whether something is done once an action is committed."""

    after_commit: Annotated[
        bool, about("Whether a hook is called once the action is committed, by the worker.", True)
    ] = False
