"""`--check`: compares `spec/openapi.json` and `generated/` with what steps 3 and 4 make. Needs no network."""

import tempfile
from pathlib import Path

from regeneration.documents import to_json
from regeneration.fetching import provenance
from regeneration.files import write
from regeneration.pipeline import build, specify
from regeneration.project import Project
from regeneration.tools import check_tools


def drift(project: Project) -> list[str]:
    """A line for each file that differs, is missing or does not belong there."""
    sources = provenance.read(project.sources)
    check_tools(sources.tools)
    models = {api.name: project.read_published(api.name) for api in sources.apis}
    specification = specify(sources.apis, models, project.read_overlays())
    with tempfile.TemporaryDirectory() as folder:
        made = build(specification.document, project.spec, Path(folder))
        for api, model in models.items():
            write(made.published(api), to_json(model))
        return [
            *(f"spec/overlays/{line} matches nothing" for line in specification.unmatched),
            *_compare(made, project),
        ]


def _compare(made: Project, project: Project) -> list[str]:
    wanted, found = _contents(made), _contents(project)
    lines = []
    for name in sorted(wanted | found):
        if name not in found:
            lines.append(f"{name} is missing")
        elif name not in wanted:
            lines.append(f"{name} does not belong there")
        elif wanted[name] != found[name]:
            lines.append(f"{name} differs from what would be made")
    return lines


def _contents(project: Project) -> dict[str, bytes]:
    paths = [project.openapi, *(project.spec / "published").iterdir(), *project.generated.rglob("*")]
    return {
        str(path.relative_to(project.root)): path.read_bytes()
        for path in paths
        if path.is_file() and "__pycache__" not in path.parts
    }
