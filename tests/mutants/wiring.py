"""The table of operations, the models, the contract and the application, edited by hand."""

from typing import Final

from scaffold.features.mutant import Mutant

APP: Final = "app.py"
TABLE: Final = "operations.py"
TRANSPORT: Final = "store/transport.py"

OPERATIONS: Final = (
    Mutant(
        id="a-route-is-added",
        control="AZ-1",
        file=TABLE,
        noticed_by="test_startup.py::test_the_contract_and_the_table_agree",
        old="OPERATIONS: Final[tuple[Operation, ...]] = (\n",
        new="""OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        id="export_customers",
        method="GET",
        path="/export",
        permission="customer:list",
        handler=customer_handlers.list_,
    ),
""",
    ),
    Mutant(
        id="another-permission",
        control="AZ-1",
        file=TABLE,
        old='permission="payment:refund"',
        new='permission="payment:read"',
        noticed_by="test_contract.py::test_an_operation_is_guarded_as_promised",
    ),
    Mutant(
        id="another-handler",
        control="AZ-1",
        file=TABLE,
        old="handler=payment_handlers.refund,",
        new="handler=payment_handlers.read,",
        noticed_by="test_access.py::test_any_other_role_is_refused",
    ),
    Mutant(
        id="a-larger-body",
        control="API-1",
        file=TABLE,
        old="Body(TypeAdapter(payment_models.PaymentCreate), 8192)",
        new="Body(TypeAdapter(payment_models.PaymentCreate), 8192000)",
        noticed_by="test_contract.py::test_a_body_is_as_promised",
    ),
    Mutant(
        id="a-larger-page",
        control="API-1",
        file="resources/customer/models.py",
        old="limit: Annotated[int, Field(ge=1, le=100), whole] = 20",
        new="limit: Annotated[int, Field(ge=1, le=100000), whole] = 20",
        noticed_by="test_contract.py::test_a_query_is_as_promised",
    ),
    Mutant(
        id="a-field-more-is-accepted",
        control="API-1",
        file="resources/invoice/models.py",
        old='class InvoicePatch(TypedDict, total=False):\n    """A merge patch of invoice: what is absent stays, null removes."""\n',
        new='class InvoicePatch(TypedDict, total=False):\n    """A merge patch of invoice: what is absent stays, null removes."""\n\n    status: str\n',
        noticed_by="test_contract.py::test_a_body_is_as_promised",
    ),
    Mutant(
        id="a-patch-accepts-anything",
        control="API-1",
        file="resources/customer/models.py",
        old='@with_config(ConfigDict(extra="forbid"))\nclass CustomerPatch(',
        new='@with_config(ConfigDict(extra="ignore"))\nclass CustomerPatch(',
        noticed_by="test_shape.py::test_an_unknown_field_is_named",
    ),
    Mutant(
        id="a-looser-pattern",
        control="API-1",
        file="types.py",
        old='Line = Annotated[\n    str, StringConstraints(pattern=r"^[^\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]*$")\n]',
        new="Line = Annotated[str, StringConstraints()]",
        noticed_by="test_contract.py::test_a_body_is_as_promised",
    ),
    Mutant(
        id="the-contract-needs-no-token",
        control="API-3",
        file="openapi.json",
        old='"x-permission": "payment:refund",',
        new='"x-permission": "payment:refund",\n        "security": [],',
        noticed_by="test_contract.py::test_an_operation_is_guarded_as_promised",
    ),
)

APPLICATION: Final = (
    Mutant(
        id="another-algorithm-is-pinned",
        control="ID-6",
        file=APP,
        old='algorithms=("ES256", "RS256"),',
        new='algorithms=("ES256", "RS256", "HS256"),',
        noticed_by="test_startup.py::test_issuers_are_pinned",
    ),
    Mutant(
        id="development-keys-in-production",
        control="OPS-1",
        file=APP,
        old="        if not settings.development:\n",
        new="        if False:\n",
        noticed_by="test_startup.py::test_the_development_issuer_is_refused_outside_development",
    ),
    Mutant(
        id="every-host-in-production",
        control="API-1",
        file=APP,
        old='    if "*" in given:\n',
        new="    if False:\n",
        noticed_by="test_startup.py::test_hosts_are_named",
    ),
    Mutant(
        id="no-host-in-production",
        control="API-1",
        file=APP,
        old="    elif not given:\n",
        new="    elif False:\n",
        noticed_by="test_startup.py::test_hosts_are_named",
    ),
    Mutant(
        id="the-contract-is-not-compared",
        control="API-3",
        file=APP,
        old="    if promised != served:\n",
        new="    if False:\n",
        noticed_by="test_startup.py::test_the_contract_and_the_table_agree",
    ),
    Mutant(
        id="the-database-is-not-checked",
        control="OPS-1",
        file=APP,
        old="            await check_database(database)\n",
        new="",
        noticed_by="test_startup.py::test_the_service_looks_at_its_database_before_it_answers",
    ),
    Mutant(
        id="tools-in-production",
        control="OPS-1",
        file=APP,
        old="    if settings.development:\n        routes += development_routes()\n",
        new="    routes += development_routes()\n",
        noticed_by="test_startup.py::test_production_has_no_tools",
    ),
    Mutant(
        id="metrics-for-everybody",
        control="MON-1",
        file=APP,
        old="        if expected is None or not hmac.compare_digest(",
        new="        if expected is not None and not hmac.compare_digest(",
        noticed_by="test_startup.py::test_production_has_no_tools",
    ),
    Mutant(
        id="the-way-to-the-database-is-not-checked",
        control="OPS-1",
        file=APP,
        old="    check_transport(settings)\n",
        new="",
        noticed_by="test_startup.py::test_the_network_reads_and_changes_nothing",
    ),
    Mutant(
        id="tls-that-is-not-verified",
        control="OPS-1",
        file=TRANSPORT,
        old='options.get("sslmode") == "verify-full"',
        new='options.get("sslmode") in ("require", "verify-full")',
        noticed_by="test_startup.py::test_the_network_reads_and_changes_nothing",
    ),
    Mutant(
        id="tls-with-the-certificate-of-another",
        control="OPS-1",
        file=TRANSPORT,
        old='options.get("sslmode") == "verify-full"',
        new='options.get("sslmode") in ("verify-ca", "verify-full")',
        noticed_by="test_startup.py::test_the_network_reads_and_changes_nothing",
    ),
    Mutant(
        id="a-host-that-begins-like-a-local-one",
        control="OPS-1",
        file=TRANSPORT,
        old="LOCAL.fullmatch(",
        new="LOCAL.match(",
        noticed_by="test_startup.py::test_the_network_reads_and_changes_nothing",
    ),
    Mutant(
        id="the-host-of-the-options-counts",
        control="OPS-1",
        file=TRANSPORT,
        old='(behind if at else before) or options.get("host", "")',
        new='options.get("host") or (behind if at else before)',
        noticed_by="test_startup.py::test_the_network_reads_and_changes_nothing",
    ),
    Mutant(
        id="one-of-the-hosts-is-local",
        control="OPS-1",
        file=TRANSPORT,
        old="return all(",
        new="return any(",
        noticed_by="test_startup.py::test_the_network_reads_and_changes_nothing",
    ),
    Mutant(
        id="migrations-over-an-open-network",
        control="OPS-1",
        file="store/migrate.py",
        old='if os.environ.get("ENVIRONMENT") != DEVELOPMENT and not protected(url):',
        new="if False:",
        noticed_by="test_startup.py::test_migrations_are_sent_through_no_open_network",
    ),
)

MUTANTS: Final = (*OPERATIONS, *APPLICATION)
