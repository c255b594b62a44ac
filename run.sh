#!/usr/bin/env bash
# Shows MailSanitizer at work: a real clamd, the daemon, sample mails in over LMTP and back by SMTP, one row a mail.
# Needs Debian and the .NET SDK; installs clamd and ICU when they are missing (as root or with sudo) and says so.
# Everything runs on loopback in a temporary folder and is gone afterwards.
#   ./run.sh   the demonstration
set -euo pipefail
cd "$(dirname "$0")"
export DOTNET_CLI_UI_LANGUAGE=en DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 MSBUILDDISABLENODEREUSE=1
what=${1:-demo}; [ $# -eq 0 ] || shift
case "$what" in demo) ;; *) sed -n 2,5p "$0"; exit 2;; esac

work=""; daemon=""; clamd=""; policy=""; sudo=""
[ "$(id -u)" -eq 0 ] || sudo=sudo
stop() { # pid seconds: TERM, then KILL
  [ -n "$1" ] || return 0
  kill "$1" 2>/dev/null || true
  for _ in $(seq $(($2 * 10))); do kill -0 "$1" 2>/dev/null || break; sleep 0.1; done
  kill -9 "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}
finish() {
  code=$?
  trap - EXIT
  if [ $code -ne 0 ] && [ -n "$work" ]; then tail -n 40 "$work/daemon.log" "$work/clamd.out" >&2 2>/dev/null || true; fi
  stop "$daemon" 20
  stop "$clamd" 5
  [ -z "$policy" ] || $sudo rm -f "$policy"
  [ -z "$work" ] || rm -rf "$work"
  exit $code
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

command -v dotnet >/dev/null || { echo "run.sh: the .NET SDK 10 is needed (https://dotnet.microsoft.com/download)" >&2; exit 1; }

missing=()
[ -x /usr/sbin/clamd ] || missing+=(clamav-daemon)
dpkg-query -W -f='${Status}\n' 'libicu[0-9]*' 2>/dev/null | grep -q 'install ok installed' || missing+=("libicu$(. /etc/os-release; case "${VERSION_ID:-12}" in 12) echo 72;; 13) echo 76;; *) echo 72;; esac)")
if [ ${#missing[@]} -gt 0 ]; then
  echo "Installing: ${missing[*]}${sudo:+ (with sudo)}"
  # Package scripts start nothing while we install: policy-rc.d answers 101.
  if [ ! -e /usr/sbin/policy-rc.d ]; then policy=/usr/sbin/policy-rc.d; printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null; $sudo chmod 755 "$policy"; fi
  $sudo apt-get -o DPkg::Lock::Timeout=600 update -qq
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -o APT::Install-Recommends=0 -y -qq install "${missing[@]}" >/dev/null
fi

echo "Building (Release) …"
dotnet build tests/MailSanitizer.Benchmarks -c Release -v quiet --nologo ${MAILSANITIZER_BUILD_OPTIONS:-}

work=$(mktemp -d /tmp/mailsanitizer-run.XXXXXX)
mkdir "$work/db" "$work/tmp" "$work/state"
chmod 700 "$work/state"
taken=" "
free_port() { # a port of the loopback that nobody listens on; the answer stands in $port
  while :; do
    port=$((20000 + RANDOM % 12000))
    [[ "$taken" == *" $port "* ]] && continue
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && continue
    taken="$taken$port "; return
  done
}
free_port; lmtp=$port; free_port; next=$port; free_port; web=$port

# Local signatures only, no network. EICAR stands here in halves, so that this script is no test virus.
eicar='X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR''-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'
printf 'MailSanitizer.Test.Eicar:0:0:%s\n' "$(printf '%s' "$eicar" | od -An -v -tx1 | tr -d ' \n')" > "$work/db/local.ndb"
cat > "$work/clamd.conf" <<CONF
TemporaryDirectory $work/tmp
DatabaseDirectory $work/db
OfficialDatabaseOnly no
LocalSocket $work/clamd.sock
FixStaleSocket yes
Foreground yes
MaxThreads 8
MaxQueue 200
SelfCheck 0
StreamMaxLength 64M
MaxScanSize 200M
MaxFileSize 64M
AlertEncrypted yes
AlertExceedsMax yes
CONF
/usr/sbin/clamd -c "$work/clamd.conf" >"$work/clamd.out" 2>&1 </dev/null & clamd=$!
for _ in $(seq 600); do
  [ -S "$work/clamd.sock" ] && break
  kill -0 "$clamd" 2>/dev/null || { echo "run.sh: clamd did not start" >&2; exit 1; }
  sleep 0.1
done

cat > "$work/mailsanitizer.yaml" <<CONF
listen: [{ url: "lmtp://127.0.0.1:$lmtp", direction: inbound, mode: after-queue }]
next-hop: "smtp://127.0.0.1:$next"
local-domains: [example.jp]
trusted-peers: [127.0.0.0/8]
authserv-id: mx.example.jp
state: "$work/state"
clamav:
  address: "unix:$work/clamd.sock"
web:
  listen: "http://127.0.0.1:$web"
CONF
bin=tests/MailSanitizer.Benchmarks/bin/Release/net10.0
DOTNET_gcServer=0 src/MailSanitizer/bin/Release/net10.0/mailsanitizer serve --config "$work/mailsanitizer.yaml" >"$work/daemon.log" 2>&1 </dev/null & daemon=$!

"$bin/MailSanitizer.Benchmarks" "$what" --lmtp "$lmtp" --next-hop "$next" --web "$web" --daemon "$daemon" "$@"
