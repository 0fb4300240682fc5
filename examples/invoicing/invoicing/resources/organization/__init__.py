"""Organization: The tenant itself."""
