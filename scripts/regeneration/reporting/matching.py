"""Which operation of one document is which operation of another. Pure."""

from dataclasses import dataclass

from regeneration.documents import Document, operations, resolve
from regeneration.generating.names import method_name
from regeneration.generating.table import DescribedOperation, obstacle, operation_kind, table
from regeneration.reporting.change import Subject
from regeneration.reporting.markdown import code


@dataclass(frozen=True)
class Version:
    """An operation as one document has it. `described` is None where only the low-level client has the operation."""

    document: Document
    path: str
    method: str
    node: Document
    described: DescribedOperation | None

    @property
    def name(self) -> str:
        return str(self.node["operationId"])

    @property
    def place(self) -> tuple[str, str]:
        return self.path, self.method

    @property
    def request(self) -> str:
        """`POST /messaging/…`"""
        return f"{self.method.upper()} {self.path}"

    @property
    def kind(self) -> str:
        return operation_kind(self.method, self.node)

    @property
    def obstacle(self) -> str | None:
        """Why only the low-level client has the operation."""
        return obstacle(self.document, self.path, self.method, self.node)

    @property
    def subject(self) -> Subject:
        if self.described is None:
            return Subject(f"{code(self.name)} of the low-level client", code(self.name))
        return Subject(f"{code(method_name(self.name))} ({self.name})", code(self.name))

    def resolved(self, node: Document) -> Document:
        return resolve(self.document, node)


def versions(document: Document) -> dict[str, Version]:
    """Every operation, by operationId."""
    described = {each.operation.operation_id: each for each in table(document)[0]}
    return {
        node["operationId"]: Version(document, path, method, node, described.get(node["operationId"]))
        for path, method, node in operations(document)
    }


@dataclass(frozen=True)
class Matching:
    """The operations that both documents have, those that only the new one has, and those that only the old one has."""

    pairs: list[tuple[Version, Version]]
    added: list[Version]
    removed: list[Version]


def match(old: Document, new: Document) -> Matching:
    """Match by operationId, and where both ids are unknown to the other document, by path and method."""
    before, after = versions(old), versions(new)
    gone = {each.place: each for name, each in before.items() if name not in after}
    renamed = {name: gone[each.place] for name, each in after.items() if name not in before and each.place in gone}
    names = sorted((before.keys() & after.keys()) | renamed.keys(), key=str.lower)
    others = {each.name for each in renamed.values()}
    return Matching(
        pairs=[(renamed[name] if name in renamed else before[name], after[name]) for name in names],
        added=[each for name, each in _sorted(after) if name not in before and name not in renamed],
        removed=[each for name, each in _sorted(before) if name not in after and name not in others],
    )


def _sorted(found: dict[str, Version]) -> list[tuple[str, Version]]:
    return sorted(found.items(), key=lambda item: item[0].lower())
