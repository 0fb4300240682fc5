"""Is a live database what the spec yields? It is read, and compared with a twin of temporary tables."""
