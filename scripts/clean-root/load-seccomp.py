"""Puts a filter of system calls, in the form that engines read, on itself and becomes the program that follows it."""

import json
import os
import sys

import seccomp

with open(sys.argv[1], encoding="utf-8") as file:
    profile = json.load(file)
assert profile["defaultAction"] == "SCMP_ACT_ALLOW"
rules = seccomp.SyscallFilter(seccomp.ALLOW)
for entry in profile["syscalls"]:
    assert entry["action"] == "SCMP_ACT_ERRNO"
    for name in entry["names"]:
        rules.add_rule(seccomp.ERRNO(entry["errnoRet"]), name)
rules.load()
os.execvp(sys.argv[2], sys.argv[2:])
