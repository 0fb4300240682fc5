"""What the service says of itself: logs without personal data, metrics without tenants."""
