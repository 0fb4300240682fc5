"""Rules about whose tokens are good, and what they are good for."""

from __future__ import annotations

from scaffold.drift.spec.rule import Claim, SpecRule, example
from scaffold.drift.spec.witness_tokens import (
    algorithms,
    environments,
    factors,
    keys,
    lifetime,
    rsa_bits,
    scopes,
    tenant_claim,
    trusted,
)
from scaffold.drift.verdict import Exact, Free, Names, Number
from scaffold.drift.witness import Runs, Says, Untried

_ISSUER = (
    "identity: {issuers: [{issuer: https://login.example.com/, audience: shop, "
    "algorithms: [ES256]%s}]}"
)
TENANT = SpecRule(
    id="SCF121",
    name="source-of-the-tenant",
    severity="critical",
    controls=("AZ-3",),
    layer="spec",
    what="The verified claim that names the tenant of a caller, and what a tenant is called.",
    why="Whoever can choose what the claim says chooses whose data they see.",
    remedy="Keep the claim that the issuer alone sets.",
    example=example(
        _ISSUER[:-1] % "" + ", tenant_claim: org_id}",
        change=("tenant_claim: org_id", "tenant_claim: requested_org"),
        dual=("max: 500", "max: 400"),
    ),
    claims=(
        Claim(
            "identity",
            "tenant",
            Exact(),
            shows=Untried("It is a word in paths and documents; the claim has a fact of its own."),
        ),
        Claim(
            "identity",
            "tenant claim",
            Exact(),
            shows=Runs(tenant_claim, "the claim {now} says whose data a caller sees now"),
        ),
    ),
)
ISSUER = SpecRule(
    id="SCF122",
    name="issuer-trusted",
    severity="critical",
    controls=("ID-1", "ID-6"),
    layer="spec",
    what="Issuers of tokens: where their keys are, for whom the tokens are, how they are signed.",
    why="Whoever holds the keys of an issuer can be anybody in every tenant.",
    remedy="Trust the issuers that you have; pin one algorithm and one place of keys.",
    example=example(
        _ISSUER % "",
        change=("algorithms: [ES256]", "algorithms: [ES256, RS256]"),
        dual=("max: 500", "max: 400"),
    ),
    claims=(
        Claim(
            "identity",
            "issuer {issuer} audience",
            Exact(),
            lead=("issuer",),
            shows=Runs(trusted, "tokens of {issuer} for {now} are good now"),
        ),
        Claim(
            "identity",
            "issuer {issuer} algorithms",
            Names(),
            shows=Runs(algorithms, "tokens of {issuer} are good that are signed with {now} now"),
        ),
        Claim(
            "identity",
            "issuer {issuer} keys",
            Exact(),
            shows=Runs(keys, "keys of {issuer} are good that are found {now} now"),
        ),
        Claim(
            "identity",
            "issuer {issuer} keys also at",
            Exact(),
            shows=Says(
                "keys of {issuer} are good that are found at {now} now",
                "Its metadata would have to name them there, over the network.",
            ),
        ),
        Claim(
            "identity",
            "issuer {issuer} tenants",
            Exact(absent="other"),
            shows=Says(
                "tenants of {issuer} are {now} now",
                "What a token of such a provider has besides is not known to the project.",
            ),
        ),
        Claim(
            "identity",
            "issuer {issuer} trusted in",
            Names(absent="everything"),
            shows=Runs(environments, "tokens of {issuer} are good in {now} now"),
        ),
    ),
)
TOKEN = SpecRule(
    id="SCF123",
    name="token-asks-for-less",
    severity="high",
    controls=("ID-5", "ID-6", "ID-7"),
    layer="spec",
    what="What a token has to have: scopes, claims, a lifetime, a size of keys, a type.",
    why="A token that was refused is good now: an older, a weaker, or one for something else.",
    remedy="Ask for what was asked for before.",
    example=example(
        _ISSUER % ", token_lifetime: 1h",
        change=("token_lifetime: 1h", "token_lifetime: 20h"),
        dual=("token_lifetime: 1h", "token_lifetime: 60m"),
    ),
    claims=(
        Claim(
            "identity",
            "issuer {issuer} lifetime",
            Number(),
            shows=Runs(lifetime, "tokens of {issuer} are good for {now} seconds now"),
        ),
        Claim(
            "identity",
            "issuer {issuer} RSA bits",
            Number("narrower"),
            shows=Runs(rsa_bits, "tokens of {issuer} are good that a key of {now} bits signed now"),
        ),
        Claim(
            "identity",
            "issuer {issuer} scopes",
            Names("narrower", absent="everything"),
            shows=Runs(scopes, "tokens of {issuer} are good with the scopes {now} now"),
        ),
        Claim(
            "identity",
            "issuer {issuer} permissions",
            Free(absent="everything"),
            shows=Says(
                "tokens of {issuer} are good for what their scope does not name now",
                "What a token of such a provider has besides is not known to the project.",
            ),
        ),
        Claim(
            "identity",
            "issuer {issuer} required claims",
            Names("narrower", absent="everything"),
            shows=Says(
                "tokens of {issuer} need {now} alone now",
                "What a token of such a provider has besides is not known to the project.",
            ),
        ),
        Claim(
            "identity",
            "issuer {issuer} required claims of people",
            Names("narrower", absent="everything"),
            shows=Says(
                "tokens of {issuer} for people need {now} alone now",
                "What a token of such a provider has besides is not known to the project.",
            ),
        ),
        Claim(
            "identity",
            "issuer {issuer} refused claims",
            Names("narrower", absent="everything"),
            shows=Says(
                "of the claims of {issuer}, {now} alone are refused now",
                "What a token of such a provider has besides is not known to the project.",
            ),
        ),
        Claim(
            "identity",
            "issuer {issuer} token types",
            Names(absent="other"),
            shows=Says(
                "tokens of {issuer} of the types {now} are good now",
                "What a token of such a provider has besides is not known to the project.",
            ),
        ),
        Claim(
            "identity",
            "issuer {issuer} audience claim",
            Exact(absent="other"),
            shows=Says(
                "the claim {now} of {issuer} says for whom a token is now",
                "What a token of such a provider has besides is not known to the project.",
            ),
        ),
        Claim(
            "identity",
            "issuer {issuer} client claims",
            Exact(absent="other"),
            shows=Says(
                "the claims {now} of {issuer} say whose token it is now",
                "What a token of such a provider has besides is not known to the project.",
            ),
        ),
        Claim(
            "identity",
            "issuer {issuer} scope claim",
            Exact(absent="other"),
            shows=Says(
                "the claim {now} of {issuer} says the scopes now",
                "What a token of such a provider has besides is not known to the project.",
            ),
        ),
        Claim(
            "identity",
            "issuer {issuer} service tokens",
            Exact(absent="other"),
            shows=Says(
                "services of {issuer} {now} now",
                "What a token of such a provider has besides is not known to the project.",
            ),
        ),
        Claim(
            "identity",
            "issuer {issuer} sign-in claims",
            Exact(absent="other"),
            shows=Says(
                "the claims {now} of {issuer} prove a sign-in now",
                "What a token of such a provider has besides is not known to the project.",
            ),
        ),
        Claim(
            "identity",
            "issuer {issuer} tenant claim",
            Exact(absent="other"),
            shows=Says(
                "the claim {now} of {issuer} says whose data a caller sees now",
                "What a token of such a provider has besides is not known to the project.",
            ),
        ),
    ),
)
FACTOR = SpecRule(
    id="SCF124",
    name="second-factor-weaker",
    severity="high",
    controls=("ID-2", "ID-3"),
    layer="spec",
    what="The values of a token that prove a second factor, or one that cannot be phished.",
    why="A sign-in that was too weak for a role is strong enough now.",
    remedy="Accept the values that your provider sets for strong factors alone.",
    example=example(
        _ISSUER % ", assurance: {any: [mfa]}",
        change=("any: [mfa]", "any: [mfa, pwd]"),
        dual=("max: 500", "max: 400"),
    ),
    claims=(
        Claim(
            "identity",
            "issuer {issuer} second factors",
            Names(),
            shows=Runs(factors, "{now} of {issuer} proves a second factor now"),
        ),
        Claim(
            "identity",
            "issuer {issuer} phishing-resistant",
            Names(),
            shows=Runs(factors, "{now} of {issuer} proves a factor that cannot be phished now"),
        ),
    ),
)
ATTRIBUTE = SpecRule(
    id="SCF125",
    name="attribute-of-another-type",
    severity="medium",
    controls=("AZ-2",),
    layer="spec",
    what="The types of the attributes of tenants and users that conditions look at.",
    why="Conditions mean something else where an attribute can have other values.",
    remedy="Keep the type, or look at each condition that uses the attribute.",
    example=example(
        _ISSUER % "" + "\ntenancy: {tenant: company, attributes: {region: {enum: [eu, us]}}}",
        change=("enum: [eu, us]", "enum: [eu, us, apac]"),
        dual=("attributes: {region", "attributes: {size: {type: boolean}, region"),
    ),
    claims=(
        Claim(
            "identity",
            "$tenant.{name}",
            Exact(absent=None),
            shows=Says(
                "$tenant.{name} is {now} now, and was {old}",
                "What conditions make of it is told with each grant, whose test tries it.",
            ),
        ),
        Claim(
            "identity",
            "$user.{name}",
            Exact(absent=None),
            shows=Says(
                "$user.{name} is {now} now, and was {old}",
                "What conditions make of it is told with each grant, whose test tries it.",
            ),
        ),
    ),
)
RULES = (TENANT, ISSUER, TOKEN, FACTOR, ATTRIBUTE)
