#!/usr/bin/env bash
# Makes sure that the system libraries named are there: pango (PDF), chromium (browser tests), redis (its queue's tests), nginx
# (tests of deploy/).
# Installs them with apt when that is allowed (root on Debian or Ubuntu); otherwise names the exact command.
set -eu

missing=()
for name in "$@"; do
  case "$name" in
    pango)
      if ! python3 - <<'PY' 2>/dev/null
import ctypes, ctypes.util
for library in ("pango-1.0", "pangoft2-1.0", "harfbuzz", "harfbuzz-subset", "fontconfig"):
    ctypes.CDLL(ctypes.util.find_library(library) or f"lib{library}.so.0")
PY
      then missing+=(libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fontconfig); fi ;;
    chromium)
      command -v chromium >/dev/null 2>&1 || missing+=(chromium) ;;
    nginx)
      command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ] || missing+=(nginx-light) ;;
    redis)
      command -v redis-server >/dev/null 2>&1 || command -v valkey-server >/dev/null 2>&1 || missing+=(redis-server) ;;
  esac
done

[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing system libraries: ${missing[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
else
  echo "System libraries are missing. Install them, then run the command again:" >&2
  echo "    sudo apt-get install ${missing[*]}" >&2
  echo "(on macOS: brew install pango redis nginx; brew install --cask chromium)" >&2
  exit 1
fi
