"""Writes are conditional: nobody overwrites what they have not seen (API-4, RFC 9110, RFC 6585)."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.contract.harness import (
    ACCESS,
    Service,
    allowed,
    code,
    colleague,
    prepare,
    reachable,
)

CONDITIONAL = [each for each in reachable() if ACCESS[each]["conditional"]]
WRITERS = 12


@pytest.mark.parametrize("operation", CONDITIONAL)
def test_a_write_needs_a_precondition(service: Service, operation: str) -> None:
    request = allowed(service, operation)
    del request.headers["if-match"]
    response = request.send()
    assert (response.status_code, code(response)) == (428, "precondition_required")


@pytest.mark.parametrize("operation", CONDITIONAL)
def test_a_wildcard_is_no_precondition(service: Service, operation: str) -> None:
    request = allowed(service, operation)
    request.headers["if-match"] = "*"
    assert request.send().status_code == 428


@pytest.mark.parametrize("tag", ['"2"', 'W/"1"', '"0"', '"another"', 'W/"1", "7"'])
@pytest.mark.parametrize("operation", CONDITIONAL)
def test_a_stale_or_weak_tag_does_not_match(
    service: Service, operation: str, tag: str
) -> None:
    request = allowed(service, operation)
    request.headers["if-match"] = tag
    response = request.send()
    assert (response.status_code, code(response)) == (412, "precondition_failed")


@pytest.mark.parametrize("tag", ["1", '"1', "null", '"1" "2"'])
def test_what_is_not_a_tag_is_malformed(service: Service, tag: str) -> None:
    for operation in CONDITIONAL:
        request = allowed(service, operation)
        request.headers["if-match"] = tag
        assert request.send().status_code == 400


@pytest.mark.parametrize("tags", ['"9", "1"', '"9",, "1" ,', '"1.0123456789ab"'])
@pytest.mark.parametrize("operation", CONDITIONAL)
def test_one_of_several_tags_is_enough(
    service: Service, operation: str, tags: str
) -> None:
    """Of whatever view: what counts for a write is the version."""
    request = allowed(service, operation)
    request.headers["if-match"] = tags
    assert request.send().status_code == ACCESS[operation]["status"]


@pytest.mark.parametrize("operation", reachable("update"))
def test_of_many_writers_with_one_version_one_succeeds(
    service: Service, operation: str
) -> None:
    request = allowed(service, operation)
    with ThreadPoolExecutor(WRITERS) as pool:
        answers = list(pool.map(lambda _: request.send(), range(WRITERS)))
    statuses = sorted(each.status_code for each in answers)
    assert statuses == [200] + [412] * (WRITERS - 1)
    (winner,) = [each for each in answers if each.status_code == 200]
    assert winner.headers["etag"].startswith('"2.')


@pytest.mark.parametrize("operation", reachable("read"))
def test_a_read_says_when_nothing_changed(service: Service, operation: str) -> None:
    request = allowed(service, operation)
    first = request.send()
    tag = first.headers["etag"]
    assert tag.startswith('"1.')
    for known in (tag, f"W/{tag}", f'"7", {tag}', "*"):
        request.headers["if-none-match"] = known
        again = request.send()
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    for other in ('"1"', '"2"', '"1.0123456789ab"'):
        request.headers["if-none-match"] = other
        assert request.send().content == first.content


@pytest.mark.parametrize("operation", reachable("read"))
def test_who_sees_other_fields_has_another_tag(
    service: Service, operation: str
) -> None:
    """RFC 9110, section 8.8.1: one strong tag for two representations would be wrong."""
    roles = {
        role: facts
        for role, facts in ACCESS[operation]["roles"].items()
        if facts["allowed"] and not facts["outside"]
    }
    if len(roles) < 2:
        return
    request = prepare(service, operation, *next(iter(roles.items())))
    tags: dict[bytes, set[str]] = {}
    for role in roles:
        token = colleague(request.world, role).token
        request.headers["authorization"] = f"Bearer {token}"
        response = request.send()
        tags.setdefault(response.content, set()).add(response.headers["etag"])
    assert all(len(each) == 1 for each in tags.values())
    assert len(set().union(*tags.values())) == len(tags)
