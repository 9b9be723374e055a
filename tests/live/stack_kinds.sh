# ASSERTION: user stacks of libraries that are closed before they are printed
# ASSERTION: and of 32-bit programs
# NEEDS: root uprobe
command -v gcc >/dev/null || { echo "no gcc" >&2; exit 77; }
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
cat >"$dir/lib.c" <<'END'
#include <unistd.h>
__attribute__((noinline)) int leaf(int n) { return n + getppid(); }
int inlib(int n) { return leaf(n) + 1; }
END
cat >"$dir/main.c" <<'END'
#include <dlfcn.h>
int main(int argc, char **argv)
{
	void *lib = dlopen(argv[1], RTLD_NOW);

	((int (*)(int))dlsym(lib, "inlib"))(argc);
	dlclose(lib);
	return 0;
}
END
frames="-O1 -fno-omit-frame-pointer -fno-optimize-sibling-calls"
gcc $frames -shared -fPIC -o "$dir/lib.so" "$dir/lib.c"
gcc $frames -o "$dir/main" "$dir/main.c" -ldl
echo "a library that was closed"
"$JIFFY" -q -c "$dir/main $dir/lib.so" -e "uprobe:$dir/lib.so:leaf {
	@[ustack(2)] = count(); }" 2>&1

cat >"$dir/narrow.s" <<'END'
.macro function name
.globl \name
.type \name, @function
\name: push %ebp
	mov %esp, %ebp
.endm
function leaf
	pop %ebp
	ret
.size leaf, . - leaf
function outer
	call leaf
	pop %ebp
	ret
.size outer, . - outer
function _start
	call outer
	mov $1, %eax
	xor %ebx, %ebx
	int $0x80
.size _start, . - _start
END
echo "a 32-bit program"
as --32 -o "$dir/narrow.o" "$dir/narrow.s" 2>/dev/null &&
	ld -m elf_i386 -o "$dir/narrow" "$dir/narrow.o" && "$dir/narrow" || {
	echo "no 32-bit programs in this kernel" >&2
	exit 77
}
"$JIFFY" -q -c "$dir/narrow" -e "uprobe:$dir/narrow:leaf {
	@[ustack(2)] = count(); print(func); }" 2>&1
