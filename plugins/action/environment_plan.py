# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Gathers and checks the inputs, then takes the look in this very process: a module would cost a second more."""

from __future__ import annotations

import os
from dataclasses import replace

from ansible.module_utils.common.validation import check_type_bool
from ansible.plugins.action import ActionBase

from ..module_utils.engine.clients import Clients
from ..module_utils.engine.errors import FarflowError
from ..module_utils.engine.session import client_factory, profiles, regions
from ..module_utils.engine.waiting import NotYet, now, wait_for
from ..module_utils.environment import advice, arns, draining, guardrails, removed_pools, teardown
from ..module_utils.environment.inputs import checks, project
from ..module_utils.environment.layers import DAGS, LAYERS
from ..module_utils.environment.named_things import documents as named_things
from ..module_utils.environment.outputs import outputs
from ..module_utils.environment.plan import as_result, in_progress, look, unfinished, without_failed
from ..module_utils.environment.refusals import (
    elsewhere,
    in_use,
    left_to_people,
    names_taken,
    refusals,
    too_large,
    unchangeable,
    warnings,
)
from ..module_utils.kinds.service_quotas import fargate_vcpus
from ..module_utils.observations import recording
from ..module_utils.validation import region_names
from ..module_utils.validation.value_checks import nearest
from ..plugin_utils import inputs as given
from ..plugin_utils import observations
from ..plugin_utils.worker import collect_little_garbage, inherit_models, say_at_once

_REFUSAL = "the inputs are not right, nothing was done:"

# Modules of amazon.aws take either from the environment, and fail where there are both.
_PROFILES = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY", "AWS_SECRET_KEY")

inherit_models(
    (
        "ec2",
        "ecr",
        "ecs",
        "elbv2",
        "iam",
        "logs",
        "rds",
        "resourcegroupstaggingapi",
        "s3",
        "secretsmanager",
        "servicediscovery",
        "sqs",
        "sts",
    )
)

# What was changed is not always in AWS's answers at once: of IAM, of S3's configuration, of its lists.
_SHOWN_AFTER = 90


class ActionModule(ActionBase):
    """``farflow.airflow.environment_plan``; plugins/modules/environment_plan.py documents it."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        collect_little_garbage()
        result = {}
        try:
            self._plan(task_vars, result)
        except FarflowError as error:
            return {**result, "changed": False, "failed": True, "msg": str(error)}
        return result

    def _plan(self, task_vars, result):
        """Fills the result, so that what is known is told even when that ends in an error."""
        arguments = self._task.args
        wanted = arguments.get("layers") or list(LAYERS)
        inputs = self._inputs(task_vars, wanted, arguments.get("state") or "present")
        result.update({name: inputs[name] for name in ("dag_check", "dag_tests") if name in inputs})
        if check_type_bool(arguments.get("inputs_only") or False):
            result.update(inputs=given.handed_on(inputs))
            return
        if check_type_bool(arguments.get("outputs_only") or False):
            known = self._look(arguments, inputs, wanted).known
            result.update(outputs=outputs(inputs, known), inputs=given.handed_on(inputs))
            return
        under_way = arguments.get("under_way") or []
        previous = arguments.get("previous") or []
        told = []
        if recorded := inputs[observations.VARIABLE]:
            recording.note(recorded, inputs["farflow_region"], observations.versions(inputs))

        def check():
            seen = without_failed(self._look(arguments, inputs, wanted), arguments.get("deployments") or {})
            seen = self._with_room(arguments, inputs, seen)
            self._tell(arguments, inputs, wanted, seen, result)
            words = unfinished(seen, previous, under_way, bool(arguments.get("converged")))
            if words and not told:
                told.append("waiting: AWS does not show yet all that was done")
                say_at_once(self._display, *told)
            return NotYet(words) if words else seen

        seen = wait_for(check, _SHOWN_AFTER, "AWS to show what was done")
        if arguments.get("state") != "absent":
            self._warn(arguments, inputs, wanted, seen, is_first=not (previous or arguments.get("converged")))
            self._draining(arguments, inputs, seen, result["outputs"])
        elif not previous:
            self._busy(arguments, inputs, seen, result["outputs"])
        if self._task.check_mode and result["outputs"].get("unsteady_services"):
            services = ", ".join(result["outputs"]["unsteady_services"])
            self._display.warning(f"not steady, a deploy waits for it: {services}")
        # It changes nothing; in check mode it stands for the run that would.
        result["changed"] = bool(self._task.check_mode and result["pending"])

    def _with_room(self, arguments, inputs, seen):
        """The look, with the number of workers that a replacement of busy ones takes."""
        if not any(draining.changes_workers(one) for some in seen.actions.values() for one in some):
            return seen
        clients = _clients(arguments, inputs)
        actions = {name: [draining.with_room(clients, one) for one in some] for name, some in seen.actions.items()}
        return replace(seen, actions=actions)

    def _draining(self, arguments, inputs, seen, outputs_):
        """Tells which old workers still have a task in hand. A deploy does not wait for them."""
        outputs_["draining"] = removed_pools.words(seen.known)
        if rolled := draining.rolled_out(seen.known):
            clients = _clients(arguments, inputs)
            left = draining.old_workers(clients, inputs, rolled)
            outputs_["draining"] += [task.words for tasks in left.values() for task in tasks]
            outputs_["unsteady_services"] = [name for name in outputs_["unsteady_services"] or [] if name not in left]
        if self._task.check_mode:
            for words in outputs_["draining"]:
                self._display.warning(f"an old worker has a task in hand, and ends after it: {words}")

    def _busy(self, arguments, inputs, seen, outputs_):
        """Tells what has work in hand that a teardown would end."""
        clients = _clients(arguments, inputs)
        outputs_["busy_tasks"] = draining.busy_tasks(clients, inputs, seen.known)
        minutes = inputs["farflow_teardown_wait_minutes"]
        end = f"waits {minutes} minutes for it" if minutes else "ends it; farflow_teardown_wait_minutes would wait"
        for words in outputs_["busy_tasks"]:
            self._display.warning(f"has work in hand, and the teardown {end}: {words}")

    def _warn(self, arguments, inputs, wanted, seen, is_first):
        """Warns of what is left to people, and in the first look of what else it has shown."""
        told = warnings(inputs, seen.known, wanted) if is_first else []
        if is_first and "network" in wanted:
            services_roll = advice.rolls(action for some in seen.actions.values() for action in some)
            vcpus = fargate_vcpus(_clients(arguments, inputs)) if services_roll else None
            told += advice.warnings(inputs, seen.known, vcpus)
        if is_first and inputs["farflow_check_permissions"]:
            actions = [action for some in seen.actions.values() for action in some]
            where = arns.account(seen.known, inputs["farflow_region"])
            told += guardrails.warnings(_clients(arguments, inputs), inputs, where, actions)
        for warning in [*told, *left_to_people(inputs, seen.known, wanted, now().date())]:
            self._display.warning(warning)

    def _tell(self, arguments, inputs, wanted, seen, result):
        """Fills the result with what was seen; raises FarflowError when that is refused."""
        result.update(
            as_result(seen, arguments.get("under_way") or []),
            outputs=outputs(inputs, seen.known),
            inputs=given.handed_on(inputs),
            kept=[f"{one.type} {one.name}" for one in seen.kept if one.type not in teardown.PARTS],
            keep=inputs["farflow_teardown_keep"],
        )
        possible = [each for layer in result["layers"].values() for each in layer["actions"] if not each["blocked"]]
        result["done"] = [*(arguments.get("previous") or []), *possible]
        actions = [action for some in seen.actions.values() for action in some]
        if arguments.get("state") == "absent":
            refused = [*elsewhere(inputs, seen.known), *teardown.refusals(inputs, seen.known)]
        else:
            refused = [
                *refusals(inputs, seen.known, wanted),
                *too_large(actions),
                *names_taken(seen.known, actions),
                *unchangeable(inputs, actions),
            ]
        refused += in_use(actions)
        if refused:
            raise FarflowError("\n".join([*refused, "nothing was done"]))

    def _look(self, arguments, inputs, wanted):
        """One look; with ``wait_minutes`` as many as it takes until nothing is being made any more."""
        clients = _clients(arguments, inputs)
        kept = teardown.kept(inputs) if arguments.get("state") == "absent" else None
        told = []

        def check():
            seen = look(clients, inputs, LAYERS, wanted, kept)
            states = in_progress(seen)
            if not states:
                return seen
            if states != told:
                told[:] = states
                say_at_once(self._display, f"waiting: {', '.join(states)}")
            return NotYet(", ".join(states))

        minutes = int(arguments.get("wait_minutes") or 0)
        if not minutes:
            return look(clients, inputs, LAYERS, wanted, kept)
        return wait_for(check, minutes * 60, "what AWS is making", interval=1.0)

    def _inputs(self, task_vars, wanted, state):
        """The inputs of all roles, and what lies in the project's folder, of which nothing is needed to take something
        away. Whatever is wrong is told together, before anything is asked of AWS.
        """
        options = given.declared(self._load)
        defaults = given.defaults(self._load)  # which refer to others, given empty or not
        values = {**task_vars, **{name: value for name, value in defaults.items() if task_vars.get(name) is None}}
        templar = self._templar.copy_with_new_env(available_variables=values)
        inputs, refused = given.gather(options, values, templar.template)
        is_first = check_type_bool(self._task.args.get("rebuild", True))
        wrong = given.unknown(task_vars, options) + refused + checks.problems(inputs)
        if region := _region_problems(inputs):
            wrong += region
            del inputs["farflow_region"]  # so that nothing is said of what hangs on it
        wrong += _state_problems(task_vars, inputs, state) + _profile_problems(inputs) + observations.problems(inputs)
        layers = {each for name in wanted for each in (name, *LAYERS[name].needs)}
        warnings = _region_warnings(inputs) if is_first else []
        warnings += checks.warnings(checks.sound(inputs)) if state == "present" and "network" in wanted else []
        needs_folder = state == "present" and layers & project.LAYERS
        if needs_folder:
            tasks, problems, large = project.explore(checks.sound(inputs))
            wrong += problems or _key_problems(checks.sound(inputs), tasks)
            warnings += large
        needs_dags = state == "present" and DAGS in layers
        if needs_dags:
            wrong += project.dag_problems(checks.sound(inputs), wrong)
        for warning in warnings:  # before the minutes that reading the folder may take
            self._display.warning(warning)
        if wrong:
            raise FarflowError("\n".join([_REFUSAL, *(f"- {each}" for each in wrong)]))
        found = dict(project.UNREAD)
        if needs_folder:
            found |= project.read(inputs if is_first else {**inputs, "farflow_rebuild": []}, tasks)
        if needs_dags:
            found |= project.read_dags(inputs)
            found |= {"dag_check": project.dag_check(inputs), "dag_tests": project.dag_tests({**inputs, **found})}
        return {**inputs, **found}

    def _load(self, path):
        """What a YAML file holds, as the loader keeps it: nobody may change it."""
        return self._loader.load_from_file(path, unsafe=True, trusted_as_template=True)


def _clients(arguments, inputs):
    make = recording.observed(client_factory(arguments), inputs[observations.VARIABLE])
    return Clients(make, inputs["farflow_ignored_tags"])


def _state_problems(task_vars, inputs, state):
    """Roles ask the variable, so a playbook that means the other must not begin."""
    given_state = inputs.get("farflow_state", state)
    if "farflow_state" not in task_vars or given_state == state:
        return []
    return [
        f"farflow_state: is {given_state!r}, allowed: {state}; leave it out, since only teardown.yml removes an "
        "environment, and no other playbook does"
    ]


def _region_problems(inputs):
    """A region that there is not has no endpoint, and clients would look for it for minutes."""
    region = _unknown_region(inputs)
    if not region:
        return []
    if not inputs.get("farflow_region_is_new"):
        return [
            f"{_unknown(region)}; allowed: a region of AWS; to use one that is newer than botocore, set "
            "farflow_region_is_new to true, or upgrade botocore"
        ]
    if word := region_names.misspelt(region, regions()):
        return [
            f"{_unknown(region)}; {word!r} looks like a mistake, so that farflow_region_is_new does not help; allowed: "
            "a region of AWS; to use one that is called so, upgrade botocore"
        ]
    return []


def _region_warnings(inputs):
    """What is taken for new may have a wrong number, which nobody can tell here."""
    region = _unknown_region(inputs)
    if not region or not inputs.get("farflow_region_is_new"):
        return []
    return [f"{_unknown(region)}; it is taken for a new one, as farflow_region_is_new is true"]


def _unknown_region(inputs):
    """The region, if botocore does not know it; else None."""
    region = checks.sound(inputs).get("farflow_region")
    return region if region and region not in regions() else None


def _unknown(region):
    return f"farflow_region: is {region!r}, which botocore does not know here{nearest(region, regions())}"


def _key_problems(inputs, tasks):
    """Keys by which nothing is encrypted that is named, where all is right that says what is."""
    needed = {"farflow_region", "farflow_secret_kms_key_arns", "airflow_service_secrets"}
    return named_things.keys_of_nothing({**inputs, "dag_tasks": tasks}) if needed <= inputs.keys() else []


def _profile_problems(inputs):
    """What is wrong with the profile as only this machine's AWS configuration and environment can tell."""
    profile = inputs.get("farflow_profile")
    names = "farflow_profile" if profile else _given(_PROFILES)
    named = profile or os.environ.get(names or "")
    problems = []
    if named and named not in (there := profiles()):
        known = ", ".join(there) or "none, as AWS is not configured here"
        problems.append(f"{names}: is {named!r}, allowed: {known}")
    keys = "farflow_access_key" if inputs.get("farflow_access_key") else _given(_KEYS)
    if names and keys and not (profile and inputs.get("farflow_access_key")):
        problems.append(f"{names}: names a profile beside the keys of {keys}, allowed: one of them; unset the other")
    return problems


def _given(variables):
    """The first of some environment variables that is set; None when none is."""
    return next((name for name in variables if os.environ.get(name)), None)
