#!/usr/bin/env python3
"""Every relative link in the project's Markdown leads to a file, and each #anchor to a heading."""
import re, subprocess, sys
from pathlib import Path

def anchors(text):
    heads = re.findall(r"^#+ (.*)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in heads}

bad = 0
names = subprocess.run(["git", "ls-files", "*.md"], capture_output=True, text=True, check=True).stdout.split()
for page in map(Path, names):
    text = page.read_text()
    prose = re.sub(r"```.*?```", "", text, flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = page.parent / path if path else page
        if not there.exists():
            print(f"{page}: {target} leads nowhere", file=sys.stderr)
            bad = 1
        elif anchor and there.suffix == ".md" and anchor not in anchors(there.read_text()):
            print(f"{page}: {target} has no such heading", file=sys.stderr)
            bad = 1
sys.exit(bad)
