"""ApiKey: The keys with which programs act for a member."""
