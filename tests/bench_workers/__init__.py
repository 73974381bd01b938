"""How a pool of workers follows its work, simulated with AWS's delays: `make bench-workers`."""
