"""The application as it runs."""
