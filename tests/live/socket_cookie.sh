# ASSERTION: socket_cookie() is what getsockopt(SO_COOKIE) gives
# ROWS: 4.3.socket_cookie
# NEEDS: root btf kfunc
command -v perl >/dev/null || {
	echo "no perl" >&2
	exit 77
}
perl -MSocket -e '
	socket(my $s, PF_INET, SOCK_STREAM, 0) or die;
	bind($s, sockaddr_in(0, INADDR_LOOPBACK)) or die;
	listen($s, 1) or die;
	my ($port) = sockaddr_in(getsockname($s));
	my $cookie = unpack("Q", getsockopt($s, SOL_SOCKET, 57)) or die;
	my $got = `"$ENV{JIFFY}" -q -e "iter:tcp {
		if (ctx.sk_common.skc_num == \\\$1) {
			print(socket_cookie(ctx.sk_common)); } }" $port 2>&1`;
	$got =~ s/\s//g;
	print $got eq $cookie ? "same\n" : "wanted $cookie, got $got\n";'
