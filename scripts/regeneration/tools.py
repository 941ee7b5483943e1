"""The tools whose output is committed, and their exact versions."""

from importlib.metadata import PackageNotFoundError, version

from regeneration.problem import Problem

# Another version of these may write other bytes.
TOOLS = ("oas-patch", "openapi-python-client", "ruff")


def check_tools(pinned: dict[str, str]) -> None:
    """Refuse to run with other versions than the pinned ones: they may write other bytes."""
    for name in TOOLS:
        if name not in pinned:
            raise Problem(f"spec/sources.toml: #/tools: the version of {name} is missing")
        installed = _installed(name)
        if installed != pinned[name]:
            raise Problem(
                f"{name} {pinned[name]} is needed and {installed or 'none'} is installed: "
                f"python -m pip install '{name}=={pinned[name]}'"
            )


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
