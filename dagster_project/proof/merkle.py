"""Merkle trees as RFC 6962 defines them (section 2.1): root, audit path, and what a path leads to.

SHA-256 alone, so that whoever holds a path follows it with any standard library. Why: D-143.
"""

import hashlib
from collections.abc import Sequence

_LEAF, _NODE = b"\0", b"\1"


def leaf_hash(content: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(_LEAF + content).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over the hashes of leaves; of none, the hash of nothing."""
    return _levels(leaves)[-1][0] if leaves else hashlib.sha256().digest()


def path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """What it takes beside a leaf to compute the root, from the leaf upwards."""
    beside = []
    for level in _levels(leaves)[:-1]:
        if index ^ 1 < len(level):
            beside.append(level[index ^ 1])
        index //= 2
    return beside


def followed(leaf: bytes, index: int, size: int, beside: Sequence[bytes]) -> bytes | None:
    """The root that a leaf's path leads to in a tree of that size; None where the path does not fit."""
    at, last = index, size - 1
    left = list(beside)
    while last > 0:
        if at % 2 or at < last:
            if not left:
                return None
            other = left.pop(0)
            leaf = _node(other, leaf) if at % 2 else _node(leaf, other)
        at, last = at // 2, last // 2
    return leaf if not left and 0 <= index < size else None


def _levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """From the leaves to the root: pairs from the left, a last one alone moves up as it is."""
    levels = [list(leaves)]
    while len(below := levels[-1]) > 1:
        pairs = [_node(*below[at : at + 2]) for at in range(0, len(below) - 1, 2)]
        levels.append(pairs + below[len(pairs) * 2 :])
    return levels


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()
