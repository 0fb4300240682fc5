"""Connections to the database: lent without a share, without an end, or lost."""

from typing import Final

from scaffold.features.mutant import Mutant

LEASES: Final = "store/leases.py"
DATABASE: Final = "store/database.py"

MUTANTS: Final = tuple(
    Mutant(id=id_, control="API-2", file=file, old=old, new=new, noticed_by=test)
    for file, id_, old, new, test in (
        (
            LEASES,
            "a-tenant-takes-every-connection",
            "held < SHARE * (self._free - 1)",
            "True",
            "test_leases.py::test_a_tenant_has_its_share",
        ),
        (
            LEASES,
            "a-fixed-share-for-each-tenant",
            "held < SHARE * (self._free - 1)",
            "held < 15",
            "test_leases.py::test_busy_tenants_leave_one_for_a_quiet_one",
        ),
        (
            LEASES,
            "a-tenant-with-many-calls-comes-first",
            "                self._waiting.move_to_end(tenant)\n",
            "                pass\n",
            "test_leases.py::test_tenants_take_turns",
        ),
        (
            LEASES,
            "a-call-waits-for-ever",
            "asyncio.timeout(WAIT_SECONDS)",
            "asyncio.timeout(None)",
            "test_leases.py::test_whoever_waits_is_refused_in_time",
        ),
        (
            LEASES,
            "a-cancelled-call-keeps-its-turn",
            "            else:  # its turn had come in the same moment\n"
            "                self._return(tenant)\n",
            "",
            "test_leases.py::test_a_call_that_is_cancelled_as_its_turn_comes_takes_nothing_along",
        ),
        (
            LEASES,
            "a-call-that-left-keeps-its-place",
            "                self._leave(tenant, waiter)\n",
            "                pass\n",
            "test_leases.py::test_whoever_waits_is_refused_in_time",
        ),
        (
            LEASES,
            "a-connection-that-cannot-be-opened-is-lost",
            "        except BaseException:\n            self._return(tenant)\n            raise\n",
            "        except asyncio.CancelledError:\n            self._return(tenant)\n"
            "            raise\n",
            "test_leases.py::test_a_database_that_was_away_is_used_again",
        ),
        (
            LEASES,
            "last-words-are-an-internal-error",
            "    asyncpg.InternalClientError,\n",
            "",
            "test_leases.py::test_a_connection_that_hears_last_words_is_closed",
        ),
        (
            LEASES,
            "a-closed-connection-is-lent-again",
            "            if not connection.is_closed():\n",
            "            if True:\n",
            "test_leases.py::test_connections_that_the_server_ended_are_opened_again",
        ),
        (
            LEASES,
            "a-discarded-connection-is-lost",
            "            self._open.discard(connection)\n            self._return(tenant)\n",
            "            self._open.discard(connection)\n",
            "test_leases.py::test_no_connection_is_lost_or_lent_twice",
        ),
        (
            LEASES,
            "a-closed-database-opens-connections",
            "            if self._closed:\n",
            "            if False:\n",
            "test_leases.py::test_a_closed_database_opens_no_connection",
        ),
        (
            DATABASE,
            "a-connection-of-unknown-state-is-lent-again",
            "                await leases.discard(tenant_id, connection)\n",
            "                leases.release(tenant_id, connection)\n",
            "test_leases.py::test_a_connection_of_unknown_state_is_closed",
        ),
        (
            DATABASE,
            "a-transaction-of-unknown-state-is-lent-again",
            "        await leases.discard(tenant, connection)\n",
            "        leases.release(tenant, connection)\n",
            "test_leases.py::test_a_transaction_of_unknown_state_is_closed",
        ),
        (
            DATABASE,
            "a-database-that-says-nothing-is-waited-for",
            "command_timeout=ANSWER_SECONDS,",
            "command_timeout=None,",
            "test_leases.py::test_a_database_that_says_nothing_is_not_waited_for",
        ),
        (
            DATABASE,
            "a-hook-of-any-length",
            "asyncio.timeout(TRANSACTION_SECONDS)",
            "asyncio.timeout(None)",
            "test_leases.py::test_a_transaction_ends",
        ),
        (
            DATABASE,
            "the-service-waits-for-its-tenants",
            "_lent(self._own, ",
            "_lent(self._leases, ",
            "test_leases.py::test_what_is_no_tenants_has_its_own_connection",
        ),
        (
            "gate/actions.py",
            "all-actions-share-one-share",
            "call.database.transaction(call.principal.tenant_id)",
            'call.database.transaction("")',
            "test_hooks.py::test_slow_hooks_of_a_tenant_leave_room_for_others",
        ),
        (
            "gate/problems.py",
            "a-refusal-does-not-say-when-to-come-back",
            "if self.status == 503",
            "if False",
            "test_leases.py::test_a_noisy_tenant_leaves_room_for_others",
        ),
        (
            "app.py",
            "readiness-takes-any-time",
            "asyncio.timeout(READY_SECONDS)",
            "asyncio.timeout(None)",
            "test_leases.py::test_whether_the_service_is_ready_is_said_in_time",
        ),
    )
)
