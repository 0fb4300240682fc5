"""BillingRequest: What is asked of the billing provider."""
