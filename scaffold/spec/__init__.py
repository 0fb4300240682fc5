"""The spec language: reads `scaffold.yaml` and says, with positions, what is wrong with it."""

from pathlib import Path as FilePath
from typing import Any

import yaml

from .model import Spec
from .problems import Problem, SpecError

__all__ = ["Problem", "Spec", "SpecError", "load", "loads"]


def _tuples(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_tuples(item) for item in value)
    if isinstance(value, dict):
        return {("on" if key is True else key): _tuples(item) for key, item in value.items()}
    return value


def loads(text: str | bytes, source: str = "scaffold.yaml") -> Spec:
    """Return the spec that `text` holds."""
    return Spec.model_validate(_tuples(yaml.safe_load(text)))


def load(path: str | FilePath) -> Spec:
    """Return the spec of a file."""
    return loads(FilePath(path).read_bytes(), str(path))
