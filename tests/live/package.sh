# ASSERTION: the Debian package is built, clean, installed, used and removed
# NEEDS: root debhelper
# KERNELS: no
# ROWS: 9.1.package
make=${MAKE:-make}
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

"$make" -s deb BUILD="$BUILD" CC="${CC:-cc}" >"$root/log" 2>&1 ||
	tail -n 20 "$root/log"
set -- "$BUILD"/deb/jiffy_*_*.deb
[ -e "$1" ] || exit 1
if command -v lintian >/dev/null; then
	lintian --allow-root --pedantic --fail-on error,warning,info,pedantic \
		"${1%.deb}.changes" || echo "lintian: $?"
fi

# The version is that of the executable, and of the changelog.
[ "jiffy v$(dpkg-deb -f "$1" Version)" = "$("$JIFFY" -V)" ] ||
	echo "version $(dpkg-deb -f "$1" Version), not $("$JIFFY" -V)"

# Into a root of its own, which knows no other package.
admin=$root/var/lib/dpkg
mkdir -p "$admin/info" "$admin/updates"
: >"$admin/status"
package() {
	dpkg --root="$root" --force-depends --force-not-root "$@" \
		>"$root/log" 2>&1 || cat "$root/log"
}
package -i "$1"
at=$root/usr
"$at/bin/jiffy" -e 'begin { printf("installed\n"); exit(); }' 2>/dev/null | grep .
zcat "$at/share/man/man8/jiffy.8.gz" | cmp - docs/jiffy.8
for file in share/bash-completion/completions/jiffy \
	share/zsh/vendor-completions/_jiffy \
	share/fish/vendor_completions.d/jiffy.fish \
	share/vim/vimfiles/syntax/bpftrace.vim \
	share/doc/jiffy/TUTORIAL.md share/doc/jiffy/copyright; do
	[ -s "$at/$file" ] || echo "no $file"
done
"$at/bin/jiffy" --kernel tests/fixtures/tools \
	--check "$at"/share/doc/jiffy/examples/*.bt >"$root/checked" 2>&1 ||
	: # one wants arguments
grep -c '^.*: ok' "$root/checked" | awk '{ print ($1 > 40) }'

# Nothing stays.
package -P jiffy
find "$root" -name '*jiffy*' ! -path "$admin/*"
echo "removed"
