"""What Schemathesis can't know of the service from its OpenAPI document."""

import re
import uuid

import schemathesis

KEY = "Idempotency-Key"
RULES = ["FREQ=DAILY", "rrule:freq=weekly;byday=mo,th", "FREQ=MONTHLY;BYDAY=-1FR;COUNT=3", "FREQ=YEARLY"]


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    # A key belongs to one body: every request gets one that no other has.
    if case.headers and case.headers.get(KEY):
        case.headers[KEY] = str(uuid.uuid4())
    # A cursor that names a token is made by the store: no pattern tells which tokens there are.
    if case.query and str(case.query.get("after", "")).startswith(("t", "st")):
        case.query.pop("after")
    # No pattern in Python says what a letter is, and none says how many words there are.
    if case.query and "q" in case.query:
        case.query["q"] = " ".join(re.findall("[a-z0-9]+", str(case.query["q"]).lower())[:20]) or "milk"
    # A task that has moved is no longer where Schemathesis looks for it.
    if case.method in ("PUT", "PATCH") and isinstance(case.body, dict):
        case.body.pop("checklist", None)
    # OpenAPI says in words only that the two have to agree.
    if isinstance(case.body, dict) and "status" in case.body:
        case.body.pop("completed", None)
    # Nor can it say that no two labels may be equal but for case and blanks around them.
    if isinstance(case.body, dict) and isinstance(case.body.get("labels"), list):
        labels = {label.strip().upper().casefold(): label for label in case.body["labels"]}
        case.body["labels"] = list(labels.values())
    if isinstance(case.body, dict):
        settle_repeat(case.body)
    # Nor when now is, and which users there are.
    if isinstance(case.body, dict) and case.body.get("expiresAt"):
        case.body["expiresAt"] = "2099-01-01T00:00:00Z"
    if case.query and "lists" in case.query:
        case.query["lists"] = "delete"


def settle_repeat(body):
    """OpenAPI says in words only what a rule must be, and what it needs."""
    if body.get("repeat"):
        body["repeat"] = RULES[len(body["repeat"]) % len(RULES)]
        body["dueDate"] = body.get("dueDate") or "2026-12-24"
        body["status"] = "pending"
        body.pop("completed", None)
        return
    body.pop("repeatFrom", None)
    if "dueDate" in body and not body["dueDate"]:
        body["repeat"] = body["dueDate"]
