from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.images import dockerfiles

HERE_DOCUMENT = "a here-document (<<EOF)"


@pytest.mark.parametrize(
    ("dockerfile", "expected"),
    [
        ("FROM scratch\nRUN make\nCOPY --chown=1 --from=a b c\n", []),
        ("RUN cat <<< text\nENV A=<<EOF\n# COPY --link a b\n", []),
        ("RUN <<EOF\nmake\nEOF\n", [HERE_DOCUMENT]),
        ("copy <<-'END' /a\nx\nEND\n", [HERE_DOCUMENT]),
        ("RUN python - <<EOF > /a\nEOF\n", [HERE_DOCUMENT]),
        ("COPY --link a b\n", ["--link"]),
        ("  COPY --chown=1:1 --link=true a b\n", ["--link"]),
        ("RUN --mount=type=cache,target=/root make\nRUN --mount=type=secret,id=a make\n", ["--mount"]),
        ("ADD --checksum=sha256:0 https://example.com/a /a\nRUN <<A\nA\n", ["--checksum", HERE_DOCUMENT]),
    ],
)
def test_what_only_buildkit_knows(dockerfile, expected):
    assert dockerfiles.needs_buildkit(dockerfile) == expected


@pytest.mark.parametrize(
    ("error", "dockerfile"),
    [
        ("dockerfile parse error line 3: unknown instruction: ECHO", "RUN <<EOF\necho\nEOF\n"),
        ("dockerfile parse error line 2: unknown flag: link", "COPY --link a b\n"),
        ("Unknown flag: link", "COPY --link a b\n"),
        ("the --mount option requires BuildKit", "RUN --mount=type=cache,target=/a make\n"),
    ],
)
def test_the_cure_of_a_missing_buildx_is_told(error, dockerfile):
    assert "install buildx" in dockerfiles.advice(error, dockerfile)


@pytest.mark.parametrize(
    ("error", "dockerfile"),
    [
        ("unknown instruction: RUNN", "RUNN make\n"),
        ("The command 'make' returned a non-zero code: 2", "RUN --mount=type=cache,target=/a make\n"),
    ],
)
def test_what_buildx_would_not_cure_has_no_advice(error, dockerfile):
    assert dockerfiles.advice(error, dockerfile) == ""


@pytest.mark.parametrize(
    ("instruction", "paths"),
    [
        ("COPY plugins ./plugins", ["plugins"]),
        ("  copy ./a/ /b ../c /x/", ["a", "b", "c"]),
        ("COPY . .", ["."]),
        ("ADD / /opt", ["."]),
        ("COPY --chown=50000 --chmod=755 a b", ["a"]),
        ("COPY --from=packages /opt/python /opt/python", []),
        ("COPY --chown=1 --from=packages a b", []),
        ('COPY ["with space", "a", "/x/"]', ["with space", "a"]),
        ("COPY a \\\n# why\n  b \\\n  /x/", ["a", "b"]),
        ("COPY requirements*.txt plugin[s] ./", ["requirements*.txt", "plugin[s]"]),
        ("# COPY a b", []),
        ("RUN echo COPY a b", []),
        ("COPY [a b", ["[a"]),
        ("COPY [1]", []),
        ("COPY a", []),
    ],
)
def test_what_is_copied_of_the_context(instruction, paths):
    assert dockerfiles.copied(f"FROM scratch\n{instruction}\nUSER 5\n") == paths
