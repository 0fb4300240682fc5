"""The service, tenants, identity, limits, audit, pages and actions."""

import pytest

from scaffold.spec.identity import TenantAttribute
from scaffold.spec.load import loads
from scaffold.spec.problems import SpecError
from scaffold.spec.rates import Rate, Unlimited

from .samples import check_refused, spec

ORDER = "{order: {fields: {title: {type: boolean}}, "


def resource(text: str) -> str:
    """A spec whose only resource has these keys."""
    return spec(resources=f"{ORDER}{text}}}}}")


def action(text: str) -> str:
    """A spec with an action of these keys."""
    return resource(f"actions: {{send: {text}}}")


def identity(text: str) -> str:
    """A spec with an issuer of these keys."""
    return spec(identity=f"{{issuers: [{{{text}}}]}}")


ISSUER = "issuer: https://a.example/, audience: x, algorithms: ES256"


def custom(text: str) -> str:
    """A spec with an issuer whose tokens are read by these rules."""
    return identity(f"{ISSUER}, profile: custom, token: {{{text}}}")


def test_the_defaults() -> None:
    sound = loads(spec())
    assert sound.service.environments == ("development", "staging", "production")
    assert sound.limits.user == sound.limits.token == Rate(count=300, seconds=60)
    assert sound.limits.tenant == Rate(count=3_000, seconds=60)
    assert sound.limits.failed_authentication == Rate(count=30, seconds=60)
    assert sound.audit.retain == 400
    order = sound.resources["order"]
    assert (order.page.default, order.page.max) == (20, 100)
    assert (order.idempotent, order.body_max, order.plural) == ("optional", 65_536, None)
    assert sound.identity.tenant_claim is None
    assert sound.identity.issuers[0].jwks_uri is None
    assert sound.roles["reader"].kind == "human"
    assert sound.roles["reader"].mfa is None


def test_development_is_always_an_environment() -> None:
    text = spec(service="{name: shop, title: Shop, environments: [production]}")
    assert loads(text).service.environments == ("production", "development")


FORMER = [
    ("renamed_from: ▸company, tenant: company", "There is a tenant called company still"),
    ("renamed_from: ▸order, tenant: company", "There is a resource called order still"),
    (
        "renamed_from: ▸firm, tenant: company",
        "The claim that names the tenant would be company_id now, and was firm_id",
    ),
    (
        "tenant: company, attributes: {region: {renamed_from: ▸area, enum: [eu, us]}, "
        "area: {type: boolean}}",
        "There is an attribute called area still",
    ),
]


@pytest.mark.parametrize(("keys", "said"), FORMER)
def test_a_name_of_before_is_gone(keys: str, said: str) -> None:
    check_refused(spec(tenancy=f"{{{keys}}}"), "E-RENAMED", said)


def test_an_attribute_of_a_user_is_a_claim_and_has_no_former_name() -> None:
    text = (
        f"{{issuers: [{{{ISSUER}}}], attributes: {{level: {{type: date, renamed_from: grade}}}}}}"
    )
    with pytest.raises(SpecError, match="renamed_from"):
        loads(spec(identity=text))


def test_attributes_and_their_shorthands() -> None:
    sound = loads(
        spec(
            tenancy="""{tenant: company, attributes: {
                a: {enum: [x, y]}, b: {type: enum, values: [x, y]}, c: {type: string, max: 5},
                d: {type: boolean}, e: {type: integer, min: 1, max: 5}}}""",
            identity="""
  issuers: [{issuer: https://a.example/, audience: x, algorithms: EdDSA}]
  attributes: {f: {list: string}, g: {list: string, max: 5}}""",
        )
    )
    tenant, user = sound.tenancy.attributes, sound.identity.attributes
    assert tenant["a"] == tenant["b"] == TenantAttribute(type="enum", values=("x", "y"))
    assert (tenant["c"].max, tenant["d"].type, tenant["e"].min) == (5, "boolean", 1)
    assert user["f"].list and user["f"].type == "string" and user["f"].max == 200
    assert user["g"].max == 5
    assert sound.identity.issuers[0].algorithms == ("EdDSA",)


def test_limits_sizes_and_durations() -> None:
    sound = loads(
        resource("body_max: 1MiB, page: {max: 5}, actions: {send: {on: collection, step_up: 5m}}")
        + "limits: {user: 5/s, token: 1000000/day, tenant: {unlimited_because: One tenant only.}}\n"
        + "audit: {retain: 3650d}\n"
    )
    assert sound.limits.user == Rate(count=5, seconds=1)
    assert sound.limits.token == Rate(count=1_000_000, seconds=86_400)
    assert sound.limits.tenant == Unlimited(unlimited_because="One tenant only.")
    assert sound.audit.retain == 3_650
    order = sound.resources["order"]
    assert (order.body_max, order.page.default, order.page.max) == (2**20, 5, 5)
    assert order.actions["send"].step_up == 300


@pytest.mark.parametrize(
    ("sample", "code", "says"),
    [
        (spec(scaffold="▸3"), "E-VERSION", "scaffold: 2"),
        (spec(scaffold="▸true"), "E-VERSION", "scaffold: 2"),
        (spec(scaffold="▸'1'"), "E-VERSION", "scaffold: 2"),
        (spec(scaffold="▸1.0"), "E-VERSION", "scaffold: 2"),
        (spec(service="{name: shop, title: ▸1.0}"), "E-TYPE", '"1.0"'),
        (spec(service="{name: shop, title: ▸' x'}"), "E-TEXT", "white space"),
        (spec(service="▸shop"), "E-TYPE", "mapping"),
        (spec(service="{name: shop, title: S, environments: [▸all]}"), "E-WILDCARD", "wildcards"),
        (spec(service="{name: shop, title: S, environments: [a, ▸a]}"), "E-REPEATED", "twice"),
        (spec(tenancy="{tenant: a, attributes: {b: {type: string, max: ▸0}}}"), "E-RANGE", "1000"),
        (
            spec(tenancy="{tenant: a, attributes: {b: {▸list: string}}}"),
            "E-TYPE",
            "cannot be a list",
        ),
        (spec(tenancy="{tenant: a, attributes: {b: {enum: ▸[]}}}"), "E-RANGE", "b.enum is empty"),
        (spec(tenancy="{tenant: a, attributes: {b: {enum: [x, ▸x]}}}"), "E-REPEATED", "twice"),
        (spec(tenancy="{tenant: a, attributes: {b: {enum: [x, ▸' ']}}}"), "E-VALUE", "letters"),
        (
            spec(tenancy="{tenant: a, attributes: {b: {type: boolean, ▸max: 1}}}"),
            "E-TYPE",
            "cannot have max",
        ),
        (
            spec(tenancy="{tenant: a, attributes: {b: {type: integer, min: ▸2, max: 1}}}"),
            "E-RANGE",
            "Swap",
        ),
        (
            spec(
                identity="{issuers: [{issuer: https://a.example/, audience: x, "
                "algorithms: ES256}], "
                "attributes: {b: {list: ▸enum}}}"
            ),
            "E-TYPE",
            "{list: string}",
        ),
        (
            identity("issuer: ▸http://a.example/, audience: x, algorithms: ES256"),
            "E-URL",
            "encrypted",
        ),
        (identity("issuer: ▸HTTPS://A.example/, audience: x, algorithms: ES256"), "E-URL", "case"),
        (
            identity("issuer: ▸https://u:p@a.example/, audience: x, algorithms: ES256"),
            "E-URL",
            "more",
        ),
        (
            identity("issuer: '▸https://a.example/?x=1', audience: x, algorithms: ES256"),
            "E-URL",
            "more",
        ),
        (identity("issuer: ▸a.example, audience: x, algorithms: ES256"), "E-URL", "https"),
        (
            identity(f"{ISSUER}, environments: [production, staging, ▸stagin]"),
            "E-ENVIRONMENT",
            "staging?",
        ),
        (
            spec(identity=f"{{▸issuers: [{{{ISSUER}, environments: production}}]}}"),
            "E-ENVIRONMENT",
            "in staging",
        ),
        (identity(f"{ISSUER}, profile: ▸google"), "E-VALUE", "auth0"),
        (
            identity("issuer: '▸https://a.example/{tenantid}/', audience: x, algorithms: ES256"),
            "E-ISSUER",
            "no template",
        ),
        (
            identity(
                "issuer: '▸https://a.example/{tenantid}/', audience: x, algorithms: ES256, "
                "profile: entra"
            ),
            "E-ISSUER",
            "every directory",
        ),
        (
            identity(
                "issuer: '▸https://a.example/{tenantid}/', audience: x, algorithms: ES256, "
                "profile: entra, tenants: mapped, tenant_claim: t"
            ),
            "E-ISSUER",
            "no tenant_claim",
        ),
        (
            identity(
                "issuer: '▸https://a.example/{tenantid}/{x}/', audience: x, algorithms: ES256, "
                "profile: entra, tenants: mapped"
            ),
            "E-ISSUER",
            "no template",
        ),
        (identity(f"{ISSUER}, discovery: ▸true"), "E-VALUE", "openid-configuration"),
        (
            identity(f"{ISSUER}, discovery: openid-configuration, jwks_uri: ▸https://a.example/k"),
            "E-ISSUER",
            "two places",
        ),
        (identity(f"{ISSUER}, ▸jwks_origin: https://b.example"), "E-ISSUER", "jwks_uri"),
        (
            identity(
                f"{ISSUER}, discovery: openid-configuration, jwks_origin: ▸https://b.example/"
            ),
            "E-URL",
            "Leave the path out",
        ),
        (identity(f"{ISSUER}, profile: ▸custom"), "E-TOKEN", "token: {...}"),
        (
            identity(f"{ISSUER}, profile: okta, token: ▸{{types: at+jwt, client: azp}}"),
            "E-TOKEN",
            "profile: custom",
        ),
        (custom("types: ▸JWT, client: azp"), "E-TOKEN", "ID token"),
        (custom("types: [▸a b], client: azp"), "E-VALUE", "at+jwt"),
        (custom("types: at+jwt, client: ▸[]"), "E-RANGE", "empty"),
        (custom("types: at+jwt, client: azp, service: ▸{}"), "E-TOKEN", "in one way"),
        (
            custom("types: at+jwt, client: azp, service: ▸{claim: a, subject: true}"),
            "E-TOKEN",
            "in one way",
        ),
        (custom("types: at+jwt, client: ▸a b"), "E-NAME", "letters"),
        (identity(f"{ISSUER}, tenant_claim: ▸sub"), "E-TOKEN", "two things"),
        (identity(f"{ISSUER}, profile: okta, tenant_claim: ▸cid"), "E-TOKEN", "two things"),
        *(
            (
                identity(f"{ISSUER}, profile: custom, token: ▸{{types: at+jwt, {each}}}"),
                "E-TOKEN",
                "two things",
            )
            for each in (
                "client: iss",
                "client: azp, refuses: azp",
                "client: azp, requires: {azp: x}",
                "client: azp, requires: {scope: x}",
                "client: azp, requires: {aud: []}",
                "client: azp, scope: azp",
                "client: azp, service: {claim: azp}",
                "client: azp, methods: azp",
            )
        ),
        (
            identity("issuer: https://a.example/, audience: x, algorithms: [▸HS256]"),
            "E-ALGORITHM",
            "make",
        ),
        (
            identity("issuer: https://a.example/, audience: x, algorithms: [▸none]"),
            "E-ALGORITHM",
            "make",
        ),
        (
            identity("issuer: https://a.example/, audience: x, algorithms: [▸ES265]"),
            "E-VALUE",
            "ES256",
        ),
        (identity("issuer: https://a.example/, audience: x, algorithms: ▸[]"), "E-RANGE", "empty"),
        (
            identity(
                "issuer: https://a.example/, audience: x, algorithms: ES256}, "
                "{issuer: ▸https://a.example/, audience: y, algorithms: ES256"
            ),
            "E-REPEATED",
            "twice",
        ),
        (
            spec(
                identity="{issuers: [{issuer: https://a.example/, audience: x, "
                "algorithms: ES256}], "
                "tenant_claim: ▸sub}"
            ),
            "E-RESERVED",
            "RFC 7519",
        ),
        (spec() + "limits: {user: ▸5}\n", "E-RATE", "60/min"),
        (spec() + "limits: {user: ▸0/min}\n", "E-RATE", "60/min"),
        (spec() + "limits: {user: ▸1000001/s}\n", "E-RATE", "1000000"),
        (spec() + "limits: {user: ▸5/year}\n", "E-RATE", "/day"),
        (spec() + "limits: {user: ▸unlimited}\n", "E-RATE", "60/min"),
        (spec() + "limits: {user: {unlimited_because: ▸why not}}\n", "E-RANGE", "shorter than 10"),
        (
            spec() + "limits: {failed_authentication: ▸{unlimited_because: It is internal.}}\n",
            "E-RATE",
            "cannot be unlimited",
        ),
        (spec() + "audit: {retain: ▸399d}\n", "E-RETENTION", "400d"),
        (spec() + "audit: {retain: ▸9600h}\n", "E-RETENTION", "400d"),
        (spec() + "audit: {retain: ▸400}\n", "E-RETENTION", "400d"),
        (spec() + "audit: {retain: ▸40000d}\n", "E-RETENTION", "at most 36500d"),
        (spec() + "▸limit: {}\n", "E-UNKNOWN-KEY", "Did you mean limits?"),
        (spec() + "▸exports: {}\n", "E-UNBUILT", "not built yet"),
        (resource("page: {max: ▸1001}"), "E-RANGE", "more than 1000"),
        (resource("page: {default: ▸30, max: 20}"), "E-RANGE", "longer than max"),
        (resource("body_max: ▸64kb"), "E-SIZE", "64KiB"),
        (resource("body_max: ▸17MiB"), "E-RANGE", "16MiB"),
        (resource("plural: ▸members"), "E-RESERVED", "built in"),
        (resource("owner: ▸version"), "E-RESERVED", "built in"),
        (resource("idempotent: ▸always"), "E-VALUE", "Known: optional and required"),
        (action("{on: item, feature: ▸x}"), "E-UNKNOWN-FEATURE", "no plans"),
        (action("{on: ▸items}"), "E-VALUE", "Did you mean item?"),
        (action("{on: item, step_up: ▸0s}"), "E-RANGE", "24h"),
        (action("{on: item, step_up: ▸25h}"), "E-RANGE", "24h"),
        (
            action("{on: item, input: {a: {type: boolean, ▸immutable: true}}}"),
            "E-NESTED",
            "cannot have imm",
        ),
        (
            action("{on: item, input: {a: {type: boolean, default: true, ▸set_by: send}}}"),
            "E-NESTED",
            "cannot have set_by",
        ),
        (
            action("{on: item, input: {a: {type: reference, to: ▸ordr}}}"),
            "E-UNKNOWN-RESOURCE",
            "order",
        ),
    ],
)
def test_what_is_wrong_with_a_section(sample: str, code: str, says: str) -> None:
    check_refused(sample.replace("'▸", "▸'"), code, says)


@pytest.mark.parametrize("section", ["scaffold", "service", "tenancy", "identity", "roles"])
def test_each_section_is_required(section: str) -> None:
    text = "\n".join(
        line for line in spec(identity="{issuers: []}").splitlines() if not line.startswith(section)
    )
    if section == "identity":
        check_refused(f"▸{text}", "E-MISSING-KEY", "lacks the key identity")
    else:
        text = text.replace(
            "{issuers: []}",
            "{issuers: [{issuer: https://a.example/, audience: x, algorithms: ES256}]}",
        )
        check_refused(f"▸{text}", "E-MISSING-KEY", f"lacks the key {section}")
