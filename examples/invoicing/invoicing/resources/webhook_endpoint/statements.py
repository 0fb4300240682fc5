"""The stored functions of webhook endpoints. Their SQL is in store/functions/webhook_endpoint.sql."""

from typing import Final

from invoicing.store.statements import call

LIST: Final = call("list_webhook_endpoints", 7)
CREATE: Final = call("create_webhook_endpoint", 4)
READ: Final = call("read_webhook_endpoint", 3)
UPDATE: Final = call("update_webhook_endpoint", 6)
DELETE: Final = call("delete_webhook_endpoint", 5)
ROTATE: Final = call("rotate_webhook_endpoint", 6)
