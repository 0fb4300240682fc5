"""The layer of the spec: what its facts say about who may do what."""
