"""No field holds the number of a payment card, or what verifies one."""

import pytest

from scaffold.spec.load import loads

from .samples import check_refused, spec

TEXT = "{type: string, max: 40}"


def order(fields: str, more: str = "") -> str:
    """A spec with a resource of these fields."""
    return spec(resources=f"{{order: {{fields: {{a: {{type: boolean}}, {fields}}}{more}}}}}")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (order(f"▸card_number: {TEXT}"), "number of a payment card"),
        (order("▸pan: {type: integer, min: 0, max: 9007199254740991}"), "number of a payment card"),
        (order(f"▸customer_card_no: {TEXT}"), "last4"),
        (order(f"▸primary_account_number: {TEXT}"), "number of a payment card"),
        (
            order(f"▸card_numbers: {{type: list, max_items: 3, of: {TEXT}}}"),
            "number of a payment card",
        ),
        (order("▸cvv: {type: string, max: 4, class: secret}"), "Nobody may store it"),
        (order("▸cvc: {type: integer, min: 0, max: 9999}"), "verifies a payment card"),
        (order("▸card_verification_value: {type: text, max: 9}"), "verifies a payment card"),
        (
            order(f"credit_card: {{type: object, fields: {{▸number: {TEXT}}}}}"),
            "number of a payment card",
        ),
        (
            order(
                "b: {type: boolean}", f", actions: {{pay: {{on: item, input: {{▸pan: {TEXT}}}}}}}"
            ),
            "number of a payment card",
        ),
        (
            spec(
                resources=f"{{order: {{fields: {{a: {TEXT}}}}}, "
                f"debit_card: {{fields: {{▸number: {TEXT}}}}}}}"
            ),
            "number of a payment card",
        ),
    ],
)
def test_card_data_is_refused(text: str, says: str) -> None:
    check_refused(text, "E-CARD", says)


@pytest.mark.parametrize(
    "fields",
    [
        "card_number: {type: string, max: 4}",
        "card_number_last4: {type: string, max: 40}",
        f"card_number_token: {TEXT}",
        f"pan_hash: {TEXT}",
        f"library_card_number: {TEXT}",
        f"sim_card_no: {TEXT}",
        "pan: {type: string, max: 10, pattern: '^[A-Z]{5}[0-9]{4}[A-Z]$'}",
        "pan: {type: enum, values: [wok, skillet]}",
        "pan: {type: boolean}",
        "track2: {type: integer, min: 0, max: 99}",
        "cvc: {type: boolean}",
        f"pants: {TEXT}, company: {TEXT}, discard_number: {TEXT}",
        f"card: {{type: object, fields: {{brand: {TEXT}, last4: {{type: string, max: 4}}}}}}",
    ],
)
def test_what_is_no_card_data_is_accepted(fields: str) -> None:
    assert loads(order(fields))
