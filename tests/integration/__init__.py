"""The playbooks on an embedded AWS without containers: what they do to an account."""
