"""The shape of the model: which keys it has where, followed from the location of an error.

pydantic's locations name the tags of unions, which the spec does not spell. Following a location
through the annotations tells keys from tags, and what could have stood there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, Tag
from pydantic.fields import FieldInfo

from .model import Spec
from .problems import Path


class Shape:
    """What the model has at one place, and below it."""

    def __init__(self, annotation: Any, info: FieldInfo | None = None) -> None:
        """Describes an annotation; `info` is that of the key that leads to it."""
        self.annotation = _bare(annotation)
        self.info = info

    @cached_property
    def keys(self) -> Mapping[str, "Shape"]:
        """The keys of a mapping that the language chooses, in the order of the model."""
        if not _is_model(self.annotation):
            return {}
        fields: dict[str, FieldInfo] = self.annotation.model_fields
        return {info.alias or name: Shape(info.annotation, info) for name, info in fields.items()}

    @cached_property
    def members(self) -> Mapping[str, "Shape"]:
        """The members of a tagged union by their tags."""
        if get_origin(self.annotation) not in (Union, UnionType):
            return {}
        return {tag: Shape(member) for member in get_args(self.annotation) for tag in _tags(member)}

    @cached_property
    def items(self) -> "Shape | None":
        """The values of a list, or of a mapping whose keys the spec chooses."""
        arguments = get_args(self.annotation)
        if get_origin(self.annotation) is dict:
            return Shape(arguments[1])
        if get_origin(self.annotation) is tuple:
            return Shape(arguments[0], self.info)
        return None

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that may stand here, when they are few."""
        if get_origin(self.annotation) is Literal:
            return tuple(str(choice) for choice in get_args(self.annotation))
        return ()


@dataclass(frozen=True, slots=True)
class Place:
    """A location of the model: its path in the spec, and what is there and around it."""

    path: Path
    shape: Shape
    around: Shape
    is_key: bool = False
    """The key of a mapping is wrong, not its value."""


def _bare(annotation: Any) -> Any:
    """Strips `Annotated` and `| None`."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) in (Union, UnionType):
            members = [each for each in get_args(annotation) if each is not type(None)]
            if len(members) > 1:
                return annotation
            annotation = members[0]
        else:
            return annotation


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _tags(member: Any) -> tuple[str, ...]:
    """The tags of a member of a union: given as such, or the values of its key `type`."""
    given = tuple(each.tag for each in getattr(member, "__metadata__", ()) if isinstance(each, Tag))
    model = _bare(member)
    if given or not _is_model(model) or "type" not in model.model_fields:
        return given
    return get_args(model.model_fields["type"].annotation)


_NOWHERE = Shape(None)
_ROOT = Shape(Spec)


def place(location: tuple[int | str, ...]) -> Place:
    """Follows the location of an error through the model."""
    path: Path = ()
    around, shape = _NOWHERE, _ROOT
    for index, element in enumerate(location):
        if element in shape.members:
            shape = shape.members[str(element)]
            continue
        if element == "[key]" and index == len(location) - 1:
            return Place(path, shape, around, is_key=True)
        path = (*path, element)
        around, shape = shape, shape.keys.get(str(element)) or shape.items or _NOWHERE
    return Place(path, shape, around)
