# SPDX-License-Identifier: MIT
# Waiting in the tests that are shell scripts: sourced with the repository as
# the working directory.

# Until COMMAND succeeds, at most TENTHS of a second; else the test has failed.
within() { # TENTHS COMMAND...
	tries=$1
	shift
	until "$@"; do
		if [ $((tries -= 1)) -lt 0 ]; then
			echo "waited in vain: $*" >&2
			return 1
		fi
		sleep 0.1
	done
}
