"""The stored functions of subscriptions. Their SQL is in store/functions/subscription.sql."""

from typing import Final

from invoicing.store.statements import call

READ: Final = call("read_subscription", 3)
