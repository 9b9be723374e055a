# ASSERTION: the handshake and a write of a connection to ourselves
# NEEDS: root tracefs uprobe
. tests/within.sh
command -v openssl >/dev/null || { echo "no openssl" >&2; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
	-subj /CN=localhost -days 2 -keyout "$dir/key" -out "$dir/cert" \
	>/dev/null 2>&1
port=$((20000 + $$ % 20000))
(sleep 30 & echo $! >"$dir/sleeper"; wait) | openssl s_server -naccept 1 \
	-accept 127.0.0.1:$port -key "$dir/key" -cert "$dir/cert" \
	>"$dir/server" 2>&1 &
timeout -k 2 40 "$JIFFY" examples/sslsnoop.bt >"$dir/out" 2>"$dir/err" &
tracer=$!
within 200 grep -qs Attached "$dir/err"
within 200 grep -qs ACCEPT "$dir/server"
(echo "hello over there"; sleep 0.5) | timeout 20 openssl s_client -quiet \
	-connect 127.0.0.1:$port >/dev/null 2>&1 || :
kill "$(cat "$dir/sleeper")"
kill -INT $tracer
wait $tracer
cat "$dir/out"
