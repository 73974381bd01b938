"""docs/bench-workers.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .comparison import DAYS, DELAYS, FEW_DAYS, MANY_DAYS, Figures
from .contenders import OURS
from .delays import SOURCES
from .markdown import hours, ratio, table, wait
from .results import MOST, Asked, Results, asked
from .search import CHOSEN, Tried, dollars
from .variations import Pair


def comparison(results: Results) -> str:
    """The table of all contenders."""
    head = ["Work", "Who", "Worker-hours a day", "Over the bound", "Wait, p50", "Wait, p95", "Tasks killed"]
    rows = [_compared(trace, who, one) for trace, each in results.compared.items() for who, one in each.items()]
    return table(head, rows, words=(0, 1))


def page(results: Results) -> str:
    """All of it."""
    return _PAGE.format(
        asked=_asked(results),
        comparison=comparison(results),
        tried=_tried_table(results),
        workers=_by_trace("A worker", results.workers, _with_kills),
        other_days=_other_days(results),
        readings=_by_trace("Reading, and cooldown", results.readings, _figures),
        slower=_by_trace("Doubled", results.slower, _pair),
        delays=_delays(),
        most=f"{MOST:g}",
        days=DAYS,
        few=FEW_DAYS,
        many=MANY_DAYS,
        cooldown=f"{CHOSEN.cooldown:g}",
        published=f"{CHOSEN.published:g}",
        period=f"{CHOSEN.period:g}",
        dearer=dollars(replace(CHOSEN, published=10)) - dollars(CHOSEN),
        waking=dollars(replace(CHOSEN, waking=True)) - dollars(CHOSEN),
    )


def _asked(results: Results) -> str:
    head = ["Work", "Tasks killed", "Over the bound", "Wait, p95", "KEDA-like's", "Met"]
    return table(head, [_met(one) for one in asked(results.compared)])


def _met(one: Asked) -> list[str]:
    waits = [f"{figures.p95:.0f} s" for figures in (one.ours, one.keda)]
    return [one.trace, str(one.ours.killed), ratio(one.ours.ratio), *waits, "yes" if one.met else "**no**"]


def _compared(trace: str, who: str, one: Figures) -> list[str]:
    name = f"**{who}**" if who == OURS else who
    return [trace, name, hours(one.worker_hours), ratio(one.ratio), wait(one.p50), wait(one.p95), str(one.killed)]


def _tried_table(results: Results) -> str:
    traces = list(results.tried[0].figures)
    head = ["Cooldown", "Put each", "Period", "Waking alarm", "$ a month", *traces]
    return table(head, [_tried(one) for one in results.tried])


def _tried(one: Tried) -> list[str]:
    setting = one.setting
    words = [f"{setting.cooldown} s", f"{setting.published} s", f"{setting.period} s", "yes" if setting.waking else ""]
    if setting == CHOSEN:
        words[0] = f"**{words[0]}**"
    return [*words, f"{one.dollars:.2f}", *(_figures(figures) for figures in one.figures.values())]


def _by_trace(first: str, rows: list, cell) -> str:
    traces: Mapping = rows[0][1]
    return table([first, *traces], [[words, *(cell(one) for one in each.values())] for words, each in rows])


def _other_days(results: Results) -> str:
    head = ["Work", "Ours", "killed", "KEDA-like", "killed"]
    rows = [
        [words, _figures(pair.ours), str(pair.ours.killed), _figures(pair.keda), str(pair.keda.killed)]
        for words, pair in results.other_days
    ]
    return table(head, rows)


def _figures(one: Figures) -> str:
    return f"{ratio(one.ratio)}, {wait(one.p95)}"


def _with_kills(one: Figures) -> str:
    return f"{_figures(one)}, {one.killed} killed"


def _pair(one: Pair) -> str:
    return f"{_figures(one.ours)} ({_figures(one.keda)})"


def _delays() -> str:
    rows = [[name, f"{getattr(DELAYS, name):g}", *words] for name, words in SOURCES.items()]
    return table(["Delay", "s", "What it is", "From where"], rows, words=(0, 2, 3))


_PAGE = """# How workers follow the work

Written by `make bench-workers`, which simulates pools of workers with AWS's delays. Nothing in it is measured on AWS;
what it takes as given is [below](#the-delays), with sources. Its figures are the same on every machine.

## What is asked for

No task is killed, worker-hours are at most {most} times the bound, and 95 % of tasks wait no longer than with KEDA-like
that has the same delays:

{asked}

## The table

{comparison}

Figures are of {days} simulated days. A worker-hour is an hour of one container, from the pull of its image on, as AWS
charges it. A wait is from when a task is queued until it begins for the first time. *Over the bound* is worker-hours
over those of the offline optimum, which lets no task wait for a worker; who does can be below it.

![Workers of a pool on each of the days](bench-workers.svg)

## The days

The pool is the default one: at most 5 workers of 8 tasks each, none at least. Short tasks take 1 to 5 minutes.

- *500 short tasks at midnight*: queued within ten seconds, and nothing else all day. The pool is full for half an hour,
  so most of the wait is for other tasks, with every contender.
- *A steady trickle*: a short task a minute on average, at random times. Three run at once on average.
- *12-hour tasks, bursts between*: 16 of them at 14:00, two workers full; and seven times 100 short tasks, every three
  hours.

## Who is compared

- **Ours**: every {published} s the number of workers wanted is put as a metric: queued and running tasks over the slots
  of a worker, rounded up, and not less than the workers that have a task. The alarm on it is in ALARM while there is a
  value, so that the step scaling policy is invoked each minute: out at once, in after the cooldown. A worker has itself
  protected from scale-in before it begins its first task.
- **CPU tracking at 70 %**: target tracking of the service's average CPU, one worker at least: three minutes above the
  target, 15 minutes below nine tenths of it ([as users find
  it](https://github.com/aws/containers-roadmap/issues/1208)), cooldowns of 60 s. Nothing protects workers, which have
  120 s from SIGTERM. Eight short tasks use 96 % of a worker, a 12-hour task 1 %: it waits for a database.
- **MWAA-like**: [as Amazon describes it](https://docs.aws.amazon.com/mwaa/latest/userguide/mwaa-autoscaling.html): the
  same quotient each minute, one worker at least, fewer when five minutes in a row need fewer, workers with tasks stay.
- **KEDA-like**: the query of [the official Helm chart](https://airflow.apache.org/docs/helm-chart/stable/keda.html),
  its polling of 5 s, its cooldown of 30 s to none, its 600 s of grace, and [Kubernetes'
  defaults](https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/): a sync each 15 s,
  twice as many or 4 more in one, and 300 s until fewer. *The same delays*: it learns of the work as ours does, by a
  metric and an alarm. *Its own polling*: it asks the database. In both, workers start as slowly as on Fargate.
- **Offline optimum**: it knows the day, starts workers ahead, lets no task wait for one, moves tasks between workers
  for nothing, and ends a worker with its last task. It pays for starts too. Where there are more tasks than the pool
  has slots, it pays for the seconds of all tasks and for one start of each worker. So it is a bound for all that leave
  no slot free while a task waits. Its waits are those of a pool that has all its workers all the time.

## The defaults

Each cell has worker-hours over the bound, and the wait that 95 % of tasks do not exceed, of {few} days. The last column
is a trickle of two tasks a minute, which fills a worker to three quarters. Dollars are list prices of the metric, its
alarms and the calls that put it, for the one pool of an environment; further pools make no more calls.

{tried}

- **Cooldown, {cooldown} s.** None at all saves next to nothing, and more tasks of a busy trickle wait. A long one costs
  on all days, and helps the busy trickle alone.
- **A value each {published} s.** Every 10 s costs {dearer:.2f} dollars a month more, and saves seconds: the policy is
  invoked once a minute anyway.
- **A period of {period} s.** It needs no high resolution. With a shorter one workers go sooner, and a trickle waits for
  new ones.
- **No waking alarm.** A second alarm, with a period of 10 s, sees the first work of an empty pool up to a minute
  sooner, for {waking:.2f} dollars a month.

## What a worker does for it

Worker-hours over the bound, the wait that 95 % of tasks do not exceed, and tasks killed, of {many} days:

{workers}

- **Protected before.** AWS does not say which of the workers without protection it stops. One that has taken a task
  a second ago and is not yet protected is stopped as any other, and has 120 s. What is killed is tried again if the
  task has retries.
- **Idle ones look less often.** All workers wait in one queue of SQS, and a message goes to any of them. So a few tasks
  spread over all workers, none is ever idle, and none can be taken away. Where those that have tasks come first, tasks
  gather on few workers. When workers are full, or when one is enough, it makes no difference: bursts are as they were.

## Where it is further from the bound

Ours beside KEDA-like with the same delays: worker-hours over the bound, the wait that 95 % of tasks do not exceed, and
tasks killed in {few} days. Nothing is asked for here.

{other_days}

- A worker is paid while it starts, and idles for some two minutes at its end. With many workers for a burst of minutes
  this is much of the whole: a smaller maximum costs less and takes longer.
- Two tasks a minute: KEDA-like keeps workers for five minutes, so fewer tasks wait for a new one, for more
  worker-hours. A cooldown of 300 s does the same.
- 12-hour tasks that are queued together with a burst are spread over all its workers, and hold each of them for twelve
  hours. KEDA-like takes these workers away, and kills the tasks. Long tasks belong into a pool of their own.

## If AWS reads a cooldown otherwise

AWS describes the cooldown of a policy that scales out and of another one that scales in. Ours does both, and two things
are left open. Worker-hours over the bound and wait, of {few} days:

{readings}

The last reading lets tasks of a trickle wait for half a minute with a cooldown of 60 s, which is longer than with
KEDA-like, and for minutes with 300 s.

## If delays are longer

One delay doubled at a time, then all: ours (KEDA-like), worker-hours over the bound and wait, of {few} days. The bound
has the same delays.

{slower}

## The delays

{delays}

What else is taken as given:

- Fargate is paid [from the pull on, by the second, for a minute at least](https://aws.amazon.com/fargate/pricing/).
- A value is put by a clock that knows nothing of the alarm's. An alarm takes the largest value of its period, which
  [slides](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation-window.html).
- The policy [scales out at once, and in when the cooldown has passed since the last activity was
  complete](https://docs.aws.amazon.com/autoscaling/application/APIReference/API_StepScalingPolicyConfiguration.html):
  here, since as many containers run as are desired. What it leaves open is
  [above](#if-aws-reads-a-cooldown-otherwise).
- ECS protects [no more workers than are
  desired](https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html), and stops any of
  the others.
- A worker takes as many messages at once as it has slots, and has none that it does not run: Airflow sets Celery's
  prefetch multiplier to 1 and acknowledges late.
- A task that was killed is tried again after 300 s, when Airflow misses its heartbeat, and runs from its beginning.

What is left out: deploys (Application Auto Scaling does not scale in while one runs), Spot, refusals of capacity,
the time that the scheduler takes, memory, and tasks that wait for others.
"""
