"""What sets the number of workers: ours, and those that it is compared with."""
