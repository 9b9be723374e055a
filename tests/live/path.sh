# ASSERTION: path() of an open file, with and without a limit
# ROWS: 4.3.path
# NEEDS: root btf
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
echo text >"$dir/a file"
exec 7<"$dir/a file"
"$JIFFY" -q -e 'iter:task_file {
	if (ctx.task.tgid == $1 && ctx.fd == 7) {
		printf("%s|\n", path(ctx.file.f_path)); printf("%s|\n", path(ctx.file.f_path, 64));
		@[path(ctx.file.f_path)] = 1;
	} }' $$ 2>&1 | sed "s|$dir|DIR|"
