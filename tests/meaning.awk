# SPDX-License-Identifier: MIT
# The tree that -d ast prints, without what --fmt may spell anew: x = x + 1 as
# x += 1, @m[(1, 2)] as @m[1, 2].
function depth(line) {
	match(line, /^ */)
	return RLENGTH
}

# The first line behind the subtree at `i`.
function past(i,    d) {
	d = depth(line[i])
	for (i++; i <= n && depth(line[i]) > d;)
		i++
	return i
}

function put(from, to, less,    i) {
	for (i = from; i < to; i++)
		walked[++m] = substr(line[i], less + 1)
}

function same(a, b,    i, size, shift) {
	size = past(a) - a
	shift = depth(line[b]) - depth(line[a])
	for (i = 0; i < size; i++)
		if (substr(line[b + i], shift + 1) != line[a + i])
			return 0
	return past(b) - b == size
}

{
	line[++n] = $0
}

END {
	for (i = 1; i <= n; i++) {
		value = past(i + 1)
		left = value + 1
		right = left <= n ? past(left) : n + 1
		if (line[i] ~ /^ *map @[^ ]* \[\]$/ &&
		    line[i + 1] ~ /^ *tuple$/ && past(i) == past(i + 1) &&
		    past(i + 2) < past(i)) {
			walked[++m] = line[i]
			keys = past(i)
			for (i += 2; i < keys; i++)
				walked[++m] = substr(line[i], 3)
			i--
		} else if (line[i] ~ /^ *assign =$/ && value <= n &&
			   line[value] ~ /^ *binary [-+*\/%&|^<>]+$/ &&
			   line[value] !~ /(&&|[|][|]| [<>]| [<>]=)$/ &&
			   same(i + 1, left)) {
			split(line[value], part, "binary ")
			walked[++m] = line[i]
			sub(/=$/, part[2] "=", walked[m])
			put(i + 1, value, 0)
			put(right, past(value), 2)
			i = past(value) - 1
		} else {
			walked[++m] = line[i]
		}
	}
	for (i = 1; i <= m; i++)
		print walked[i]
}
