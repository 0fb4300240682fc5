"""WebhookDelivery: The messages to endpoints, and what became of them."""
