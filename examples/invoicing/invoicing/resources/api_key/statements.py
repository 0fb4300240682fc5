"""The stored functions of api keys. Their SQL is in store/functions/api_key.sql."""

from typing import Final

from invoicing.store.statements import call

LIST: Final = call("list_api_keys", 7)
CREATE: Final = call("create_api_key", 5)
READ: Final = call("read_api_key", 3)
ROTATE: Final = call("rotate_api_key", 7)
REVOKE: Final = call("revoke_api_key", 5)
