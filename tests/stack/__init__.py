"""What the integration and the end-to-end tests have in common: playbooks, run, and an account, listed."""
