"""The stored functions of webhook deliveries. Their SQL is in store/functions/webhook_delivery.sql."""

from typing import Final

from invoicing.store.statements import call

LIST: Final = call("list_webhook_deliveries", 7)
READ: Final = call("read_webhook_delivery", 3)
RETRY: Final = call("retry_webhook_delivery", 5)
