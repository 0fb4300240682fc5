"""What limits promise, broken one guard at a time in the service of invoices."""

from typing import Final

from scaffold.features.mutant import Mutant

ADMISSION: Final = "gate/admission.py"
SHARED: Final = "gate/limits_redis.py"
SETTINGS: Final = "settings.py"

MUTANTS: Final = (
    Mutant(
        id="whoever-asks-is-the-last-one-known",
        control="AZ-1",
        file=ADMISSION,
        old="principal = self._verifier.known(authorization, founding)",
        new="principal = next(reversed(self._verifier._known.values()), None)",
        noticed_by="test_limits.py::test_an_address_that_keeps_failing_is_told_to_wait",
    ),
    Mutant(
        id="limits-are-not-charged",
        control="API-2",
        file=ADMISSION,
        old="            if self._charged:\n",
        new="            if False:\n",
        noticed_by="test_limits.py::test_a_limit_holds_and_says_when_to_come_back",
    ),
    Mutant(
        id="limits-do-not-refuse",
        control="API-2",
        file=ADMISSION,
        old="(headers(decision))\n        if not decision.allowed:\n",
        new="(headers(decision))\n        if False:\n",
        noticed_by="test_limits.py::test_a_limit_holds_and_says_when_to_come_back",
    ),
    Mutant(
        id="failures-are-not-counted",
        control="API-2",
        file=ADMISSION,
        old='f"address:{request.address}"',
        new='f"address:{request.id}"',
        noticed_by="test_limits.py::test_an_address_that_keeps_failing_is_told_to_wait",
    ),
    Mutant(
        id="failures-do-not-refuse",
        control="API-2",
        file=ADMISSION,
        old="        if not failed.allowed:\n",
        new="        if False:\n",
        noticed_by="test_limits.py::test_an_address_that_keeps_failing_is_told_to_wait",
    ),
    Mutant(
        id="without-its-limits-the-service-answers",
        control="API-2",
        file=ADMISSION,
        old="            raise Problem(\n"
        '                503, "limits_unavailable", cause=type(error).__name__\n'
        "            ) from error\n        return asking(principal)\n",
        new="            del error\n"
        "            principal = await self._verifier.principal(authorization)\n"
        "        return asking(principal)\n",
        noticed_by="test_limits.py::test_without_its_limits_the_service_does_not_answer",
    ),
    Mutant(
        id="ready-without-limits",
        control="API-2",
        file="app.py",
        old="                await admission.check()\n",
        new="",
        noticed_by="test_limits.py::test_without_its_limits_the_service_is_not_ready",
    ),
    Mutant(
        id="a-higher-limit",
        control="API-2",
        file=ADMISSION,
        old='"user": Limit("user", 60, 60)',
        new='"user": Limit("user", 60000, 60)',
        noticed_by="test_limits.py::test_every_scope_has_the_limit_of_the_spec",
    ),
    Mutant(
        id="more-bad-tokens",
        control="API-2",
        file=ADMISSION,
        old='Limit("failed_authentication", 20, 60)',
        new='Limit("failed_authentication", 20000, 60)',
        noticed_by="test_limits.py::test_every_scope_has_the_limit_of_the_spec",
    ),
    *(
        Mutant(
            id=id_,
            control="API-2",
            file=file,
            old=old,
            new=new,
            noticed_by=test,
        )
        for file, id_, old, new, test in (
            (
                SHARED,
                "a-refused-request-is-charged",
                "\nif charge then\n",
                "\nif true then\n",
                "test_shared_limits.py::test_all_keys_are_charged_or_none",
            ),
            (
                SHARED,
                "some-keys-are-charged",
                "  charge = charge and levels[i] <= burst\n",
                "  charge = levels[i] <= burst\n",
                "test_shared_limits.py::test_all_keys_are_charged_or_none",
            ),
            (
                SHARED,
                "a-bucket-of-its-own-for-each-process",
                "PREFIX + key for _, key",
                "f'{PREFIX}{id(self)}' + key for _, key",
                "test_shared_limits.py::test_processes_share_a_bucket",
            ),
            (
                SHARED,
                "services-share-buckets",
                "PREFIX + key for _, key",
                "key for _, key",
                "test_shared_limits.py::test_services_do_not_share_buckets",
            ),
            (
                SHARED,
                "ready-where-nothing-is-written",
                '        await self._levels(((_READY, "ready"),))\n',
                "        await self._redis.ping()\n",
                "test_shared_limits.py::test_a_server_that_does_not_write_is_unavailable",
            ),
            (
                SHARED,
                "limits-that-hang-are-waited-for",
                "asyncio.timeout(ANSWER_SECONDS)",
                "asyncio.timeout(None)",
                "test_shared_limits.py::test_an_answer_has_a_time",
            ),
            (
                SHARED,
                "a-demoted-server-is-asked-on",
                "    ReadOnlyError,  #",
                "    #",
                "test_shared_limits.py::test_a_server_that_is_replaced_is_found",
            ),
            (
                SHARED,
                "whoever-asks-passes-while-limits-are-gone",
                "            raise LimiterUnavailable(type(error).__name__) from error\n",
                "            return [0 for _ in keys]\n",
                "test_shared_limits.py::test_without_its_valkey_the_service_refuses_and_goes_on_with_it",
            ),
            (
                SHARED,
                "a-redis-with-any-certificate",
                'options.get("ssl_cert_reqs", "required") == "required"',
                "True",
                "test_shared_limits.py::test_what_nobody_on_the_network_reads_or_changes",
            ),
            (
                SHARED,
                "a-redis-with-the-certificate-of-another",
                'options.get("ssl_check_hostname", True) is True',
                "True",
                "test_shared_limits.py::test_what_nobody_on_the_network_reads_or_changes",
            ),
            (
                ADMISSION,
                "a-redis-without-tls",
                "not settings.development and not protected(url)",
                "False",
                "test_workers.py::test_redis_is_reached_with_verified_tls",
            ),
            (
                ADMISSION,
                "workers-with-limits-of-their-own",
                "supervised() and not settings.development",
                "False",
                "test_workers.py::test_several_workers_do_not_start_without_shared_limits",
            ),
            (
                SETTINGS,
                "the-workers-of-uvicorn-are-not-seen",
                "multiprocessing.parent_process() is not None",
                "False",
                "test_workers.py::test_several_workers_do_not_start_without_shared_limits",
            ),
            (
                SETTINGS,
                "the-workers-of-gunicorn-are-not-seen",
                '"gunicorn.arbiter" in sys.modules',
                "False",
                "test_workers.py::test_several_workers_are_recognised",
            ),
            (
                SETTINGS,
                "the-number-of-workers-is-not-read",
                "int(asked) > 1",
                "False",
                "test_workers.py::test_several_workers_are_recognised",
            ),
        )
    ),
    *(
        Mutant(
            id=id_,
            control="MON-1",
            file="app.py",
            old=old,
            new=new,
            noticed_by=f"test_workers.py::{test}",
        )
        for id_, old, new, test in (
            (
                "one-worker-speaks-for-all",
                "    found = CollectorRegistry()\n",
                "    return own\n    found = CollectorRegistry()\n",
                "test_the_metrics_of_two_workers_are_one_sum",
            ),
            (
                "workers-count-apart",
                "supervised() and not settings.development",
                "False",
                "test_workers_that_count_apart_are_refused",
            ),
            (
                "workers-count-nowhere",
                'if not os.access(Path(settings.prometheus_multiproc_dir, "."), os.W_OK):',
                "if False:",
                "test_workers_count_in_a_directory",
            ),
        )
    ),
)
