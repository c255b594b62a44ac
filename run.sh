#!/usr/bin/env bash
# Shows MailSanitizer at work: a real clamd, the daemon, sample mails in over LMTP and back by SMTP, one row a mail.
# Needs Debian and the .NET SDK; installs clamd and ICU when they are missing (as root or with sudo) and says so.
# Everything runs on loopback in a temporary folder and is gone afterwards.
#   ./run.sh        the demonstration
#   ./run.sh load   the load run of the README, beside a bare server, a bare relay and amavisd-new (installs postfix, unbound and amavisd-new);
#                   --mails 10KB,100KB,1MB,10MB --sessions 1,8,32 --seconds 5 --through 'bare relay,MailSanitizer' choose less
set -euo pipefail
cd "$(dirname "$0")"
export DOTNET_CLI_UI_LANGUAGE=en DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 MSBUILDDISABLENODEREUSE=1
what=${1:-demo}; [ $# -eq 0 ] || shift
case "$what" in demo|load) ;; *) sed -n 2,8p "$0"; exit 2;; esac

work=""; daemon=""; clamd=""; policy=""; sudo=""; sink=""; relay=""; amavis=""; dns=""
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
  stop "$amavis" 10
  stop "$relay" 2
  stop "$sink" 2
  stop "$dns" 2
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
if [ "$what" = load ]; then
  [ "$(id -u)" -eq 0 ] || { echo "run.sh load: amavisd-new changes its user, so this one runs as root" >&2; exit 1; }
  [ -x /usr/sbin/smtp-sink ] || missing+=(postfix)
  [ -x /usr/sbin/unbound ] || missing+=(unbound)
  [ -x /usr/sbin/amavisd ] || [ -x /usr/sbin/amavisd-new ] || missing+=(amavisd-new)
fi
if [ ${#missing[@]} -gt 0 ]; then
  echo "Installing: ${missing[*]}${sudo:+ (with sudo)}"
  # Package scripts start nothing while we install: policy-rc.d answers 101.
  if [ ! -e /usr/sbin/policy-rc.d ]; then policy=/usr/sbin/policy-rc.d; printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null; $sudo chmod 755 "$policy"; fi
  $sudo apt-get -o DPkg::Lock::Timeout=600 update -qq
  echo "postfix postfix/main_mailer_type select No configuration" | $sudo debconf-set-selections
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -o APT::Install-Recommends=0 -y -qq install "${missing[@]}" >/dev/null
fi

echo "Building (Release) …"
dotnet build tests/MailSanitizer.Benchmarks -c Release -v quiet --nologo ${MAILSANITIZER_BUILD_OPTIONS:-}
work=$(mktemp -d /tmp/mailsanitizer-run.XXXXXX)
dotnet publish src/MailSanitizer -c Release --use-current-runtime --self-contained false -o "$work/app" -v quiet --nologo ${MAILSANITIZER_BUILD_OPTIONS:-}
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
free_port; lmtp=$port; free_port; next=$port; free_port; web=$port; free_port; relayport=$port; free_port; amavisport=$port; free_port; dnsport=$port

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
MaxThreads $([ "$what" = load ] && echo 4 || echo 8)
DisableCache $([ "$what" = load ] && echo yes || echo no)
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
[ "$what" = demo ] || echo "dns: { servers: [\"127.0.0.1:$dnsport\"] }" >> "$work/mailsanitizer.yaml"
bin=tests/MailSanitizer.Benchmarks/bin/Release/net10.0
ready() { for _ in $(seq 300); do (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return 0; sleep 0.1; done; echo "run.sh: $2 did not start" >&2; exit 1; }
if [ "$what" = load ]; then
  # A resolver that answers at once, as the one beside a mail server does.
  cat > "$work/unbound.conf" <<CONF
server:
  interface: 127.0.0.1@$dnsport
  username: ""
  chroot: ""
  directory: "$work"
  pidfile: ""
  use-syslog: no
  logfile: "$work/unbound.log"
  do-daemonize: no
  do-not-query-localhost: no
  local-zone: "." static
  local-data: 'sender.example. IN TXT "v=spf1 ip4:127.0.0.1 -all"'
  local-data: '_dmarc.sender.example. IN TXT "v=DMARC1; p=none"'
remote-control:
  control-enable: no
CONF
  /usr/sbin/unbound -d -c "$work/unbound.conf" >"$work/unbound.out" 2>&1 </dev/null & dns=$!
  # As root smtp-sink wants to be told whom it runs as.
  /usr/sbin/smtp-sink -u nobody "127.0.0.1:$next" 512 >"$work/sink.log" 2>&1 </dev/null & sink=$!
  ready "$next" smtp-sink
  "$bin/MailSanitizer.Benchmarks" relay --relay "$relayport" --next-hop "$next" --clamd "$work/clamd.sock" >"$work/relay.log" 2>&1 </dev/null & relay=$!
  ready "$relayport" "the relay"
  # amavisd-new: virus checks by the same clamd and nothing else; its configuration must lie where its own user cannot write.
  mkdir -p "$work/amavis-etc" "$work/amavis/tmp" "$work/amavis/db" "$work/amavis/virusmails"
  cat > "$work/amavis-etc/amavisd.conf" <<CONF
use strict;
\$MYHOME = '$work/amavis'; \$TEMPBASE = "\$MYHOME/tmp"; \$QUARANTINEDIR = "\$MYHOME/virusmails";
\$db_home = "\$MYHOME/db"; \$lock_file = "\$MYHOME/amavisd.lock"; \$pid_file = "\$MYHOME/amavisd.pid"; \$unix_socketname = undef;
\$daemon_user = 'amavis'; \$daemon_group = 'amavis';
\$myhostname = 'mx.example.jp'; \$mydomain = 'example.jp'; @local_domains_maps = (['.example.jp', '.rcpt.example']);
@mynetworks = qw(127.0.0.0/8); \$max_servers = 8; \$max_requests = 1000; \$listen_queue_size = 256;
\$inet_socket_port = $amavisport; \$inet_socket_bind = '127.0.0.1'; @inet_acl = qw(127.0.0.1);
\$forward_method = 'smtp:[127.0.0.1]:$next'; \$notify_method = \$forward_method;
@bypass_virus_checks_maps = (0); @bypass_spam_checks_maps = (1); @bypass_banned_checks_maps = (0); @bypass_header_checks_maps = (1);
\$enable_dkim_verification = 0; \$enable_dkim_signing = 0; \$enable_db = 0; \$enable_zmq = 0; \$enable_global_cache = 0;
\$DO_SYSLOG = 0; \$LOGFILE = "\$MYHOME/amavis.log"; \$log_level = 0; \$virus_admin = undef; \$banned_admin = undef;
@av_scanners = (['ClamAV-clamd', \\&ask_daemon, ["CONTSCAN {}\\n", '$work/clamd.sock'], qr/\\bOK\$/m, qr/\\bFOUND\$/m, qr/^.*?: (?!Infected Archive)(.*) FOUND\$/m]);
@av_scanners_backup = ();
1;
CONF
  # clamd reads what amavisd-new unpacked: it runs as root here, the folders are amavisd-new's.
  chmod 755 "$work"; chown -R amavis:amavis "$work/amavis"
  amavisd=/usr/sbin/amavisd; [ -x "$amavisd" ] || amavisd=/usr/sbin/amavisd-new
  "$amavisd" -c /etc/amavis/conf.d/01-debian -c /etc/amavis/conf.d/20-debian_defaults -c "$work/amavis-etc/amavisd.conf" foreground >"$work/amavis.out" 2>&1 </dev/null & amavis=$!
  ready "$amavisport" amavisd-new
  set -- --relay "$relayport" --relay-process "$relay" --clamd-process "$clamd" --amavis "$amavisport" --amavis-process "$amavis" "$@"
fi
DOTNET_gcServer=0 "$work/app/mailsanitizer" serve --config "$work/mailsanitizer.yaml" >"$work/daemon.log" 2>&1 </dev/null & daemon=$!

"$bin/MailSanitizer.Benchmarks" "$what" --lmtp "$lmtp" --next-hop "$next" --web "$web" --daemon "$daemon" "$@"
