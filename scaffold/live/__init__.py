"""Is a live database what the spec yields? It is compared with a twin of temporary tables."""
