"""A pool: a queue of SQS, and a service of ECS whose workers take tasks from it."""

from __future__ import annotations

import random
from collections import deque
from operator import attrgetter

from .clock import Clock
from .delays import Delays
from .worker import AFTER, BEFORE, Conduct, Task, Worker

#: Airflow notices that a task was killed when it has no heartbeat for so long, and tries it again.
HEARTBEAT_TIMEOUT = 300

#: A worker with tasks and a free slot waits in the queue, but for the moment between two polls.
_POLL = 0.1


class Pool:
    """Workers for one queue. ECS is told to keep `desired` of them; `history` has how many there were since when."""

    def __init__(
        self, clock: Clock, chance: random.Random, concurrency: int, delays: Delays, conduct: Conduct, warm: int = 0
    ) -> None:
        self.clock = clock
        self.concurrency = concurrency
        self.desired = warm
        self.waiting: deque[Task] = deque()
        self.running = 0
        self.workers = [Worker(clock.now, clock.now, ready=True) for _unused in range(warm)]
        self.former: list[Worker] = []
        self.finished = 0
        self.history = [(clock.now, warm)]
        self._chance = chance
        self._delays = delays
        self._conduct = conduct

    @property
    def busy(self) -> int:
        """How many workers have a task."""
        return sum(1 for worker in self.workers if worker.tasks)

    @property
    def settled(self) -> bool:
        """Whether as many containers run as are desired, and no other."""
        running = self.clock.now - self._delays.provision - self._delays.pull
        return len(self.workers) == self.desired and all(worker.wanted <= running for worker in self.workers)

    def paid(self) -> float:
        """Seconds that all workers so far are paid for."""
        return sum(worker.paid(self.clock.now) for worker in [*self.former, *self.workers])

    # The queue. A message goes to a worker that happens to look first.

    def queue(self, task: Task) -> None:
        """Put a task into the queue."""
        self.waiting.append(task)
        for worker in self.workers:
            if worker.takes and not worker.looks and len(worker.tasks) < self.concurrency:
                worker.looks = True
                interval = _POLL if worker.tasks else max(_POLL, self._conduct.pause)
                self.clock.after(self._chance.uniform(0, interval), self._look, worker)

    def _look(self, worker: Worker) -> None:
        worker.looks = False
        self._take(worker)

    def _take(self, worker: Worker) -> None:
        while self.waiting and worker.takes and len(worker.tasks) < self.concurrency:
            self._begin(worker, self.waiting.popleft())

    def _begin(self, worker: Worker, task: Task) -> None:
        if not worker.tasks and not worker.protected:
            if self._conduct.protection == BEFORE:
                self._protect(worker)
            elif self._conduct.protection == AFTER:
                self.clock.after(self._delays.protection, self._protect_busy, worker)
        if task.begun is None:
            task.begun = self.clock.now
        worker.tasks.add(task)
        self.running += 1
        self.clock.after(task.demand.seconds, self._end, worker, task, task.killed)

    def _end(self, worker: Worker, task: Task, attempt: int) -> None:
        if task.killed != attempt:
            return  # this attempt did not come so far
        worker.tasks.remove(task)
        self.running -= 1
        self.finished += 1
        task.ended = self.clock.now
        self._take(worker)
        if not worker.tasks:
            if worker.stopping:
                self._gone(worker)
            else:
                self.clock.after(self._delays.protection, self._release, worker)

    # Protection. ECS refuses it where more would be protected than are desired. It is never so here: of workers that
    # are one too many, those without protection have been stopped before.

    def _protect(self, worker: Worker) -> None:
        if worker.takes:
            worker.protected = True

    def _protect_busy(self, worker: Worker) -> None:
        if worker.tasks:
            self._protect(worker)

    def _release(self, worker: Worker) -> None:
        if worker.protected and not worker.tasks:
            worker.protected = False
            self._reconcile()

    # The service. Which of the workers without protection it stops, ECS does not say.

    def ask(self, desired: int) -> None:
        """Tell ECS how many workers to keep."""
        self.desired = desired
        self._reconcile()

    def _reconcile(self) -> None:
        staying = [worker for worker in self.workers if not worker.stopping]
        for _unused in range(self.desired - len(staying)):
            self._start()
        unprotected = [worker for worker in staying if not worker.protected]
        if self._conduct.newest_first:
            unprotected.sort(key=attrgetter("wanted"), reverse=True)
        else:
            self._chance.shuffle(unprotected)
        for worker in unprotected[: max(0, len(staying) - self.desired)]:
            self._stop(worker)

    def _start(self) -> None:
        worker = Worker(self.clock.now, self.clock.now + self._delays.provision)
        self.workers.append(worker)
        self._remember()
        self.clock.after(self._delays.whole_start, self._ready, worker)

    def _ready(self, worker: Worker) -> None:
        worker.ready = True
        self._take(worker)

    def _stop(self, worker: Worker) -> None:
        """SIGTERM: it takes no more tasks, and ends with its last one, or when its grace has passed."""
        worker.stopping = True
        if not worker.ready:
            self._gone(worker)
        elif worker.tasks:
            self.clock.after(self._conduct.grace, self._kill, worker)
        else:
            self.clock.after(self._delays.stop, self._gone, worker)

    def _kill(self, worker: Worker) -> None:
        if worker.ended is not None:
            return
        for task in sorted(worker.tasks, key=lambda task: task.demand.queued):
            task.killed += 1
            self.running -= 1
            self.clock.after(HEARTBEAT_TIMEOUT, self.queue, task)
        worker.tasks.clear()
        self._gone(worker)

    def _gone(self, worker: Worker) -> None:
        worker.ended = self.clock.now
        self.workers.remove(worker)
        self.former.append(worker)
        self._remember()

    def _remember(self) -> None:
        self.history.append((self.clock.now, len(self.workers)))
