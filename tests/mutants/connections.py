"""What a peer may hold open or repeat, and whom a request comes from, with a bound left out."""

from typing import Final

from scaffold.features.mutant import Mutant

SERVER: Final = "server.py"
CLIENT: Final = "gate/client.py"
DISPATCH: Final = "gate/dispatch.py"
SHAPE: Final = "gate/shape.py"

MUTANTS: Final = (
    *(
        Mutant(
            id=id_,
            control="API-2",
            file=SERVER,
            old=old,
            new=new,
            noticed_by=f"test_server.py::{test}",
        )
        for id_, old, new, test in (
            (
                "a-header-may-take-for-ever",
                "self._deadline = self.loop.call_later(HEAD_SECONDS, self._is_late)",
                "pass",
                "test_a_header_comes_soon",
            ),
            (
                "each-byte-is-more-time",
                "            elif self._deadline is None:\n",
                "            else:\n                self._cancel_deadline()\n",
                "test_a_header_that_trickles_comes_too_late",
            ),
            (
                "a-refused-body-is-read-to-its-end",
                "self._refused = self.loop.call_later(LINGER_SECONDS, self.transport.abort)",
                "pass",
                "test_a_refused_body_is_not_waited_for",
            ),
            (
                "a-header-of-any-size",
                "MAX_HEAD: Final = 65_536",
                "MAX_HEAD: Final = 2**30",
                "test_a_header_has_a_size",
            ),
            (
                "a-peer-may-stop-reading",
                "self._stalled = self.loop.call_later(STALLED_SECONDS, self.transport.abort)",
                "pass",
                "test_a_peer_that_does_not_read_is_left",
            ),
            (
                "nobody-gives-way",
                "if len(self.connections) > capacity() and not self._make_room():",
                "if len(self.connections) > capacity():",
                "test_whoever_waits_gives_way",
            ),
            (
                "connections-take-every-descriptor",
                "[0] - SPARE)",
                "[0])",
                "test_connections_leave_file_descriptors",
            ),
            (
                "a-target-names-any-host",
                'raise ValueError("the target names another host")',
                "pass",
                "test_a_request_is_said_in_one_way",
            ),
        )
    ),
    Mutant(
        id="any-version-of-http",
        control="API-1",
        file=DISPATCH,
        old='if request.scope["http_version"] not in VERSIONS:',
        new="if False:",
        noticed_by="test_server.py::test_a_request_is_said_in_one_way",
    ),
    Mutant(
        id="any-transfer-encoding",
        control="API-1",
        file=SHAPE,
        old='if found.get(b"transfer-encoding", b"chunked").lower() != b"chunked":',
        new="if False:",
        noticed_by="test_server.py::test_a_request_is_said_in_one_way",
    ),
    Mutant(
        id="strangers-are-read",
        control="API-2",
        file=DISPATCH,
        old='        principal = await self._admission.admit(request, given.get(b"authorization"))\n'
        "        body, query = await self._shape(operation, request, given)\n",
        new="        body, query = await self._shape(operation, request, given)\n"
        '        principal = await self._admission.admit(request, given.get(b"authorization"))\n',
        noticed_by="test_shape.py::test_who_is_not_known_is_not_read",
    ),
    Mutant(
        id="a-body-of-any-number-of-parts",
        control="API-2",
        file=SHAPE,
        old="        if self._left < 0:\n",
        new="        if False:\n",
        noticed_by="test_shape.py::test_a_body_has_so_many_parts",
    ),
    Mutant(
        id="every-fault-is-told",
        control="API-2",
        file="gate/problems.py",
        old="        if left < 0:\n",
        new="        if False:\n",
        noticed_by="test_shape.py::test_a_refusal_is_short",
    ),
    Mutant(
        id="a-head-has-a-body-of-its-own",
        control="API-1",
        file=DISPATCH,
        old='                methods["HEAD"] = operation',
        new="                pass",
        noticed_by="test_shape.py::test_a_head_is_a_get_without_its_body",
    ),
    Mutant(
        id="one-tag-for-every-view",
        control="API-4",
        file="gate/conditional.py",
        old="hashlib.blake2b(body, digest_size=6)",
        new='hashlib.blake2b(b"", digest_size=6)',
        noticed_by="test_preconditions.py::test_who_sees_other_fields_has_another_tag",
    ),
    Mutant(
        id="whoever-says-so-is-a-proxy",
        control="API-2",
        file=CLIENT,
        old="        if found is None or not self.trusts(found):\n",
        new="        if found is None:\n",
        noticed_by="test_server.py::test_whoever_is_no_proxy_is_not_believed",
    ),
    Mutant(
        id="the-first-hop-is-believed",
        control="API-2",
        file=CLIENT,
        old="            if not self.trusts(found):\n                break\n",
        new="",
        noticed_by="test_server.py::test_the_client_is_the_last_hop_that_is_not_ours",
    ),
    Mutant(
        id="every-address-is-a-proxy",
        control="API-2",
        file="app.py",
        old="    if any(each.prefixlen == 0 for each in networks):\n",
        new="    if False:\n",
        noticed_by="test_server.py::test_proxies_are_networks",
    ),
)
