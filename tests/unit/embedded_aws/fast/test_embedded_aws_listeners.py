"""Network load balancers: what they are called, what they have by default, and what their listeners hand on."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading

import pytest
import requests
from botocore.exceptions import ClientError
from ministack.core.x509_utils import generate_ca, sign_leaf_certificate
from said_and_described import until

TLS13 = "ELBSecurityPolicy-TLS13-1-2-2021-06"
HOST = "airflow.example.org"
REQUEST = b"GET /login HTTP/1.1\r\nHost: airflow.example.org\r\nX-Odd:  as it came\r\n\r\n"
ANSWER = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Target:
    """Remembers what it hears, and answers each connection once."""

    def __init__(self, address="127.0.0.1", answer=ANSWER):
        self.heard = []
        self._answer = answer
        self._socket = socket.create_server((address, 0))
        self.address, self.port = self._socket.getsockname()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _address = self._socket.accept()
            except OSError:
                return
            with connection, contextlib.suppress(ConnectionResetError):
                self.heard.append(connection.recv(4096))
                connection.sendall(self._answer)

    def close(self):
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@pytest.fixture
def target():
    with contextlib.closing(Target()) as one:
        yield one


@pytest.fixture
def other():
    with contextlib.closing(Target("127.0.0.2", b"other")) as one:
        yield one


@pytest.fixture
def elbv2(aws):
    return aws.client("elbv2")


@pytest.fixture
def balancer(elbv2, subnets):
    return elbv2.create_load_balancer(Name="web", Type="network", Subnets=subnets)["LoadBalancers"][0]


def group_of(elbv2, balancer, *targets, name="web"):
    group = elbv2.create_target_group(
        Name=name, Protocol="TCP", Port=8080, VpcId=balancer["VpcId"], TargetType="ip", HealthCheckProtocol="TCP"
    )["TargetGroups"][0]["TargetGroupArn"]
    if targets:
        those = [{"Id": target.address, "Port": target.port} for target in targets]
        elbv2.register_targets(TargetGroupArn=group, Targets=those)
    return group


def listen(elbv2, balancer, group, port=None, protocol="TCP", **more):
    """The ARN of a new listener."""
    made = elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol=protocol,
        Port=port or free_port(),
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
        **more,
    )
    return made["Listeners"][0]["ListenerArn"]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def connected(aws, listener):
    host, port = aws.listener(listener).split(":")
    return socket.create_connection((host, int(port)), timeout=10)


def answer_to(connection, request=REQUEST):
    with connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(4096), b""))


AUTHORITY, ITS_KEY = generate_ca()


def certificate(*names):
    """Body, chain and key, as ImportCertificate takes them."""
    body, key, _public = sign_leaf_certificate(AUTHORITY, ITS_KEY, names[0], list(names))
    return {"Certificate": body, "CertificateChain": AUTHORITY, "PrivateKey": key}


def imported(aws, *names):
    return aws.client("acm").import_certificate(**certificate(*names))["CertificateArn"]


def tls(aws, listener, host=HOST, trusted=AUTHORITY, **versions):
    """A connection whose certificate is verified."""
    context = ssl.create_default_context(cadata=trusted)
    for name, version in versions.items():
        setattr(context, name, version)
    return context.wrap_socket(connected(aws, listener), server_hostname=host)


def secure(elbv2, balancer, group, arn, policy=TLS13):
    certificates = [{"CertificateArn": arn}]
    return listen(elbv2, balancer, group, protocol="TLS", Certificates=certificates, SslPolicy=policy)


def test_names_say_that_it_is_a_network_one(aws, elbv2, balancer):
    group = group_of(elbv2, balancer)
    arn = listen(elbv2, balancer, group)
    assert ":loadbalancer/net/web/" in balancer["LoadBalancerArn"]
    assert balancer["DNSName"].endswith(".elb.us-east-1.amazonaws.com")
    assert f"{balancer['LoadBalancerArn'].replace(':loadbalancer/', ':listener/')}/" in arn
    [described] = elbv2.describe_load_balancers()["LoadBalancers"]
    assert described == balancer
    [heard] = elbv2.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    assert heard["ListenerArn"] == arn
    assert elbv2.describe_listeners(ListenerArns=[arn])["Listeners"] == [heard]
    elbv2.add_tags(ResourceArns=[balancer["LoadBalancerArn"], arn], Tags=[{"Key": "k", "Value": "v"}])
    tags = elbv2.describe_tags(ResourceArns=[arn])["TagDescriptions"]
    assert tags == [{"ResourceArn": arn, "Tags": [{"Key": "k", "Value": "v"}]}]


def test_an_application_one_is_left_as_it_is(elbv2, subnets):
    made = elbv2.create_load_balancer(Name="web", Type="application", Subnets=subnets)["LoadBalancers"][0]
    attributes = elbv2.describe_load_balancer_attributes(LoadBalancerArn=made["LoadBalancerArn"])["Attributes"]
    assert ":loadbalancer/app/web/" in made["LoadBalancerArn"]
    assert "idle_timeout.timeout_seconds" in {each["Key"] for each in attributes}


def attributes(answer):
    return {each["Key"]: each["Value"] for each in answer["Attributes"]}


def test_defaults_are_those_of_network_load_balancers(aws, elbv2, balancer, target):
    group = group_of(elbv2, balancer, target)
    arn = balancer["LoadBalancerArn"]
    of_balancer = attributes(elbv2.describe_load_balancer_attributes(LoadBalancerArn=arn))
    assert of_balancer["load_balancing.cross_zone.enabled"] == "false"
    assert of_balancer["dns_record.client_routing_policy"] == "any_availability_zone"
    assert "idle_timeout.timeout_seconds" not in of_balancer
    of_group = attributes(elbv2.describe_target_group_attributes(TargetGroupArn=group))
    assert of_group["stickiness.type"] == "source_ip"
    assert of_group["preserve_client_ip.enabled"] == "false"
    of_listener = elbv2.describe_listener_attributes(ListenerArn=listen(elbv2, balancer, group))
    assert attributes(of_listener) == {"tcp.idle_timeout.seconds": "350"}
    one = secure(elbv2, balancer, group, imported(aws, HOST))
    assert attributes(elbv2.describe_listener_attributes(ListenerArn=one)) == {}


@pytest.mark.parametrize(
    ("protocol", "kind", "terminates", "preserves"),
    [("TCP", "ip", "false", "false"), ("TCP", "instance", "false", "true"), ("UDP", "ip", "true", "true")],
)
def test_defaults_of_a_target_group_depend_on_what_it_is(elbv2, balancer, protocol, kind, terminates, preserves):
    made = elbv2.create_target_group(Name="g", Protocol=protocol, Port=80, VpcId=balancer["VpcId"], TargetType=kind)
    [group] = made["TargetGroups"]
    found = attributes(elbv2.describe_target_group_attributes(TargetGroupArn=group["TargetGroupArn"]))
    assert found["deregistration_delay.connection_termination.enabled"] == terminates
    assert found["preserve_client_ip.enabled"] == preserves
    assert (group["HealthCheckProtocol"], group["HealthCheckTimeoutSeconds"]) == ("TCP", 10)


def test_a_tcp_listener_hands_on_what_comes_and_nothing_more(aws, elbv2, balancer, target):
    listener = listen(elbv2, balancer, group_of(elbv2, balancer, target))
    assert answer_to(connected(aws, listener)) == ANSWER
    assert target.heard == [REQUEST]


def test_a_tls_listener_decrypts_and_adds_nothing(aws, elbv2, balancer, target):
    listener = secure(elbv2, balancer, group_of(elbv2, balancer, target), imported(aws, HOST))
    assert answer_to(tls(aws, listener)) == ANSWER
    assert target.heard == [REQUEST]


def test_an_issued_certificate_is_verified_by_its_chain(aws, elbv2, balancer, target):
    acm = aws.client("acm")
    issued = acm.request_certificate(DomainName=f"*.{HOST}", SubjectAlternativeNames=[HOST])["CertificateArn"]
    chain = acm.get_certificate(CertificateArn=issued)["CertificateChain"]
    listener = secure(elbv2, balancer, group_of(elbv2, balancer, target), issued)
    for host in (HOST, f"below.{HOST}"):
        assert answer_to(tls(aws, listener, host, chain)) == ANSWER
    with pytest.raises(ssl.SSLCertVerificationError):
        tls(aws, listener, "elsewhere.example.org", chain)


def test_a_certificate_of_iam_is_shown_too(aws, elbv2, balancer, target):
    iam, parts = aws.client("iam"), certificate(HOST)
    made = iam.upload_server_certificate(
        ServerCertificateName="web",
        Path="/team/",
        CertificateBody=parts["Certificate"],
        CertificateChain=parts["CertificateChain"],
        PrivateKey=parts["PrivateKey"],
    )["ServerCertificateMetadata"]
    assert made["Arn"] == "arn:aws:iam::123456789012:server-certificate/team/web"
    listener = secure(elbv2, balancer, group_of(elbv2, balancer, target), made["Arn"])
    assert answer_to(tls(aws, listener)) == ANSWER
    told = iam.get_server_certificate(ServerCertificateName="web")["ServerCertificate"]
    assert told["ServerCertificateMetadata"] == made
    assert told["CertificateBody"].strip() == parts["Certificate"].strip()
    assert iam.list_server_certificates()["ServerCertificateMetadataList"] == [made]
    assert refusal(iam.delete_server_certificate, ServerCertificateName="web") == "DeleteConflict"
    elbv2.delete_listener(ListenerArn=listener)
    iam.delete_server_certificate(ServerCertificateName="web")
    assert refusal(iam.get_server_certificate, ServerCertificateName="web") == "NoSuchEntity"


def refusal(call, **arguments):
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return refused.value.response["Error"]["Code"]


def test_an_imported_certificate_is_read(aws, elbv2, balancer, target):
    acm, parts = aws.client("acm"), certificate(HOST, "other.example.org")
    arn = acm.import_certificate(**parts)["CertificateArn"]
    told = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    assert (told["DomainName"], told["SubjectAlternativeNames"]) == (HOST, [HOST, "other.example.org"])
    assert (told["NotAfter"] - told["NotBefore"]).days == 825
    foreign = {**parts, "PrivateKey": certificate(HOST)["PrivateKey"]}
    assert refusal(acm.import_certificate, **foreign) == "ValidationException"
    assert refusal(acm.import_certificate, **{**parts, "Certificate": "none"}) == "ValidationException"
    listener = secure(elbv2, balancer, group_of(elbv2, balancer, target), arn)
    used_by = acm.describe_certificate(CertificateArn=arn)["Certificate"]["InUseBy"]
    assert used_by == [balancer["LoadBalancerArn"]]
    assert refusal(acm.delete_certificate, CertificateArn=arn) == "ResourceInUseException"
    elbv2.delete_listener(ListenerArn=listener)
    acm.delete_certificate(CertificateArn=arn)


def subject(connection):
    with connection:
        return connection.getpeercert()["subject"][0][0][1]


def test_the_certificate_is_that_of_the_name_that_is_asked_for(aws, elbv2, balancer, target):
    default, other, several = (
        imported(aws, HOST, "both.example.org"),
        imported(aws, "both.example.org"),
        imported(aws, "several.example.org", "*.wide.example.org"),
    )
    listener = secure(elbv2, balancer, group_of(elbv2, balancer, target), default)
    assert subject(tls(aws, listener, "both.example.org")) == HOST
    for arn in (other, several):
        elbv2.add_listener_certificates(ListenerArn=listener, Certificates=[{"CertificateArn": arn}])
    for asked, shown in {
        HOST: HOST,
        "both.example.org": "both.example.org",
        "several.example.org": "several.example.org",
        "any.wide.example.org": "several.example.org",
    }.items():
        assert subject(tls(aws, listener, asked)) == shown
    told = elbv2.describe_listener_certificates(ListenerArn=listener)["Certificates"]
    assert {each["CertificateArn"]: each["IsDefault"] for each in told} == {default: True, other: False, several: False}
    assert described(elbv2, listener)["Certificates"] == [{"CertificateArn": default}]
    assert (
        refusal(elbv2.remove_listener_certificates, ListenerArn=listener, Certificates=[{"CertificateArn": default}])
        == "OperationNotPermitted"
    )
    elbv2.remove_listener_certificates(ListenerArn=listener, Certificates=[{"CertificateArn": other}])
    assert subject(tls(aws, listener, "both.example.org")) == HOST


def described(elbv2, listener):
    return elbv2.describe_listeners(ListenerArns=[listener])["Listeners"][0]


@pytest.mark.parametrize(
    ("policy", "versions"),
    [
        (TLS13, {"TLSv1.2", "TLSv1.3"}),
        ("ELBSecurityPolicy-TLS13-1-3-2021-06", {"TLSv1.3"}),
        ("ELBSecurityPolicy-2016-08", {"TLSv1.2"}),
    ],
)
def test_a_policy_says_which_versions_are_spoken(aws, elbv2, balancer, target, policy, versions):
    listener = secure(elbv2, balancer, group_of(elbv2, balancer, target), imported(aws, HOST), policy)
    spoken = set()
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        try:
            with tls(aws, listener, maximum_version=version, minimum_version=version) as connection:
                spoken.add(connection.version())
        except ssl.SSLError:
            continue
    assert spoken == versions


def test_targets_have_their_turns(aws, elbv2, balancer, target, other):
    listener = listen(elbv2, balancer, group_of(elbv2, balancer, target, other))
    answers = [answer_to(connected(aws, listener)) for _unused in range(4)]
    assert answers in ([ANSWER, b"other"] * 2, [b"other", ANSWER] * 2)


def is_reset(aws, listener):
    try:
        answer_to(connected(aws, listener))
    except ConnectionResetError:
        return True
    return False


def test_without_a_target_a_connection_is_reset(aws, elbv2, balancer):
    assert is_reset(aws, listen(elbv2, balancer, group_of(elbv2, balancer)))


def test_a_target_that_does_not_answer_is_a_reset(aws, elbv2, balancer, target):
    listener = listen(elbv2, balancer, group_of(elbv2, balancer, target))
    target.close()
    assert is_reset(aws, listener)


def test_a_target_that_is_initial_is_none_yet(aws, elbv2, balancer, target):
    with aws.behaviours(late_targets=60), aws.clock(60):
        listener = listen(elbv2, balancer, group_of(elbv2, balancer, target))
        assert is_reset(aws, listener)
        until(lambda: not is_reset(aws, listener))


def test_a_load_balancer_that_is_provisioning_hands_nothing_on(aws, elbv2, subnets, target):
    with aws.behaviours(load_balancer_seconds=60), aws.clock(60):
        balancer = elbv2.create_load_balancer(Name="web", Type="network", Subnets=subnets)["LoadBalancers"][0]
        listener = listen(elbv2, balancer, group_of(elbv2, balancer, target))
        assert is_reset(aws, listener)
        until(lambda: not is_reset(aws, listener))


def test_a_changed_listener_is_heard_as_it_is(aws, elbv2, balancer, target, other):
    group = group_of(elbv2, balancer, target)
    listener = secure(elbv2, balancer, group, imported(aws, HOST))
    before = aws.listener(listener)
    elbv2.modify_listener(ListenerArn=listener, Certificates=[{"CertificateArn": imported(aws, "new.example.org")}])
    assert subject(tls(aws, listener, "new.example.org")) == "new.example.org"
    action = {"Type": "forward", "TargetGroupArn": group_of(elbv2, balancer, other, name="other")}
    elbv2.modify_listener(ListenerArn=listener, DefaultActions=[action])
    assert answer_to(tls(aws, listener, "new.example.org")) == b"other"
    assert aws.listener(listener) == before
    elbv2.modify_listener(ListenerArn=listener, Port=(port := free_port()))
    assert aws.listener(listener) == f"127.0.0.1:{port}"
    assert answer_to(tls(aws, listener, "new.example.org")) == b"other"
    assert is_closed(before)


def is_closed(address):
    host, port = address.split(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


def test_a_port_that_is_taken_is_replaced_and_told(aws, elbv2, balancer, target):
    group = group_of(elbv2, balancer, target)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        wanted = taken.getsockname()[1]
        listener = listen(elbv2, balancer, group, port=wanted)
    assert aws.listener(listener) != f"127.0.0.1:{wanted}"
    assert answer_to(connected(aws, listener)) == ANSWER
    assert described(elbv2, listener)["Port"] == wanted


@pytest.mark.parametrize("what", ["listener", "load balancer", "all"])
def test_what_is_gone_is_closed(aws, elbv2, balancer, target, what):
    listener = listen(elbv2, balancer, group_of(elbv2, balancer, target))
    address = aws.listener(listener)
    with connected(aws, listener) as open_before:
        if what == "listener":
            elbv2.delete_listener(ListenerArn=listener)
        elif what == "load balancer":
            elbv2.delete_load_balancer(LoadBalancerArn=balancer["LoadBalancerArn"])
        else:
            aws.reset()
        assert is_closed(address)
        assert aws.listeners() == []
        with pytest.raises(ConnectionResetError):
            answer_to(open_before)


@pytest.mark.parametrize("name", ["web.alb.localhost", "{DNSName}"])
def test_the_front_adds_no_header_either(aws, elbv2, balancer, target, name):
    listen(elbv2, balancer, group_of(elbv2, balancer, target))
    host = name.format(**balancer)
    connection = http.client.HTTPConnection("127.0.0.1", aws.settings.port, timeout=10)
    connection.request("GET", "/login", headers={"Host": host, "Accept-Encoding": "identity"})
    assert connection.getresponse().status == 302
    connection.close()
    [heard] = target.heard
    headers = {line.partition(b":")[0].lower() for line in heard.split(b"\r\n")[1:] if line}
    assert headers - {b"content-length"} == {b"host", b"accept-encoding"}


def test_the_front_hears_no_plain_http_for_a_tls_listener(aws, elbv2, balancer, target):
    secure(elbv2, balancer, group_of(elbv2, balancer, target), imported(aws, HOST))
    answer = requests.get(f"{aws.endpoint_url}/login", headers={"Host": "web.alb.localhost"}, timeout=10)
    assert answer.status_code == 400
    assert target.heard == []
