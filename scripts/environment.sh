# shellcheck shell=bash
# Sourced by scripts/demo and scripts/test: makes .venv and installs this repository into it.
# PYTHON names the interpreter for it. Without PYTHON, it is the newest Python >= 3.11 on PATH.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/.venv
lock=$root/requirements/dev.txt # exact versions; scripts/lock writes them

# programs_of VENV: the folder of its programs, which has another name on Windows.
programs_of() {
  case $OSTYPE in
    msys* | cygwin*) echo "$1/Scripts" ;;
    *) echo "$1/bin" ;;
  esac
}
programs=$(programs_of "$venv")

recent_enough() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
  local candidate candidates=(python3.14 python3.13 python3.12 python3.11 python3 python)
  if [ -n "${PYTHON:-}" ]; then candidates=("$PYTHON"); fi
  for candidate in "${candidates[@]}"; do
    if recent_enough "$candidate"; then
      echo "$candidate"
      return
    fi
  done
  echo "Python 3.11 or newer is needed${PYTHON:+, and PYTHON=$PYTHON is not that}. Set PYTHON to one." >&2
  return 1
}

# A file in .venv says what was installed, so that a second run installs nothing. It includes the
# version of Python, because somebody may make .venv again with another Python.
fingerprint() {
  { echo "$root $1"; "$programs/python" --version; cat "$root/pyproject.toml" "$lock"; } | cksum
}

# install EXTRAS: uses an existing .venv, whoever made it. All versions are those of the lock.
# `install dev` means all extras, and the tools that pyproject.toml lists under dependency-groups. `install build`
# means the tools of scripts/build alone.
install() {
  local extras=$1 stamp=$venv/.installed-$1 python wanted pip
  if [ ! -x "$programs/python" ]; then
    python=$(find_python)
    echo "Making .venv with $("$python" --version)" >&2
    "$python" -m venv "$venv"
  elif ! recent_enough "$programs/python"; then
    echo "$venv holds a Python older than 3.11: remove it and run this again." >&2
    return 1
  fi
  if [ "$(cat "$stamp" 2>/dev/null)" != "$(fingerprint "$extras")" ]; then
    echo "Installing spapi-messaging[$extras]" >&2
    pip=("$programs/python" -m pip install -qq --disable-pip-version-check)
    case $extras in
      # Most of it is never imported, and Python compiles the rest when it is: that takes half the time.
      dev) wanted=(--no-compile --editable "${root}[all]" --group "$root/pyproject.toml:dev") ;;
      build) wanted=(--group "$root/pyproject.toml:build") ;;
      *) wanted=(--editable "${root}[$extras]") ;;
    esac
    case $extras in
      dev | build) "${pip[@]}" 'pip>=25.1' >&2 ;; # an older one knows no dependency groups
    esac
    "${pip[@]}" --constraint "$lock" "${wanted[@]}" >&2
    fingerprint "$extras" >"$stamp"
  fi
}
