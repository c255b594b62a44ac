#!/usr/bin/env bash
# Runs every test. Installs what the tests talk to (Debian packages), as root or with sudo, and says so.
#   ./test.sh          what CI runs: slow oracles on a fixed sample
#   ./test.sh --full   everything
set -euo pipefail
cd "$(dirname "$0")"
export DOTNET_CLI_UI_LANGUAGE=en DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 MSBUILDDISABLENODEREUSE=1
[ "${1:-}" = "--full" ] && export MAILSANITIZER_FULL=1

# Real servers and oracles. Nothing is started by the package scripts (policy-rc.d answers 101 while we install).
packages=(libicu72 clamav-daemon postfix swaks nsd unbound bind9-dnsutils dovecot-core dovecot-lmtpd dovecot-sieve
  opendkim python3 python3-dkim python3-spf python3-authres python3-nacl p7zip-full arj cabextract lhasa cpio unzip zip zstd xz-utils
  gnupg openssl bzip2 ncompress clamav-testfiles curl
  c-icap libc-icap-mod-virus-scan
  genisoimage qpdf poppler-utils publicsuffix chromium python3-xlsxwriter python3-msoffcrypto-tool python3-olefile)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "Installing for the tests: ${missing[*]}"
  sudo=""; [ "$(id -u)" -eq 0 ] || sudo=sudo
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null; $sudo chmod 755 "$policy"; trap '$sudo rm -f "$policy"' EXIT; fi
  $sudo apt-get -o DPkg::Lock::Timeout=600 update -qq
  echo "postfix postfix/main_mailer_type select No configuration" | $sudo debconf-set-selections
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -o APT::Install-Recommends=0 -y -qq install "${missing[@]}" >/dev/null
fi

dotnet build MailSanitizer.sln -v quiet
dotnet test --solution MailSanitizer.sln --no-build
