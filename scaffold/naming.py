"""The one authority for names: what the name of a resource, a field or an action becomes.

The checks of the language and the design both ask here. So the check that finds two names which
become one looks at the very names that are emitted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from pydantic import BaseModel

# English


def words(name: str) -> str:
    """`invoice_line` as prose: `invoice line`."""
    return name.replace("_", " ")


def plural(name: str) -> str:
    """The regular English plural of a name; `plural:` in the spec overrides it."""
    if re.search(r"([b-df-hj-np-tv-z]|qu)y$", name):
        return f"{name[:-1]}ies"
    if name.endswith(("s", "x", "z", "ch", "sh")):
        return f"{name}es"
    return f"{name}s"


_CONSONANT_SOUND = re.compile(
    r"eu|ew|once|one($|[^r])|u[ikv]?$|uu|url|uni(?![mn]|dent)|ubi|ur[aei]|us[aeiu]|ut[eio]"
)
"""How words begin that are written with a vowel and spoken with a consonant: `user`, `one`."""
_VOWEL_SOUND = re.compile(r"[aeiou]|hono|hour|heir|honest|[fhlmnrsx][^aeiouy]*$")
"""How words begin that are spoken with a vowel: also `hour`, and letters as in `sms`."""


def article(noun: str) -> str:
    """`noun` with its indefinite article, by how its first word is spoken."""
    first = noun.partition(" ")[0]
    vowel = _VOWEL_SOUND.match(first) and not _CONSONANT_SOUND.match(first)
    return f"an {noun}" if vowel else f"a {noun}"


# Paths, keys and columns


def segment(name: str) -> str:
    """A name as a path segment: `invoice_lines` is `invoice-lines`."""
    return name.replace("_", "-")


def reference(name: str) -> str:
    """The column and JSON key of a reference, by the name of its field or of a parent."""
    return f"{name}_id"


SEARCH = "search"
"""The last path segment, and the function, of a list that is asked for in its body."""


def filter_key(column: str, operator: str) -> str:
    """The query parameter of a filter: the bare name for equality, else `name.operator`."""
    return column if operator == "eq" else f"{column}.{operator}"


def filter_attribute(column: str, operator: str) -> str:
    """The attribute of a filter in the model of a query."""
    return attribute(column) if operator == "eq" else f"{column}_{operator}"


# What the emitted modules of a resource import, by where it is from. A path that begins with a dot
# is below the package of the service; `{}` stands for the resource. The plan prints these imports,
# and no class or function of a resource has one of the names.

Imports = Mapping[str, tuple[str, ...]]

_MODELS: Imports = {
    "datetime": ("date", "datetime"),
    "typing": ("Annotated", "Literal", "NotRequired"),
    "uuid": ("UUID",),
    "pydantic": ("ConfigDict", "Field", "with_config"),
    "typing_extensions": ("TypedDict",),
    ".types": ("between", "boolean", "cardless", "Closed", "distinct", "Stored", "whole"),
}
HANDLERS: Imports = {
    "pydantic": ("TypeAdapter",),
    ".gate.actions": ("begin",),
    ".gate.answers": ("Answer",),
    ".gate.derived": ("derived",),
    ".gate.exports": ("exported",),
    ".gate.operation": ("Call",),
    ".gate.outcomes": ("changed", "created", "done", "found"),
    ".gate.pages": ("arguments", "page"),
    ".gate.secrets": ("Secret",),
    ".resources.{}": ("hooks", "rows", "statements"),
}
HOOKS: Imports = {
    "typing": ("TYPE_CHECKING", "Protocol"),
    ".gate.actions": ("Action", "hook"),
}


@cache
def models_imports() -> Imports:
    """What the modules of models import: the scalars of the field types too."""
    from scaffold.types.fields import SCALARS  # which has names of its own made here

    types = sorted({*_MODELS[".types"], *SCALARS}, key=str.casefold)
    return {**_MODELS, ".types": tuple(types)}


def imported(*modules: Imports) -> frozenset[str]:
    """The names that some of these modules import."""
    return frozenset(name for each in modules for names in each.values() for name in names)


@cache
def _class_names_taken() -> frozenset[str]:
    return imported(models_imports()) | {"False", "None", "True"}


@cache
def _functions_taken() -> frozenset[str]:
    return imported(HANDLERS, HOOKS) | {"list"}


# Python


# Fixed here instead of taken from `keyword`, so that a spec means the same on every Python.
KEYWORDS = frozenset({
    "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif",
    "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda",
    "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
})  # fmt: skip
"""The words of Python that cannot be a name, as far as a name of the language can be one."""

BUILTINS = ("bool", "int", "list", "str")
"""What the annotations of models need not import."""

_ATTRIBUTES = (
    KEYWORDS
    | {*BUILTINS, *(name for names in _MODELS.values() for name in names if name.islower())}
    | {name for name in dir(BaseModel) if not name.startswith("_")}
)
"""The fields that have another name in Python: keywords, and what would hide a name that the
annotations of a model use, or an attribute of pydantic's models."""

_HOOK_PARAMETERS = ("self", "action", "data")


def attribute(field: str) -> str:
    """What a field is called in the emitted models: `title`, and `class_` for `class`."""
    taken = field in _ATTRIBUTES or field.startswith(("model_dump", "model_validate"))
    return f"{field}_" if taken else field


def decider_models(name: str) -> tuple[str, str]:
    """The models of what a function that decides is given, and of what it says."""
    return f"{camel(name)}Input", f"{camel(name)}Body"


@cache
def camel(name: str) -> str:
    """`invoice_line` as a class name: `InvoiceLine`."""
    return "".join(part.capitalize() for part in name.split("_"))


def function(name: str) -> str:
    """The function of an operation in the modules of handlers and hooks: it hides nothing there."""
    return f"{name}_" if name in _functions_taken() else name


def backfill_hook(field: str) -> str:
    """The developer's function that fills in a field of the rows that were there before it."""
    return f"backfill_{field}"


def row_parameter(resource: str) -> str:
    """What a hook calls the row: as its resource, unless another parameter is called so."""
    return "row" if resource in _HOOK_PARAMETERS else resource


def changes_constant(action: str) -> str:
    """The constant of a module of handlers that checks what the hook of an action changes."""
    return f"{action.upper()}_CHANGES"


def value_model(model: str, field: str) -> str:
    """The model of an object field of a model."""
    return f"{model}{camel(field)}Value"


def part_model(value: str, field: str) -> str:
    """The model of an object inside an object."""
    return f"{value}{camel(field)}"


def patch_model(model: str) -> str:
    """The model of a merge patch of a model."""
    return f"{model}Patch"


@dataclass(frozen=True, slots=True)
class ResourceNames:
    """What a resource is called: in paths, in Python and in the OpenAPI document."""

    name: str
    plural: str

    @property
    def title(self) -> str:
        """One of them, as prose."""
        return words(self.name)

    @property
    def many(self) -> str:
        """Several of them, as prose."""
        return words(self.plural)

    @property
    def segment(self) -> str:
        """The path segment of the collection."""
        return segment(self.plural)

    @property
    def id_parameter(self) -> str:
        """The id in paths, and in the columns of children."""
        return reference(self.name)

    def operation(self, do: str) -> str:
        """The id of an operation."""
        return f"{do}_{self.plural if do == 'list' else self.name}"

    @property
    def search(self) -> str:
        """The id of the list that is asked for in its body."""
        return f"{SEARCH}_{self.plural}"

    @property
    def class_name(self) -> str:
        """The model of an answer: `InvoiceLine` for `invoice_line`, `TextResource` for `text`."""
        found = camel(self.name)
        return f"{found}Resource" if found in _class_names_taken() else found

    @property
    def page_model(self) -> str:
        """The model of a page of a list."""
        return f"{self.class_name}Page"

    @property
    def query_model(self) -> str:
        """The model of the query of a list."""
        return f"{self.class_name}Query"

    @property
    def export_model(self) -> str:
        """The model of the query of an export."""
        return f"{self.class_name}ExportQuery"

    @property
    def search_model(self) -> str:
        """The model of the body of a search."""
        return f"{self.class_name}Search"

    @property
    def create_model(self) -> str:
        """The model of the body of a create."""
        return f"{self.class_name}Create"

    @property
    def issued_model(self) -> str:
        """The model of an answer that tells a secret."""
        return f"{self.class_name}Issued"

    @property
    def patch_model(self) -> str:
        """The model of the body of an update."""
        return patch_model(self.class_name)

    @property
    def row_model(self) -> str:
        """The model of a row as a hook is given it."""
        return f"{self.class_name}Row"

    def input_model(self, action: str) -> str:
        """The model of the body of an action."""
        return f"{self.hook_protocol(action)}Input"

    def changes_model(self, action: str) -> str:
        """The model of what the hook of an action returns."""
        return f"{self.hook_protocol(action)}Changes"

    def hook_protocol(self, action: str) -> str:
        """The protocol of the hook of an action."""
        return f"{camel(action)}{self.class_name}"

    def rows_model(self, action: str) -> str:
        """The class of the rows that the hook of an action touches."""
        return f"{self.hook_protocol(action)}Rows"

    def touched_model(self, by: str, verb: str) -> str:
        """The model of what the hook of the operation `by` says of a row, new or changed."""
        return f"{self.class_name}{'New' if verb == 'create' else 'Changes'}By{camel(by)}"

    @property
    def schemas(self) -> tuple[str, ...]:
        """The schemas of the OpenAPI document, those of actions left out."""
        return (self.class_name, self.page_model, self.create_model, self.patch_model)

    @property
    def models(self) -> tuple[str, ...]:
        """The classes of the modules of models and hooks, those of actions and parts left out."""
        return (*self.schemas, self.query_model, self.row_model)

    def action_models(self, action: str) -> tuple[str, ...]:
        """The classes of the modules of models and hooks that an action adds, parts left out."""
        return (
            self.hook_protocol(action),
            self.input_model(action),
            self.changes_model(action),
            self.rows_model(action),
        )
