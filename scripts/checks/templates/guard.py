"""Holds CloudFormation templates against rules of cfn-guard: guard.py RULES TEMPLATE...

Prints one line for every rule that a resource breaks, "rule: resource: what the rule says", and at the end how often a
rule held. The exit code is 0 whatever is found, and 1 where rules or a template can't be read.
"""

import json
import re
import sys

from cfn_guard_rs import run_checks
from cfnlint.decode import decode

RULE = re.compile(r"^rule (\w+)", re.MULTILINE)
MESSAGE = re.compile(r"<<(.*?)>>")


def rules_in(text):
    """Name and text of each rule, with the definitions that come before all of them."""
    starts = list(RULE.finditer(text))
    ends = [start.start() for start in starts[1:]] + [len(text)]
    for start, end in zip(starts, ends):
        yield start.group(1), text[: starts[0].start()] + text[start.start() : end]


def verdict(resource, rule):
    """True where the rule holds, False where it does not, None where it is about something else."""
    try:
        report = run_checks(resource, rule)
    except json.JSONDecodeError:
        # The binding cuts the report of a broken rule where it is longer than a few kilobytes.
        return False
    if report.not_compliant:
        return False
    return True if report.compliant else None


def main(rules_file, *files):
    """Compares one resource with one rule at a time."""
    with open(rules_file, encoding="utf-8") as text:
        rules = list(rules_in(text.read()))
    held = 0
    for file in files:
        template, problems = decode(file)
        if problems:
            sys.exit(f"{file}: {problems[0]}")
        for name, resource in template["Resources"].items():
            alone = {"Resources": {name: json.loads(json.dumps(resource))}}
            for rule, text in rules:
                holds = verdict(alone, text)
                held += holds is True
                if holds is False:
                    print(f"{rule}: {name}: {', or '.join(MESSAGE.findall(text))}")
    print(held)


main(*sys.argv[1:])
