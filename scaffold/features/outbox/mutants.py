"""What the worker promises, broken one guard at a time."""

from typing import Final

from scaffold.features.mutant import Mutant

QUEUE: Final = "work/queue.py"
WORKER: Final = "worker.py"
WEBHOOKS: Final = "test_webhooks.py"
TEST: Final = "test_worker.py"

MUTANTS: Final = (
    *(
        Mutant(
            id=id_,
            control=control,
            file=QUEUE,
            old=old,
            new=new,
            noticed_by=test,
        )
        for id_, control, old, new, test in (
            (
                "two-workers-have-one-message",
                "AZ-4",
                "set due_at = now() + interval '{LEASE_SECONDS} seconds'",
                "set due_at = d.due_at",
                f"{WEBHOOKS}::test_a_message_is_leased_to_one_worker",
            ),
            (
                "a-row-is-told-in-any-order",
                "AZ-4",
                "b.due_at is not null and {before})",
                "false and {before})",
                f"{WEBHOOKS}::test_messages_of_a_row_are_told_in_order",
            ),
            (
                "who-lost-a-message-ends-it",
                "AZ-4",
                "and version = $3\n",
                "and version >= $3\n",
                f"{WEBHOOKS}::test_what_a_worker_dies_with_is_due_after_its_lease",
            ),
            (
                "one-endpoint-takes-the-worker",
                "API-2",
                "where u.turn <= $3 and",
                "where u.turn <= $3 + 1000 and",
                f"{WEBHOOKS}::test_no_endpoint_takes_the_whole_worker",
            ),
            (
                "nothing-is-ever-dead",
                "API-2",
                'ended.final or message["attempts"] >= ATTEMPTS',
                "ended.final",
                f"{TEST}::test_the_last_attempt_is_the_last_one",
            ),
            (
                "all-come-back-together",
                "API-2",
                "0.0, min(LONGEST_SECONDS,",
                "FIRST_SECONDS, min(LONGEST_SECONDS,",
                f"{TEST}::test_pauses_are_spread_over_all_of_their_bound",
            ),
        )
    ),
    Mutant(
        id="a-worker-that-reaches-everything",
        control="AZ-4",
        file=WORKER,
        old="    if rows:\n",
        new="    if not rows:\n        return\n    if False:\n",
        noticed_by=f"{WEBHOOKS}::test_the_worker_reaches_messages_and_nothing_else",
    ),
    Mutant(
        id="an-attempt-without-end",
        control="API-2",
        file=WORKER,
        old="async with asyncio.timeout(LEASE_SECONDS / 2):",
        new="async with asyncio.timeout(None):",
        noticed_by=f"{TEST}::test_an_attempt_ends_before_its_lease",
    ),
    Mutant(
        id="what-is-under-way-is-cut-off",
        control="AZ-4",
        file=WORKER,
        old="await asyncio.wait(set(running), timeout=GRACE_SECONDS)",
        new="await asyncio.wait(set(running), timeout=0)",
        noticed_by=f"{TEST}::test_what_is_under_way_ends_before_the_worker",
    ),
    Mutant(
        id="nothing-follows-an-action",
        control="AZ-4",
        file="store/functions/invoice.sql",
        within="invoice_finish_",
        old="perform defer_(",
        new="-- defer_(",
        noticed_by="test_after_commit.py::test_an_action_leaves_a_message_with_its_effect",
    ),
    Mutant(
        id="a-hook-that-fails-is-over",
        control="AZ-4",
        file="work/hooks.py",
        old='return Ended("hook_failed")',
        new="return Ended()",
        noticed_by="test_after_commit.py::test_what_follows_is_called_until_it_succeeds",
    ),
)
