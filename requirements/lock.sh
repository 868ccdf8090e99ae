#!/usr/bin/env bash
# Rebuilds the locked requirements, with hashes and without any download address: to run, to develop, to verify a list, to scan.
set -eu
cd "$(dirname "$0")/.."
compile="uv pip compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --universal --python-version 3.11"
$compile --group build pyproject.toml -o requirements/run.txt "$@"
$compile --group build --group dev pyproject.toml -c requirements/run.txt -o requirements/dev.txt "$@"
$compile --group pyproject.toml:verify -c requirements/run.txt -o requirements/verify.txt "$@"
$compile --group pyproject.toml:scan -o requirements/scan.txt "$@"
