"""Deliveries as GitHub sends them."""

import hashlib
import hmac
import http.client
import json
import uuid

SECRET = "a secret of the bench"


def push_body(repository, commit, ref="refs/heads/main", commits=1):
    """A push payload; `commits` makes it as long as real ones are."""
    entry = {
        "id": commit, "tree_id": commit, "distinct": True, "message": "Change one file", "timestamp": "2026-01-01T00:00:00Z",
        "url": f"https://github.example/acme/shop/commit/{commit}",
        "author": {"name": "Ann", "email": "ann@example.org", "username": "ann"},
        "committer": {"name": "Ann", "email": "ann@example.org", "username": "ann"},
        "added": ["src/new_file.c"], "removed": [], "modified": ["src/file_1.c", "src/file_2.c", "README.md"],
    }
    payload = {
        "ref": ref, "before": "1" * 40, "after": commit, "created": False, "deleted": False, "forced": False,
        "repository": {"id": 1, "name": "shop", "full_name": "acme/shop", "private": False, "clone_url": repository,
                       "html_url": repository, "default_branch": "main", "owner": {"name": "acme", "login": "acme"}},
        "pusher": {"name": "ann", "email": "ann@example.org"}, "sender": {"login": "ann", "id": 1},
        "commits": [entry] * commits, "head_commit": entry,
    }
    return json.dumps(payload, separators=(",", ":")).encode()


def headers(body, event="push"):
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json", "User-Agent": "GitHub-Hookshot/bench", "X-GitHub-Event": event,
        "X-GitHub-Delivery": str(uuid.uuid4()), "X-Hub-Signature-256": f"sha256={digest}",
    }


def post(port, path, body, event="push"):
    """Posts one delivery: (status, answer)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", path, body, headers(body, event))
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace")
    finally:
        connection.close()
