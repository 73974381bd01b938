"""Application Auto Scaling of ECS services: its API, and what its policies do when alarms call them.

`steps.py` and `documents.py` are pure. Everything that is registered is in `registry.py`.
"""
