"""What travels: the answers of customers, and what their operations accept."""

from datetime import datetime
from typing import Annotated, Literal, NotRequired
from uuid import UUID

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from invoicing.types import Closed, Email, Line, Text, Url, cardless, distinct, whole


class CustomerAddressValue(Closed):
    """A part of a body."""

    street: Annotated[Line, Field(max_length=120), cardless]
    postal_code: Annotated[Line, Field(max_length=20), cardless]
    city: Annotated[Line, Field(max_length=80), cardless]
    country: Annotated[str, Field(max_length=2, pattern=r"^[A-Z]{2}$")]


class Customer(TypedDict):
    """A customer as an answer."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    name: str
    email: NotRequired[str]
    phone: NotRequired[str | None]
    region: Literal["eu", "us"]
    tax_number: NotRequired[str | None]
    website: NotRequired[str | None]
    payment_terms: int
    tags: list[str] | None
    remark: NotRequired[str | None]
    address: NotRequired[CustomerAddressValue]


class CustomerPage(TypedDict):
    """A page of customers."""

    items: list[Customer]
    next_cursor: str | None


class CustomerQuery(Closed):
    """The query parameters of a list of customers."""

    limit: Annotated[int, Field(ge=1, le=100), whole] = 20
    cursor: Annotated[str, Field(min_length=1, max_length=1024)] = ""
    sort: Literal["name", "-name"] | None = None
    name: Annotated[Line, Field(min_length=1, max_length=120), cardless] | None = None
    name_prefix: (
        Annotated[Line, Field(min_length=1, max_length=120), cardless] | None
    ) = Field(default=None, alias="name.prefix")
    region: Literal["eu", "us"] | None = None
    region_in: (
        Annotated[list[Literal["eu", "us"]], Field(min_length=1, max_length=100)] | None
    ) = Field(default=None, alias="region.in")


@with_config(ConfigDict(extra="forbid"))
class CustomerSearch(TypedDict, total=False):
    """A search of customers: the query of their list, as a body."""

    limit: Annotated[int, Field(ge=1, le=100), whole]
    cursor: Annotated[str, Field(min_length=1, max_length=1024)]
    sort: Literal["name", "-name"]
    name: Annotated[Line, Field(min_length=1, max_length=120), cardless]
    name_prefix: Annotated[
        Line, Field(min_length=1, max_length=120), cardless, Field(alias="name.prefix")
    ]
    email: Annotated[Email, Field(max_length=254), cardless]
    region: Literal["eu", "us"]
    region_in: Annotated[
        list[Literal["eu", "us"]],
        Field(min_length=1, max_length=100),
        Field(alias="region.in"),
    ]


class CustomerCreate(Closed):
    """What a caller says of a new customer."""

    name: Annotated[Line, Field(min_length=1, max_length=120), cardless]
    email: Annotated[Email, Field(max_length=254), cardless]
    phone: Annotated[Line, Field(max_length=40), cardless] | None = None
    region: Literal["eu", "us"]
    tax_number: (
        Annotated[str, Field(max_length=20, pattern=r"^[A-Z0-9]{4,20}$")] | None
    ) = None
    website: Annotated[Url, Field(max_length=300), cardless] | None = None
    payment_terms: Annotated[int, Field(ge=0, le=10368000), whole] = 2592000
    tags: (
        Annotated[
            list[Annotated[Line, Field(min_length=1, max_length=30), cardless]],
            Field(
                max_length=20, fail_fast=True, json_schema_extra={"uniqueItems": True}
            ),
            distinct,
        ]
        | None
    ) = None
    remark: Annotated[Text, Field(max_length=2000), cardless] | None = None
    address: CustomerAddressValue


@with_config(ConfigDict(extra="forbid"))
class CustomerAddressValuePatch(TypedDict, total=False):
    """A part of a merge patch."""

    street: Annotated[Line, Field(max_length=120), cardless]
    postal_code: Annotated[Line, Field(max_length=20), cardless]
    city: Annotated[Line, Field(max_length=80), cardless]
    country: Annotated[str, Field(max_length=2, pattern=r"^[A-Z]{2}$")]


@with_config(ConfigDict(extra="forbid"))
class CustomerPatch(TypedDict, total=False):
    """A merge patch of customer: what is absent stays, null removes."""

    name: Annotated[Line, Field(min_length=1, max_length=120), cardless]
    email: Annotated[Email, Field(max_length=254), cardless]
    phone: Annotated[Line, Field(max_length=40), cardless] | None
    region: Literal["eu", "us"]
    tax_number: Annotated[str, Field(max_length=20, pattern=r"^[A-Z0-9]{4,20}$")] | None
    website: Annotated[Url, Field(max_length=300), cardless] | None
    payment_terms: Annotated[int, Field(ge=0, le=10368000), whole]
    tags: (
        Annotated[
            list[Annotated[Line, Field(min_length=1, max_length=30), cardless]],
            Field(
                max_length=20, fail_fast=True, json_schema_extra={"uniqueItems": True}
            ),
            distinct,
        ]
        | None
    )
    remark: Annotated[Text, Field(max_length=2000), cardless] | None
    address: CustomerAddressValuePatch
