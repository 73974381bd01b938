"""How RDS is asked what it offers, and what is made of its answers."""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients, doing
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds import offer as rds_offers
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.offer import family_parameters as rds_parameters
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.offer import instance_classes as rds_classes
from botocore.exceptions import ClientError

CLIENTS = Clients(lambda *_unused, **__: pytest.fail("asked"))
OF_MAJOR = rds_classes.Wanted("db.m8g.large", "17", "17.9")
EXACT = rds_classes.Wanted("db.m8g.large", "17.6", "17.6")


class Offers:
    """Answers to both calls; ``asked`` is what was asked for of classes."""

    def __init__(self):
        self.options = []
        self.parameters = []
        self.code = ""
        self.asked = []

    def tell_parameters(self, clients, family):
        self._refuse()
        return self.parameters

    def tell_options(self, clients, engine, **asked):
        self.asked.append(asked)
        self._refuse()
        names = {"EngineVersion": "EngineVersion", "DBInstanceClass": "DBInstanceClass"}
        return [each for each in self.options if all(each[names[name]] == value for name, value in asked.items())]

    def _refuse(self):
        if self.code:
            with doing("ask", "RDS"):
                raise ClientError({"Error": {"Code": self.code, "Message": "no"}}, "Describe")


@pytest.fixture
def offers(monkeypatch):
    offers = Offers()
    monkeypatch.setattr(rds_offers.calls, "parameters", offers.tell_parameters)
    monkeypatch.setattr(rds_offers.calls, "orderable", offers.tell_options)
    return offers


def option(name, version):
    return {"DBInstanceClass": name, "EngineVersion": version}


def test_parameters_by_their_names(offers):
    offers.parameters = [{"ParameterName": "work_mem"}]
    (found,) = rds_offers.parameters(CLIENTS, "postgres17")
    assert found.attributes[rds_parameters.DEFINITIONS] == {"work_mem": {"ParameterName": "work_mem"}}


@pytest.mark.parametrize("code", ["InvalidParameterValue", "DBParameterGroupNotFoundFault"])
def test_a_family_that_there_is_not_tells_nothing(offers, code):
    offers.code = code
    assert rds_offers.parameters(CLIENTS, "postgres99") == []


def test_who_may_not_look_goes_on(offers):
    offers.code = "AccessDenied"
    (parameters,) = rds_offers.parameters(CLIENTS, "postgres17")
    (missing,) = rds_offers.missing_class(CLIENTS, EXACT)
    assert "AccessDenied" in parameters.attributes[rds_parameters.DENIED]
    assert "AccessDenied" in missing.attributes[rds_classes.DENIED]


def test_what_else_goes_wrong_is_an_error(offers):
    offers.code = "InternalFailure"
    for ask in (
        lambda: rds_offers.parameters(CLIENTS, "postgres17"),
        lambda: rds_offers.missing_class(CLIENTS, EXACT),
    ):
        with pytest.raises(FarflowError, match="InternalFailure"):
            ask()


@pytest.mark.parametrize(("wanted", "version"), [(OF_MAJOR, "17.1"), (EXACT, "17.6")])
def test_a_class_that_there_is_takes_one_call(offers, wanted, version):
    offers.options = [option("db.m8g.large", version)]
    assert rds_offers.missing_class(CLIENTS, wanted) == []
    version = {"EngineVersion": "17.6"} if wanted is EXACT else {}
    assert offers.asked == [{"DBInstanceClass": "db.m8g.large", **version}]


@pytest.mark.parametrize("wanted", [OF_MAJOR, EXACT])
def test_a_class_that_there_is_not_is_told_with_others_of_the_version(offers, wanted):
    offers.options = [option("db.m8g.large", "18.1"), option("db.m8g.xlarge", wanted.example), option("x", "18.1")]
    (missing,) = rds_offers.missing_class(CLIENTS, wanted)
    assert missing.attributes == {"version": wanted.version, "others": ["db.m8g.xlarge"]}


def test_of_a_version_of_which_nothing_is_told_nothing_is_known(offers):
    """Databases of a version that is on its way out are changed, though no new one is made of it."""
    offers.options = [option("db.m8g.large", "18.1")]
    assert rds_offers.missing_class(CLIENTS, EXACT) == []
    offers.code = "InvalidParameterCombination"
    assert rds_offers.missing_class(CLIENTS, EXACT) == []
