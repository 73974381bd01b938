"""Who calls, what a call wants, and whether IAM allows it."""
