"""WebhookEndpoint: Where the tenant hears of events."""
