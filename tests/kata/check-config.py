# SPDX-License-Identifier: Apache-2.0
"""check-config.py KEYS CONFIGURATION: fails if the configuration has a key that is not in the list of those that Kata knows."""
import sys
import tomllib


def keys(table, name):
    for key, value in table.items():
        below = f"{name}.{key}" if name else key
        if isinstance(value, dict):
            yield from keys(value, below)
        elif isinstance(value, list) and value and all(isinstance(v, dict) for v in value):
            for v in value:
                yield from keys(v, below)
        else:
            yield f"{name} {key}"


known = {line.strip() for line in open(sys.argv[1]) if not line.startswith("#")}
with open(sys.argv[2], "rb") as f:
    config = tomllib.load(f)
used = set(keys(config, ""))
strange = sorted(used - known)
if strange or len(used) < 20:
    sys.exit(f"{len(used)} keys, of which Kata does not know: {strange}")
