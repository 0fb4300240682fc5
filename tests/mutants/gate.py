"""What a request passes on its way, with a step left out."""

from typing import Final

from scaffold.features.mutant import Mutant

DISPATCH: Final = "gate/dispatch.py"
SHAPE: Final = "gate/shape.py"

STEPS: Final = (
    Mutant(
        id="any-host",
        control="API-1",
        file=DISPATCH,
        old='if given.get(b"host", b"").lower() not in self._hosts:',
        new="if False:",
        noticed_by="test_shape.py::test_an_unknown_host_is_refused",
    ),
    Mutant(
        id="a-body-where-none-belongs",
        control="API-1",
        file=DISPATCH,
        old='raise malformed("This operation has no body.")',
        new="pass",
        noticed_by="test_shape.py::test_an_operation_without_a_body_takes_none",
    ),
    Mutant(
        id="headers-of-operations-only",
        control="API-1",
        file="app.py",
        old='"headers": [*message["headers"], *more]',
        new='"headers": [*message["headers"]]',
        noticed_by="test_shape.py::test_every_answer_has_the_security_headers",
    ),
    Mutant(
        id="any-parameter-where-none-belongs",
        control="API-1",
        file=DISPATCH,
        old="            if operation.query is None:\n",
        new="            if operation.query is None:\n                return '', {}\n            if False:\n",
        noticed_by="test_shape.py::test_an_unknown_parameter_is_named",
    ),
    Mutant(
        id="errors-tell-what-is-inside",
        control="API-1",
        file=DISPATCH,
        old='Problem(500, "internal_error", cause=type(error).__name__)',
        new='Problem(500, "internal_error", repr(error))',
        noticed_by="test_shape.py::test_an_error_says_nothing_of_what_is_inside",
    ),
)

BODIES: Final = (
    Mutant(
        id="unknown-fields-are-ignored",
        control="API-1",
        file="types.py",
        old='"""What a caller sends: an unknown name is an error, and no type is coerced."""\n\n'
        '    model_config = ConfigDict(extra="forbid",',
        new='"""What a caller sends: an unknown name is an error, and no type is coerced."""\n\n'
        '    model_config = ConfigDict(extra="ignore",',
        noticed_by="test_shape.py::test_an_unknown_field_is_named",
    ),
    Mutant(
        id="unknown-fields-of-a-patch-are-ignored",
        control="API-1",
        file="resources/payment/models.py",
        old="class RefundPaymentInput(Closed):",
        new="class RefundPaymentInput(Closed, extra='allow'):",
        noticed_by="test_contract.py::test_a_body_is_as_promised",
    ),
    Mutant(
        id="types-are-coerced",
        control="API-1",
        file=SHAPE,
        old="adapter.validate_json(body, strict=True)",
        new="adapter.validate_json(body, strict=False)",
        noticed_by="test_shape.py::test_no_type_is_coerced",
    ),
    Mutant(
        id="names-come-twice",
        control="API-1",
        file=SHAPE,
        old='raise ValueError("duplicate")',
        new="return found",
        noticed_by="test_shape.py::test_what_is_not_json_is_malformed",
    ),
    Mutant(
        id="numbers-that-are-not-json",
        control="API-1",
        file=SHAPE,
        old='raise ValueError("constant")',
        new="return None  # type: ignore[misc]",
        noticed_by="test_shape.py::test_what_is_not_json_is_malformed",
    ),
    Mutant(
        id="any-media-type",
        control="API-1",
        file=SHAPE,
        old="    if given != media_type:\n",
        new="    if False:\n",
        noticed_by="test_shape.py::test_a_body_has_a_media_type",
    ),
    Mutant(
        id="encoded-bodies",
        control="API-1",
        file=SHAPE,
        old='if headers.get(b"content-encoding", b"identity").lower() != b"identity":',
        new="if False:",
        noticed_by="test_shape.py::test_a_body_has_a_media_type",
    ),
    Mutant(
        id="announced-bodies-of-any-size",
        control="API-1",
        file=SHAPE,
        old="    if declared.isdigit() and int(declared) > limit:\n        raise too_large(limit)\n",
        new="    limit = 2**40\n",
        noticed_by="test_shape.py::test_a_body_that_is_announced_to_be_too_long_is_not_read",
    ),
    Mutant(
        id="chunked-bodies-of-any-size",
        control="API-1",
        file=SHAPE,
        old="        if size > limit:\n            raise too_large(limit)\n",
        new="",
        noticed_by="test_shape.py::test_a_body_in_chunks_has_the_same_size",
    ),
    Mutant(
        id="parameters-come-twice",
        control="API-1",
        file=SHAPE,
        old='                faults.append(\n                    {"where": f"query.{name}", "message": "Given more than once."}\n                )\n',
        new="                pass\n",
        noticed_by="test_shape.py::test_a_parameter_comes_once",
    ),
    Mutant(
        id="ids-in-any-notation",
        control="API-1",
        file=SHAPE,
        old="    if UUID_PATTERN.fullmatch(segment) is None:\n",
        new="    if False:\n",
        noticed_by="test_shape.py::test_an_id_in_another_notation_is_nothing",
    ),
    Mutant(
        id="headers-come-twice",
        control="API-1",
        file=SHAPE,
        old="if names.count(name) > 1:",
        new="if False:",
        noticed_by="test_shape.py::test_a_header_that_decides_comes_once",
    ),
    Mutant(
        id="a-cursor-of-another-order",
        control="API-1",
        file="gate/pages.py",
        old="given == sort\n                and ",
        new="",
        noticed_by="test_pages.py::test_a_cursor_belongs_to_its_order",
    ),
)

ANSWERS: Final = (
    Mutant(
        id="outside-the-conditions-is-success",
        control="AZ-2",
        file="store/database.py",
        old='SUCCESS: Final = frozenset({"ok", "replayed"})',
        new='SUCCESS: Final = frozenset({"ok", "replayed", "condition_not_met"})',
        noticed_by="test_access.py::test_outside_its_conditions_a_role_is_refused",
    ),
    Mutant(
        id="a-foreign-row-shows",
        control="AZ-3",
        file="gate/problems.py",
        old='return Problem(404, "not_found")',
        new='return Problem(403, "not_yours")',
        noticed_by="test_access.py::test_another_tenant_cannot_tell_a_row_from_nothing",
    ),
    Mutant(
        id="answers-are-stored",
        control="API-1",
        file="gate/answers.py",
        old='    (b"cache-control", b"no-store"),\n',
        new="",
        noticed_by="test_shape.py::test_every_answer_has_the_security_headers",
    ),
    Mutant(
        id="the-cause-shows",
        control="ID-6",
        file="gate/problems.py",
        old='return Problem(401, "unauthenticated", headers=(challenge,), cause=cause)',
        new='return Problem(401, "unauthenticated", cause, headers=(challenge,))',
        noticed_by="test_tokens.py::test_a_bad_token_is_refused[list_customers-expired]",
    ),
    Mutant(
        id="weak-tags-match",
        control="API-4",
        file="gate/conditional.py",
        old="rb'(?<!W/)\"([1-9]",
        new="rb'\"([1-9]",
        noticed_by="test_preconditions.py::test_a_stale_or_weak_tag_does_not_match",
    ),
    Mutant(
        id="a-wildcard-matches",
        control="API-4",
        file="gate/conditional.py",
        old='    if value is None or value.strip() == b"*":\n        return None\n',
        new='    if value is None:\n        return None\n    if value.strip() == b"*":\n        return list(range(1, 1000))\n',
        noticed_by="test_preconditions.py::test_a_wildcard_is_no_precondition",
    ),
    Mutant(
        id="malformed-tags-match-nothing",
        control="API-4",
        file="gate/conditional.py",
        old="    if TAGS.fullmatch(value) is None:\n",
        new="    if False:\n",
        noticed_by="test_preconditions.py::test_what_is_not_a_tag_is_malformed",
    ),
    Mutant(
        id="hooks-leave-traces",
        control="AZ-1",
        file="store/database.py",
        old="                connection.transaction(),\n",
        new="",
        noticed_by="test_hooks.py::test_a_hook_that_refuses_leaves_no_trace",
    ),
    Mutant(
        id="a-missing-hook-is-an-open-door",
        control="AZ-1",
        file="gate/actions.py",
        old="    raise NotImplementedError\n",
        new="    return {}  # type: ignore[misc]\n",
        noticed_by="test_hooks.py::test_a_missing_hook_is_no_open_door",
    ),
    Mutant(
        id="classified-values-are-logged",
        control="DATA-2",
        file="telemetry/logs.py",
        old="        if name in CLASSIFIED:\n            event[name] = REDACTED\n        elif",
        new="        if",
        noticed_by="test_records.py::test_what_the_contract_classifies_is_not_logged",
    ),
)

MUTANTS: Final = (*STEPS, *BODIES, *ANSWERS)
