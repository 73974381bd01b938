# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The nodes of a workflow of AWX, and the links between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..module_utils.awx.assets import Asset
from ..module_utils.awx.differences import differing, same
from .awx import Object
from .awx_look import Look

_FIELDS = ("identifier", "extra_data", "all_parents_must_converge")
_ENDS = ("success", "failure", "always")

#: The identifiers of a node and of one that follows it, and the end after which it does.
Link = tuple[str, str, str]


class Nodes:
    """Says what differs, and with ``perform`` mends it. ``problems`` has what a person has to mend.

    Links between nodes of ours are ours: a further one may lead round the approval. Nodes that people have added, and
    links from and to those, stay.
    """

    def __init__(self, look: Look, perform: bool) -> None:
        self.problems: list[str] = []
        self._look, self._perform = look, perform

    def mend(self, path: str, wanted: list[Asset]) -> Iterator[str]:
        """Mends the nodes below a path, and yields a word for each that differs."""
        nodes = {one["identifier"]: one for one in self._look.client.all(path)}
        links = _links(nodes)
        words = set()
        for asset in wanted:
            words |= set(self._node(path, asset, nodes))
        right = [
            (asset["identifier"], "success", key["identifier"])
            for asset in wanted
            for key in asset["related"]["success_nodes"]
        ]
        ours = {asset["identifier"] for asset in wanted}
        wrong = [link for link in links if {link[0], link[2]} <= ours and link not in right]
        words |= set(self._take_off(wrong, nodes))
        words |= set(self._add(right, [link for link in links if link not in wrong], nodes))
        yield from sorted(words)

    def _node(self, path: str, asset: Asset, nodes: dict[str, Object]) -> Iterator[str]:
        """Makes or mends a node; ``nodes`` gets it."""
        name, approval = asset["identifier"], asset["related"].get("create_approval_template")
        fields = {field: asset[field] for field in _FIELDS if field in asset}
        if not approval:
            fields["unified_job_template"] = self._look.identify(asset["unified_job_template"])
        existing = nodes.get(name)
        found = differing(fields, existing) if existing else fields
        if found:
            yield f"node {name}"
        if found and self._perform:
            client = self._look.client
            existing = client.patch(existing["url"], found) if existing else client.make(path, found)
            nodes[name] = existing
        if approval and existing is not None and self._differs(approval, existing):
            yield f"node {name}"
            if self._perform:
                self._approve(approval, existing)

    def _differs(self, approval: Asset, node: Object) -> bool:
        url = node["related"].get("unified_job_template")
        return not url or "workflow_approval_templates" not in url or not same(approval, self._look.client.get(url))

    def _approve(self, approval: Asset, node: Object) -> None:
        url = node["related"].get("unified_job_template")
        if url and "workflow_approval_templates" in url:
            self._look.client.patch(url, approval)
        else:
            self._look.client.post(f"{node['url']}create_approval_template/", {"timeout": 0, **approval})

    def _take_off(self, wrong: list[Link], nodes: Mapping[str, Object]) -> Iterator[str]:
        for before, end, after in wrong:
            yield f"link {before} -{end}-> {after} taken off"
            if self._perform:
                body = {"id": nodes[after]["id"], "disassociate": True}
                self._look.client.post(f"{nodes[before]['url']}{end}_nodes/", body)

    def _add(self, right: list[Link], there: list[Link], nodes: Mapping[str, Object]) -> Iterator[str]:
        for before, end, after in right:
            if (before, end, after) in there or not {before, after} <= nodes.keys():
                continue  # the walk that makes a node comes here again
            yield f"node {before}"
            if before in _reached(after, there):
                self.problems.append(
                    f"the node {after} leads back to {before} by way of nodes that a person added; take those links off"
                )
            if self._perform:
                self._look.client.post(f"{nodes[before]['url']}{end}_nodes/", {"id": nodes[after]["id"]})


def _links(nodes: Mapping[str, Object]) -> list[Link]:
    names = {one["id"]: name for name, one in nodes.items()}
    return [
        (name, end, names[after])
        for name, one in nodes.items()
        for end in _ENDS
        for after in one[f"{end}_nodes"]
        if after in names
    ]


def _reached(node: str, links: list[Link]) -> set[str]:
    """The nodes that come after one."""
    found: set[str] = set()
    in_progress = [node]
    while in_progress:
        one = in_progress.pop()
        following = {after for before, _end, after in links if before == one} - found
        found |= following
        in_progress += following
    return found
