"""Names derived from the names of the spec."""

from __future__ import annotations


def camel(name: str) -> str:
    """`invoice_line` as a class name: `InvoiceLine`."""
    return "".join(part.capitalize() for part in name.split("_"))


TAKEN = frozenset({
    "Annotated", "Any", "Closed", "ConfigDict", "Date", "DateTime", "Email", "False", "Field",
    "Line", "Literal", "None", "NotRequired", "Stored", "Text", "True", "TypedDict", "Url", "Uuid",
})  # fmt: skip
"""What a module of models imports, and what Python has: no class of a resource is called so."""


def class_name(resource: str) -> str:
    """The name of a resource's class: `invoice_line` is `InvoiceLine`, `text` is `TextResource`."""
    name = camel(resource)
    return f"{name}Resource" if name in TAKEN else name


def words(name: str) -> str:
    """`invoice_line` as prose: `invoice line`."""
    return name.replace("_", " ")


def plural(name: str) -> str:
    """The English plural of a resource's name; `plural:` in the spec overrides it."""
    if name.endswith("y") and name[-2:-1] not in ("a", "e", "i", "o", "u"):
        return f"{name[:-1]}ies"
    if name.endswith(("s", "x", "z", "ch", "sh")):
        return f"{name}es"
    return f"{name}s"


def segment(name: str) -> str:
    """A name as a path segment: `invoice_lines` is `invoice-lines`."""
    return name.replace("_", "-")


def article(noun: str) -> str:
    """`noun` with its indefinite article."""
    return f"an {noun}" if noun[:1] in "aeio" else f"a {noun}"
