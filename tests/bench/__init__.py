"""What a deploy costs, beside what a peer's does: `make bench`."""
