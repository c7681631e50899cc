"""Prints the signature of the cart snapshot on standard input under the key that is the first argument."""

import hashlib
import hmac
import json
import sys

snapshot = json.load(sys.stdin)
snapshot.pop("signature", None)
# RFC 8785 for text and integers: members in order, no spaces, nothing escaped that needs no escape, UTF-8.
canonical = json.dumps(snapshot, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
print(hmac.new(sys.argv[1].encode(), canonical.encode(), hashlib.sha256).hexdigest())
