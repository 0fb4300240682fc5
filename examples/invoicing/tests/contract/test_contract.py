"""The contract, derived from the spec, against what the code does (API-3)."""

import json
import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from pydantic import TypeAdapter
from schemathesis.specs.openapi.checks import (
    ignored_auth,
    missing_required_header,
    negative_data_rejection,
    positive_data_acceptance,
)

from invoicing.gate import joins
from invoicing.resources.api_key import models as api_key_models
from invoicing.resources.billing_request import models as billing_request_models
from invoicing.resources.customer import models as customer_models
from invoicing.resources.invitation import models as invitation_models
from invoicing.resources.invoice import models as invoice_models
from invoicing.resources.invoice_line import models as invoice_line_models
from invoicing.resources.member import models as member_models
from invoicing.resources.meter_reading import models as meter_reading_models
from invoicing.resources.organization import models as organization_models
from invoicing.resources.payment import models as payment_models
from invoicing.resources.subscription import models as subscription_models
from invoicing.resources.webhook_delivery import models as webhook_delivery_models
from invoicing.resources.webhook_endpoint import models as webhook_endpoint_models
from tests.contract.harness import (
    ACCESS,
    CONTRACT,
    TABLE,
    Service,
    allowed_role,
    world_of,
)

MODELS = [
    joins,
    customer_models,
    invoice_models,
    invoice_line_models,
    payment_models,
    api_key_models,
    member_models,
    invitation_models,
    webhook_endpoint_models,
    webhook_delivery_models,
    organization_models,
    meter_reading_models,
    subscription_models,
    billing_request_models,
]
DECLARED_HEADERS = {
    "if-match",
    "if-none-match",
    "idempotency-key",
    "stripe-signature",
    "content-type",
}
PROSE = {"title", "description", "default", "examples"}
FORMATS = {"int32", "int64"}
"""What the contract adds to an integer for generators of clients."""
LENGTHS = {"uuid", "date", "date-time"}
"""Formats that are themselves a bound of the length."""
BOUNDS = {
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "uniqueItems",
}
"""What the contract says of answers, and the tables hold."""
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "10"))


def test_the_table_has_every_operation_and_no_other() -> None:
    promised = {
        operation["operationId"]: (method.upper(), path)
        for path, item in CONTRACT["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }
    assert {each.id: (each.method, each.path) for each in TABLE.values()} == promised
    assert set(ACCESS) == set(TABLE)


@pytest.mark.parametrize("operation", TABLE)
def test_an_operation_is_guarded_as_promised(operation: str) -> None:
    served = TABLE[operation]
    promised = CONTRACT["paths"][served.path][served.method.lower()]
    assert promised.get("x-permission", "") == served.permission
    assert ("x-precondition" in promised) is served.conditional
    assert promised.get("x-step-up-seconds") == served.step_up
    assert promised.get("x-idempotency", "none") == served.idempotency
    assert promised.get("x-feature", "") == served.feature
    assert promised["security"] == [{"bearer": []}]
    assert str(served.status) in promised["responses"]


EXCEPTIONS = {
    "accept_invitation",
    "sign_up",
}
"""The operations that ask for no permission: who calls them has none yet."""


def test_no_other_operation_is_without_a_permission() -> None:
    assert {each.id for each in TABLE.values() if not each.permission} == EXCEPTIONS
    for operation, about in ACCESS.items():
        served = TABLE[operation]
        promised = CONTRACT["paths"][served.path][served.method.lower()]
        assert promised.get("x-open-to") == about.get("open_to")
        assert (
            ("x-roles" in promised)
            is bool(about["roles"])
            is (operation not in EXCEPTIONS)
        )


@pytest.mark.parametrize("operation", TABLE)
def test_a_body_is_as_promised(operation: str) -> None:
    served = TABLE[operation]
    promised = CONTRACT["paths"][served.path][served.method.lower()]
    assert ("requestBody" in promised) is (served.body is not None)
    assert (served.body.limit if served.body else 0) == ACCESS[operation]["body_max"]
    if served.body is None:
        return
    media_type = served.body.media_type.decode()
    reference = promised["requestBody"]["content"][media_type]["schema"]["$ref"]
    schema = CONTRACT["components"]["schemas"][reference.rpartition("/")[2]]
    assert plain(served.body.model.json_schema(by_alias=True)) == plain(schema)


@pytest.mark.parametrize("operation", [each for each in TABLE if TABLE[each].query])
def test_a_query_is_as_promised(operation: str) -> None:
    served = TABLE[operation]
    assert served.query is not None
    promised = {
        each["name"]: plain(each["schema"])
        for each in CONTRACT["paths"][served.path]["get"]["parameters"]
        if each.get("in") == "query"
    }
    schema = plain(served.query.json_schema(by_alias=True))
    assert schema["additionalProperties"] is False
    accepted = {
        name: each.get("anyOf", [each])[0]
        for name, each in schema["properties"].items()
    }
    assert accepted == promised


@pytest.mark.parametrize("name", CONTRACT["components"]["schemas"])
def test_an_answer_is_as_promised(name: str) -> None:
    for module in MODELS:
        model = getattr(module, name, None)
        if model is not None:
            schema = TypeAdapter(model).json_schema(by_alias=True)
            promised = CONTRACT["components"]["schemas"][name]
            assert unbounded(plain(schema)) == unbounded(plain(promised))
            return
    assert name == "Problem"


def plain(
    schema: dict[str, Any], definitions: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A schema without prose, its references followed, its sets in order."""
    definitions = {
        **CONTRACT["components"]["schemas"],
        **schema.get("$defs", {}),
        **(definitions or {}),
    }
    if "$ref" in schema:
        return plain(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    found: dict[str, Any] = {}
    for key, value in schema.items():
        if key in PROSE or key == "$defs" or key.startswith("x-"):
            continue
        if (key == "format" and value in FORMATS) or (
            key == "maxLength" and schema.get("format") in LENGTHS
        ):
            continue
        if key == "properties":
            found[key] = {
                name: plain(each, definitions) for name, each in value.items()
            }
        elif isinstance(value, dict):
            found[key] = plain(value, definitions)
        elif key == "anyOf":
            found[key] = [plain(each, definitions) for each in value]
        elif key == "required":
            found[key] = sorted(value)
        else:
            found[key] = value
    return found


def unbounded(schema: Any) -> Any:
    """A plain schema without the bounds of its values."""
    if isinstance(schema, list):
        return [unbounded(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "properties":
            found[key] = {name: unbounded(each) for name, each in value.items()}
        elif key not in BOUNDS:
            found[key] = unbounded(value)
    return found


def test_a_merge_patch_has_no_default() -> None:
    """A client that fills defaults in would change what nobody asked it to."""
    for each in TABLE.values():
        if each.method == "PATCH":
            body = CONTRACT["paths"][each.path]["patch"]["requestBody"]["content"]
            (reference,) = (found["schema"]["$ref"] for found in body.values())
            schema = CONTRACT["components"]["schemas"][reference.rpartition("/")[2]]
            assert "default" not in json.dumps(schema["properties"])
            assert "required" not in schema


schema = schemathesis.openapi.from_dict(dict(CONTRACT))


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_generated_requests(case: Any, service: Service) -> None:
    """Whatever is sent, the answer is one that the contract has, and no error of ours."""
    operation = case.operation.definition.raw["operationId"]
    caller = world_of(
        service, allowed_role(operation) if ACCESS[operation]["roles"] else None
    )
    cursor = case.query.pop("cursor", None)  # opaque: only the service can make one
    if ACCESS[operation]["verb"] == "list" and isinstance(case.body, dict):
        cursor = case.body.pop("cursor", cursor)
    response = case.call(
        base_url=service.url, headers={"authorization": f"Bearer {caller.token}"}
    )
    # A missing If-Match is a 428, which the first does not know; the second takes our token
    # for one of its own. test_preconditions and test_tokens have both.
    excluded = [missing_required_header, ignored_auth]
    if cursor is not None or {name.lower() for name in case.headers} - DECLARED_HEADERS:
        # What was wrong with the request may be gone, or a header that anybody may add.
        excluded.append(negative_data_rejection)
    if response.status_code == 422 and any(
        "Value error" in fault["message"] for fault in response.json().get("errors", ())
    ):
        excluded.append(positive_data_acceptance)  # a bound that JSON Schema cannot say
    if response.status_code == 422 and response.json()["code"] == "invitation_unbound":
        excluded.append(
            positive_data_acceptance
        )  # whom it is for is said in one way or another
    if response.status_code == 422 and response.json()["code"] == "billing_plan_asked":
        excluded.append(positive_data_acceptance)  # some kinds name a plan
    case.validate_response(response, excluded_checks=excluded)
