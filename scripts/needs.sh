#!/usr/bin/env bash
# Says in one sentence what the machine lacks, before a tool fails in twenty. `needs.sh setup | test`.
# What only tests need is installed by it where that is possible (Debian, as root).
set -euo pipefail

fail() {
    echo "$1" >&2
    exit 1
}

setup_needs() {
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
        fail "Python 3.11 or newer is needed; on Debian: apt-get install python3 python3-venv"
    python3 -c 'import ensurepip, venv' 2>/dev/null ||
        fail "Python's venv module is missing; on Debian: apt-get install python3-venv"
    command -v npm >/dev/null && node -e 'process.exit(process.versions.node.split(".")[0] < 20 ? 1 : 0)' ||
        fail "Node.js 20 or newer with npm is needed; on Debian: apt-get install nodejs npm, or from nodejs' own packages"
}

test_needs() {
    local missing=()
    [[ -x /usr/bin/storescu ]] || missing+=(dcmtk)
    command -v dciodvfy >/dev/null || missing+=(dicom3tools)
    command -v Orthanc >/dev/null || [[ -x /usr/sbin/Orthanc ]] || missing+=(orthanc)
    command -v chromium >/dev/null || missing+=(chromium)
    compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || missing+=(postgresql)
    compgen -G '/usr/share/fonts/opentype/noto/NotoSans*CJK*' >/dev/null || missing+=(fonts-noto-cjk)
    ((${#missing[@]})) || return 0
    if [[ $EUID -ne 0 ]] || ! command -v apt-get >/dev/null; then
        fail "The tests need these Debian packages, which are not here: ${missing[*]}"
    fi
    echo "Installing what the tests need: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

case "${1:-}" in
    setup) setup_needs ;;
    test) test_needs ;;
    *) fail "usage: needs.sh setup | test" ;;
esac
