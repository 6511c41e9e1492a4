"""The listing in parts, and the shards that are written from it or taken over."""
