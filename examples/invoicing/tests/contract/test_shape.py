"""Closed requests: what the contract does not name is refused, and named (API-1)."""

import json
from collections.abc import Iterable

import httpx2
import pytest

from invoicing.gate.shape import MAX_PARTS
from invoicing.store.leases import Leases
from tests.contract.harness import (
    ACCESS,
    TABLE,
    Prepared,
    Service,
    allowed,
    arguments,
    ask,
    body_schema,
    code,
    plain,
    reachable,
    spoilable,
)

WITH_BODY = [each for each in reachable() if body_schema(each) is not None]
WITHOUT_BODY = [each for each in reachable() if body_schema(each) is None]
LISTS = reachable("list")
JSON = "application/json"
MAX_PROBLEM = 8 * 1024
"""Bytes of a problem document."""
UNKNOWN = [
    "unknown",
    "id",
    "tenant_id",
    "version.gt",
    "limit.eq",
    "$where",
    "fields",
    "*",
]


def send(
    request: Prepared, content: bytes | Iterable[bytes], **headers: str
) -> httpx2.Response:
    """The request with other bytes as its body."""
    return service_of(request).client.request(
        request.operation.method,
        request.path,
        headers=request.headers | headers,
        content=content,
    )


def service_of(request: Prepared) -> Service:
    """The service that a request is for."""
    return request.world.service


@pytest.mark.parametrize("operation", reachable())
def test_an_unknown_parameter_is_named(service: Service, operation: str) -> None:
    for name in UNKNOWN:
        request = spoilable(service, operation)
        request.query[name] = "1"
        response = request.send()
        assert (response.status_code, code(response)) == (422, "invalid_request"), name
        assert f"query.{name}" in response.text


@pytest.mark.parametrize("operation", LISTS)
def test_a_wildcard_is_no_value(service: Service, operation: str) -> None:
    request = spoilable(service, operation)
    for name, schema in arguments(operation).items():
        if schema.get("pattern") or schema["type"] == "array":
            continue
        assert ask(request, **{name: "*"}).status_code == 422, name


@pytest.mark.parametrize("operation", LISTS)
def test_a_page_has_a_cap(service: Service, operation: str) -> None:
    request = spoilable(service, operation)
    most = arguments(operation)["limit"]["maximum"]
    for value in (most + 1, 0, -1, 10**30, "ten", ""):
        assert ask(request, limit=value).status_code == 422, value
    assert ask(request, limit=most).status_code == 200


NOTATIONS = {
    "integer": ("1_0", " 1", "1 ", "+1", "01", "-0", "1.0", "1e1", "0x1", "\uff11"),
    "boolean": ("1", "yes", "on", "True", " true"),
}
"""By the type of a parameter: what Python reads, and the contract does not have."""


@pytest.mark.parametrize("operation", LISTS)
def test_a_parameter_has_one_notation(service: Service, operation: str) -> None:
    request = spoilable(service, operation)
    for name, schema in arguments(operation).items():
        for value in NOTATIONS.get(schema.get("items", schema)["type"], ()):
            assert ask(request, **{name: value}).status_code == 422, (name, value)


@pytest.mark.parametrize("operation", [each for each in LISTS if TABLE[each].query])
def test_a_parameter_comes_once(service: Service, operation: str) -> None:
    request = spoilable(service, operation)
    url = f"{request.path}?limit=1&limit=2"
    response = service.client.get(url, headers=request.headers)
    assert response.status_code == 422
    assert "query.limit" in response.text


@pytest.mark.parametrize("cursor", ["x", "W10=", "bnVsbA==", "🙂", "WyIxIiwyLDNd"])
@pytest.mark.parametrize("operation", LISTS)
def test_a_cursor_is_one_of_ours(service: Service, operation: str, cursor: str) -> None:
    request = spoilable(service, operation)
    response = ask(request, cursor=cursor)
    assert response.status_code == 422
    where = "body" if TABLE[operation].body else "query"
    assert f"{where}.cursor" in response.text


@pytest.mark.parametrize("operation", WITH_BODY)
def test_an_unknown_field_is_named(service: Service, operation: str) -> None:
    request = spoilable(service, operation)
    assert request.body is not None
    for name in ("unknown", "id", "tenant_id", "version", "created_at", "__proto__"):
        spoilt = request.body | {name: 1}
        response = send(request, json.dumps(spoilt).encode())
        assert response.status_code == 422
        assert f"body.{name}" in response.text


@pytest.mark.parametrize("operation", WITH_BODY)
def test_a_field_of_another_type_is_named(service: Service, operation: str) -> None:
    request = spoilable(service, operation)
    schema = body_schema(operation)
    assert schema is not None and request.body is not None
    for name in schema["properties"]:
        response = send(request, json.dumps(request.body | {name: {"$ne": 1}}).encode())
        assert response.status_code == 422, name
        assert f"body.{name}" in response.text


COERCIBLE = {"integer": "1", "boolean": "true", "array": {}, "object": []}
"""By the type of a field: what a lenient parser would take for it."""


@pytest.mark.parametrize("operation", WITH_BODY)
def test_no_type_is_coerced(service: Service, operation: str) -> None:
    request = spoilable(service, operation)
    schema = body_schema(operation)
    assert schema is not None and request.body is not None
    for name, field in schema["properties"].items():
        kind = field.get("anyOf", [field])[0].get("type", "string")
        value = COERCIBLE.get(kind, 1)
        response = send(request, json.dumps(request.body | {name: value}).encode())
        assert response.status_code == 422, name
        assert f"body.{name}" in response.text


MOMENTS = (
    "2030-01-31T12:00:00",
    "2030-01-31 12:00:00Z",
    "2030-01-31T24:00:00Z",
    "2030-01-31T12:00:00+24:00",
    "2030-01-31T12:00:00+00:60",
    "2030-02-30T12:00:00Z",
)
"""What is none in RFC 3339."""


@pytest.mark.parametrize("operation", WITH_BODY)
def test_a_moment_has_one_notation(service: Service, operation: str) -> None:
    request = spoilable(service, operation)
    schema = body_schema(operation)
    assert schema is not None and request.body is not None
    for name, field in schema["properties"].items():
        if field.get("anyOf", [field])[0].get("format") == "date-time":
            for value in MOMENTS:
                response = send(
                    request, json.dumps(request.body | {name: value}).encode()
                )
                assert response.status_code == 422, value
                assert f"body.{name}" in response.text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"nonsense",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1, "a": 2}',
        b"\xff\xfe{}",
        b'{"a": "\xed\xa0\x80"}',
        b"[" * 100_000,
        b"{} {}",
    ],
)
@pytest.mark.parametrize("operation", WITH_BODY)
def test_what_is_not_json_is_malformed(
    service: Service, operation: str, content: bytes
) -> None:
    response = send(spoilable(service, operation), content)
    assert response.status_code in (400, 413)
    assert code(response) in ("malformed_request", "body_too_large")


@pytest.mark.parametrize("value", [b"[]", b"null", b"1", b'"text"'])
@pytest.mark.parametrize("operation", WITH_BODY)
def test_a_body_is_an_object(service: Service, operation: str, value: bytes) -> None:
    assert send(spoilable(service, operation), value).status_code == 422


@pytest.mark.parametrize("operation", WITH_BODY)
def test_a_body_has_a_media_type(service: Service, operation: str) -> None:
    request = spoilable(service, operation)
    for media_type in (
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "",
    ):
        response = send(request, b"{}", **{"content-type": media_type})
        assert (response.status_code, code(response)) == (415, "unsupported_media_type")
    gzip = send(request, b"{}", **{"content-encoding": "gzip"})
    assert gzip.status_code == 415


@pytest.mark.parametrize("operation", WITH_BODY)
def test_a_body_has_a_size(service: Service, operation: str) -> None:
    request = spoilable(service, operation)
    body = TABLE[operation].body
    assert body is not None
    response = send(request, b" " * (body.limit + 1))
    assert (response.status_code, code(response)) == (413, "body_too_large")


@pytest.mark.parametrize("operation", WITH_BODY)
def test_a_body_that_is_announced_to_be_too_long_is_not_read(
    service: Service, operation: str
) -> None:
    request = spoilable(service, operation)
    request.headers["authorization"] = "Bearer nonsense"
    body = TABLE[operation].body
    assert body is not None
    response = send(request, b" " * (body.limit + 1))
    assert (response.status_code, code(response)) == (413, "body_too_large")


@pytest.mark.parametrize("operation", WITH_BODY)
def test_a_body_in_chunks_has_the_same_size(service: Service, operation: str) -> None:
    request = spoilable(service, operation)
    body = TABLE[operation].body
    assert body is not None
    chunks = (b" " * (body.limit // 2 + 1) for _ in range(2))
    response = send(request, chunks)
    assert (response.status_code, code(response)) == (413, "body_too_large")


@pytest.mark.parametrize("operation", WITHOUT_BODY)
def test_an_operation_without_a_body_takes_none(
    service: Service, operation: str
) -> None:
    response = send(
        spoilable(service, operation), b'{"a": 1}', **{"content-type": JSON}
    )
    assert (response.status_code, code(response)) == (400, "malformed_request")


@pytest.mark.parametrize("operation", WITHOUT_BODY)
def test_an_empty_object_says_nothing(service: Service, operation: str) -> None:
    if TABLE[operation].method == "POST":
        response = send(allowed(service, operation), b" {} ", **{"content-type": JSON})
        assert response.status_code == ACCESS[operation]["status"], response.text


@pytest.mark.parametrize("operation", WITH_BODY)
def test_who_is_not_known_is_not_read(service: Service, operation: str) -> None:
    """What is judged at length is sent by somebody who can be held to a limit."""
    request = spoilable(service, operation)
    request.headers["authorization"] = "Bearer nonsense"
    request.query["unknown"] = "1"
    spoilt = json.dumps({f"member{number}": 1 for number in range(200)}).encode()
    for content in (b"{", spoilt):
        response = send(request, content)
        assert (response.status_code, code(response)) == (401, "unauthenticated")


@pytest.mark.parametrize("operation", WITH_BODY)
def test_a_refusal_is_short(service: Service, operation: str) -> None:
    """It does not repeat what was sent, however much that was."""
    body = TABLE[operation].body
    assert body is not None
    size = min(body.limit, 60_000) // 210
    names = [f"{number}" + "é" * 95 for number in range(size)]
    spoilt = json.dumps(dict.fromkeys(names, 1), ensure_ascii=False).encode()[
        : body.limit
    ]
    response = send(spoilable(service, operation), spoilt)
    assert response.status_code in (400, 422)
    assert len(response.content) <= MAX_PROBLEM


@pytest.mark.parametrize("operation", WITH_BODY)
def test_a_body_has_so_many_parts(service: Service, operation: str) -> None:
    body = TABLE[operation].body
    assert body is not None
    spoilt = b'{"a": [' + b"{}," * MAX_PARTS + b"{}]}"
    if len(spoilt) <= body.limit:
        response = send(spoilable(service, operation), spoilt)
        assert (response.status_code, code(response)) == (400, "malformed_request")


@pytest.mark.parametrize(
    "operation",
    [each for each in reachable("list", "read") if TABLE[each].method == "GET"],
)
def test_a_head_is_a_get_without_its_body(service: Service, operation: str) -> None:
    request = spoilable(service, operation)
    whole = request.send()
    response = service.client.head(request.path, headers=request.headers)
    assert (response.status_code, response.content) == (whole.status_code, b"")
    for name in ("content-length", "content-type", "etag"):
        assert response.headers.get(name) == whole.headers.get(name), name


@pytest.mark.parametrize("operation", reachable())
def test_a_method_that_is_not_declared_is_refused(
    service: Service, operation: str
) -> None:
    request = spoilable(service, operation)
    declared: set[str] = {
        each.method for each in TABLE.values() if each.path == request.operation.path
    }
    if "GET" in declared:
        declared.add("HEAD")
    for method in {
        "GET",
        "POST",
        "PATCH",
        "DELETE",
        "PUT",
        "HEAD",
        "OPTIONS",
    } - declared:
        response = service.client.request(method, request.path)
        assert response.status_code == 405, method
        assert set(response.headers["allow"].split(", ")) == declared


@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/nothing/at/all", "/..", "/%00", "//"]
)
def test_what_is_not_in_the_table_is_not_there(service: Service, path: str) -> None:
    response = service.client.get(path)
    assert (response.status_code, code(response)) == (404, "not_found")


@pytest.mark.parametrize("operation", reachable())
def test_an_id_in_another_notation_is_nothing(service: Service, operation: str) -> None:
    if "{" not in TABLE[operation].path:
        return
    request = spoilable(service, operation)
    path = request.path
    (found,) = [part for part in path.split("/") if len(part) == 36]
    for other in (found.upper(), found.replace("-", ""), "{" + found + "}", "*", "1"):
        if other != found:
            request.path = path.replace(found, other)
            response = request.send()
            assert (response.status_code, code(response)) == (404, "not_found"), other


def test_an_unknown_host_is_refused(service: Service) -> None:
    request = allowed(service, reachable()[0])
    request.headers["host"] = "evil.example"
    assert request.send().status_code == 400


@pytest.mark.parametrize(
    "name", ["authorization", "content-type", "idempotency-key", "stripe-signature"]
)
def test_a_header_that_decides_comes_once(service: Service, name: str) -> None:
    request = allowed(service, (WITH_BODY or reachable())[0])
    value = request.headers.get(name, "twice")
    headers = [*request.headers.items(), (name, value)]
    if name not in request.headers:
        headers.append((name, value))
    response = service.client.request(
        request.operation.method, request.path, headers=headers, json=request.body
    )
    assert response.status_code == 400


def test_every_answer_has_the_security_headers(service: Service) -> None:
    good = allowed(service, plain())
    bad = spoilable(service, reachable()[0])
    bad.headers["authorization"] = "Bearer nonsense"
    answers = [(good.send(), good.operation.status), (bad.send(), 401)]
    paths = {
        "/": 404,
        "/healthz": 200,
        "/readyz": 200,
        "/metrics": 404,
        "/openapi.json": 200,
    }
    answers += [(service.client.get(path), status) for path, status in paths.items()]
    for response, status in answers:
        assert response.status_code == status
        assert response.headers["referrer-policy"] == "no-referrer"
        assert response.headers["cross-origin-resource-policy"] == "same-origin"
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in response.headers["content-security-policy"]
        assert "max-age=" in response.headers["strict-transport-security"]


def test_an_error_says_nothing_of_what_is_inside(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("what is inside")

    request = allowed(service, plain())
    monkeypatch.setattr(Leases, "acquire", broken)
    response = request.send()
    assert (response.status_code, code(response)) == (500, "internal_error")
    assert "inside" not in response.text


def test_every_operation_has_a_world_in_which_it_is_allowed() -> None:
    assert set(reachable()) == {
        each for each in ACCESS if "open_to" not in ACCESS[each]
    }
