#!/usr/bin/env bash
# What for: reads what is deployed without deploying it: Dockerfile, compose.yaml, nginx's files, systemd's units, workflows, and the
# links of the documents. Called by lint.sh.
# Not here: running any of it: `make replicas` does that for nginx.

. "$(dirname "$0")/env.sh"

PATH="$LINTERS/bin:$PATH:/usr/sbin"
TRIAL=$(mktemp -d)
trap 'rm -rf "$TRIAL"' EXIT

# The most that `systemd-analyze security` may say of a unit; 10 is no protection at all.
MOST_EXPOSED=1.5

say "Container files, workflows, YAML"
hadolint Dockerfile
check-jsonschema --quiet --builtin-schema vendor.compose-spec deploy/compose.yaml # part: redis
check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
node scripts/lint-workflows.mjs .github/workflows/*.yml
yamllint --strict .yamllint.yaml deploy .github

# nginx's own check of a site, with addresses and certificate that this machine has, then gixy's search for known mistakes.
check_site() {
    local site=$1 rendered
    rendered="$TRIAL/$(basename "$site")"
    # Debian 12's nginx knows neither `resolve` nor `http2 on`; names of containers mean nothing here.
    sed -e "s|/etc/nginx/leptos-scalekit|$ROOT/deploy/nginx|; s| resolve | |; /http2 on;/d; s|app-[0-9]:|127.0.0.1:|" \
        -e "s|\\\${APP_URL}|https://app.example.com|" \
        -e "s|\(ssl_certificate\) .*;|\1 $TRIAL/certificate.pem;|; s|\(ssl_certificate_key\) .*;|\1 $TRIAL/key.pem;|" \
        -e "s|listen \(\[::\]:\)\{0,1\}\([0-9]*\)|listen unix:$TRIAL/\2\1.socket|" "$site" >"$rendered.site"
    printf 'pid %s; error_log stderr; events {} http { access_log off; include %s; }\n' "$TRIAL/pid" "$rendered.site" >"$rendered"
    nginx -t -q -e stderr -c "$rendered"
    # Strict-Transport-Security is the application's to send.
    gixy --skips hsts_header "$rendered" >"$TRIAL/gixy" || { cat "$TRIAL/gixy"; fail "gixy complains about $site."; }
}

say "nginx"
openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=app.example.com -keyout "$TRIAL/key.pem" -out "$TRIAL/certificate.pem" 2>/dev/null
check_site deploy/nginx/site.conf
check_site deploy/nginx/container.conf # part: redis

# Since version 250 it judges files that are not installed.
if has systemd-analyze && systemd-analyze --help | grep -q -- --offline; then
    say "systemd"
    # Units name programs and other units: both have to be there to be verified.
    mkdir -p "$TRIAL/root/etc/systemd/system" "$TRIAL/root/usr/lib" "$TRIAL/root/usr/local/bin"
    cp deploy/systemd/leptos-scalekit* "$TRIAL/root/etc/systemd/system/"
    cp -R /lib/systemd "$TRIAL/root/usr/lib/"
    ln -s usr/lib "$TRIAL/root/lib"
    install -D -m 755 deploy/systemd/backup.sh "$TRIAL/root/usr/local/lib/leptos-scalekit/backup.sh" # part: sqlite
    install -m 755 scripts/run.sh "$TRIAL/root/usr/local/bin/leptos-scalekit"
    for unit in deploy/systemd/leptos-scalekit*; do
        systemd-analyze verify --man=no --root="$TRIAL/root" "$(basename "$unit")"
    done
    for unit in deploy/systemd/*.service; do
        systemd-analyze security --offline=true --root="$TRIAL/root" --threshold="${MOST_EXPOSED/./}" "$(basename "$unit")" >"$TRIAL/exposure" ||
            { cat "$TRIAL/exposure"; fail "$unit may do too much."; }
    done
fi

say "Links of the documents"
node scripts/lint-links.mjs
