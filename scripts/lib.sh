# Sourced by the scripts beside it: goes to the repository's root and knows where Python and uv are.
# shellcheck shell=bash

cd "$(dirname "${BASH_SOURCE[0]}")/.."
ROOT=$(pwd -P)
VENV=$ROOT/.venv
TOOLS=$ROOT/.venv-tools
PYTHON_VERSION=3 # the one that is looked for; the stack narrows it down

say() { printf 'medtfx: %s\n' "$*" >&2; }

fail() {
  say "$*"
  exit 1
}

need_setup() {
  [ -x "$VENV/bin/medtfx" ] || fail "nothing is installed here yet. Run 'make setup' first."
}

# === The two stacks ===

# Prints the Python versions that a stack runs on, the preferred one first.
stack_pythons() {
  case $1 in
    current) echo 3.13 3.12 3.11 ;;
    wide) echo 3.10 ;;
    *) fail "STACK is current (the maintained TFX) or wide (for older systems), not '$1'." ;;
  esac
}

# The wheels of ml-metadata and TFDV in `current` are linked against this C library.
GLIBC_OF_CURRENT=2.39

glibc_version() { getconf GNU_LIBC_VERSION 2>/dev/null || echo "none"; }

runs_current() {
  local found
  found=$(glibc_version)
  printf '%s\n' "glibc $GLIBC_OF_CURRENT" "$found" | sort -V -C && [ "$found" != none ]
}

# === The environment ===

# What a shell may carry that would send an installer elsewhere. Where packages come from (index,
# proxy, certificates, cache) is the user's and stays.
clean_environment() {
  local name
  unset PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONDONTWRITEBYTECODE VIRTUAL_ENV
  for name in $(compgen -e); do
    case $name in
      UV_INDEX* | UV_DEFAULT_INDEX | UV_EXTRA_INDEX_URL | UV_FIND_LINKS | UV_NO_INDEX) ;;
      UV_KEYRING_PROVIDER | UV_OFFLINE | UV_HTTP_* | UV_REQUEST_TIMEOUT | UV_INSECURE_HOST) ;;
      UV_NATIVE_TLS | UV_SYSTEM_CERTS | UV_CONFIG_FILE | UV_NO_CONFIG | UV_CACHE_DIR) ;;
      UV_NO_CACHE | UV_LINK_MODE | UV_CONCURRENT_*) ;;
      UV_PYTHON_DOWNLOADS* | UV_PYTHON_INSTALL_* | UV_PYTHON_CACHE_DIR) ;;
      PIP_INDEX_URL | PIP_EXTRA_INDEX_URL | PIP_FIND_LINKS | PIP_NO_INDEX | PIP_TRUSTED_HOST) ;;
      PIP_CERT | PIP_CLIENT_CERT | PIP_PROXY | PIP_KEYRING_PROVIDER | PIP_USE_FEATURE) ;;
      PIP_CONFIG_FILE | PIP_CACHE_DIR | PIP_NO_CACHE_DIR | PIP_TIMEOUT) ;;
      PIP_DEFAULT_TIMEOUT | PIP_RETRIES) ;;
      UV_* | PIP_*) unset "$name" ;;
    esac
  done
  export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore
  export PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0 PIP_USE_PEP517=1
}

# === Certificates ===

# Prints the file with the system's certificates, a company's own authority among them; or nothing.
system_certificates() {
  local file
  for file in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt \
    /etc/ssl/ca-bundle.pem /etc/ssl/cert.pem; do
    [ ! -s "$file" ] || { printf '%s\n' "$file" && return; }
  done
}

# uv and pip come with certificates of their own. Lets them trust the system's instead, and says so;
# what the user has set stays.
trust_system() {
  local file
  file=$(system_certificates)
  if [ -n "${SSL_CERT_FILE:-}" ]; then
    say "certificates: $SSL_CERT_FILE (SSL_CERT_FILE)"
  elif [ -n "$file" ]; then
    say "certificates: the system's, $file"
    # One setting: its name, and its name in older versions of uv.
    export UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-true} UV_NATIVE_TLS=${UV_NATIVE_TLS:-true}
  else
    say "certificates: those that come with uv and pip; the system has none"
  fi
  file=${SSL_CERT_FILE:-$file}
  [ -z "$file" ] || pip_has_certificates || export PIP_CERT=$file
}

pip_has_certificates() {
  [ -n "${PIP_CERT:-}${REQUESTS_CA_BUNDLE:-}" ] ||
    grep -qsE '^ *cert *=' /etc/pip.conf /etc/xdg/pip/pip.conf \
      "${HOME:-/nonexistent}"/{.pip,.config/pip}/pip.conf "${PIP_CONFIG_FILE:-/nonexistent}"
}

# === Python ===

# Prints the interpreter behind $1 (not a shim, not a virtual environment's link) if it runs, is the
# Python we want and can compile extensions. Two dependencies come as C and C++ source.
probe_python() {
  "$1" -I -c '
import os, sys, sysconfig
if "%d.%d" % sys.version_info[:2] != sys.argv[1] or sys.maxsize < 2**32:
    sys.exit(1)
if not os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h")):
    sys.exit(2)
behind = os.path.join(sys.base_prefix, "bin", "python" + sys.argv[1])
print(behind if os.access(behind, os.X_OK) else sys.executable)
' "$PYTHON_VERSION" 2>/dev/null
}

python_candidates() {
  local name="python$PYTHON_VERSION" home=${HOME:-/nonexistent}
  type -ap "$name" || true
  ls -d "${PYENV_ROOT:-$home/.pyenv}"/versions/"$PYTHON_VERSION"*/bin/"$name" \
    "$home"/.pyenv/versions/"$PYTHON_VERSION"*/bin/"$name" 2>/dev/null | sort -rV || true
  type -ap python3 python || true
  ls -d /usr/bin/"$name" /usr/local/bin/"$name" \
    "${CONDA_PREFIX:-/nonexistent}/bin/$name" \
    {/opt/conda,"$home"/{miniforge3,miniconda3,anaconda3}}{,/envs/*}/bin/"$name" \
    "$home"/.asdf/installs/python/"$PYTHON_VERSION"*/bin/"$name" \
    "$home"/.local/share/mise/installs/python/"$PYTHON_VERSION"*/bin/"$name" 2>/dev/null || true
}

# Prints the path of the Python to build on, or nothing.
find_python() {
  local candidate found status
  while IFS= read -r candidate; do
    found=$(probe_python "$candidate") && status=0 || status=$?
    if [ "$status" = 2 ]; then
      say "$candidate has no C headers (Debian: python$PYTHON_VERSION-dev); trying the next one"
    elif [ "$status" = 0 ] && [[ $found != "$VENV"/* ]]; then
      printf '%s\n' "$found"
      return
    fi
  done < <(python_candidates | awk '!seen[$0]++')
}

# === uv ===

uv_is_recent() { # 0.5 brought everything used here
  local version
  version=$("$1" --version 2>/dev/null) || return 1
  [[ $version =~ ^uv\ ([0-9]+)\.([0-9]+) ]] || return 1
  ((BASH_REMATCH[1] > 0 || BASH_REMATCH[2] >= 5))
}

can_import() { # is $1 a Python of 3.8 or later that has the module $2?
  "$1" -I -c "import sys, $2; sys.exit(sys.version_info < (3, 8))" 2>/dev/null
}

# Prints a Python that has pip, whichever it is.
find_pip() {
  local candidate
  while IFS= read -r candidate; do
    can_import "$candidate" pip || continue
    printf '%s\n' "$candidate"
    return
  done < <(python_candidates; ls -d "${HOME:-/nonexistent}"/.pyenv/versions/3.*/bin/python3 \
    /usr/bin/python3 /usr/local/bin/python3 2>/dev/null | sort -rV)
  # Debian packages pip apart from Python, but not apart from virtual environments.
  while IFS= read -r candidate; do
    can_import "$candidate" ensurepip || continue
    "$candidate" -I -m venv --clear "$TOOLS/pip" >/dev/null 2>&1 || continue
    printf '%s\n' "$TOOLS/pip/bin/python"
    return
  done < <(python_candidates)
}

# Prints the path of a uv: the one on PATH, else the one pinned in requirements/uv.txt, which pip
# installs in .venv-tools; or nothing.
find_uv() {
  local candidate version pip
  while IFS= read -r candidate; do
    if uv_is_recent "$candidate"; then
      printf '%s\n' "$candidate"
      return
    fi
  done < <(type -ap uv)

  version=$(sed -n 's/^uv==\([0-9.]*\).*/\1/p' requirements/uv.txt)
  candidate=$TOOLS/uv-$version
  if ! uv_is_recent "$candidate/bin/uv"; then
    pip=$(find_pip)
    [ -n "$pip" ] || return 0
    say "installing uv $version in .venv-tools (with the pip of $pip)"
    rm -rf "$candidate" "$candidate.part"
    "$pip" -I -m pip install --quiet --only-binary :all: --require-hashes \
      --target "$candidate.part" -r requirements/uv.txt >&2 || return 0
    mv "$candidate.part" "$candidate"
  fi
  if uv_is_recent "$candidate/bin/uv"; then printf '%s\n' "$candidate/bin/uv"; fi
}
