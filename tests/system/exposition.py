"""What /metrics says, read as strictly as the two formats are written: Prometheus text 0.0.4 and OpenMetrics 1.0.

Each gives {family: Family}; a line that the format does not allow is an error.
"""

import math
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\S+)")
SUFFIXES = {  # by type: what a sample's name may add to its family's
    "prometheus": {"counter": [""], "gauge": [""], "histogram": ["_bucket", "_sum", "_count"]},
    "openmetrics": {"counter": ["_total"], "gauge": [""], "histogram": ["_bucket", "_sum", "_count"]},
}


class Family:
    def __init__(self, name, help_text):
        self.name, self.help, self.type, self.unit = name, help_text, None, None
        self.samples = {}  # (name, ((label, value), …)): number

    def value(self, suffix="", **labels):
        return self.samples[self.name + suffix, tuple(sorted(labels.items()))]


def labels_of(text):
    found, at = {}, 0
    while at < len(text):
        match = LABEL.match(text, at)
        assert match, f"no label at {text[at:]!r}"
        assert match[1] not in found, f"label {match[1]} twice"
        found[match[1]] = re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m[1], m[1]), match[2])
        at = match.end()
        if at < len(text):
            assert text[at] == "," and at + 1 < len(text), text
            at += 1
    return found


def number(text):
    assert re.fullmatch(r"[-+]?(\d+(\.\d*)?([eE][-+]?\d+)?|Inf)|NaN", text), f"no number: {text!r}"
    return float(text.replace("Inf", "inf"))


def check_histogram(family):
    series = {}
    for (name, labels), value in family.samples.items():
        rest = tuple(pair for pair in labels if pair[0] != "le")
        series.setdefault(rest, {}).setdefault(name, []).append((dict(labels).get("le"), value))
    for labels, parts in series.items():
        buckets = parts[family.name + "_bucket"]
        bounds, counts = [number(b) for b, _ in buckets], [c for _, c in buckets]
        assert bounds == sorted(set(bounds)) and bounds[-1] == math.inf, (family.name, labels, bounds)
        assert counts == sorted(counts), (family.name, labels, counts)
        assert parts[family.name + "_count"] == [(None, counts[-1])], (family.name, labels)
        assert len(parts[family.name + "_sum"]) == 1


def read(text, form):
    """`form`: "prometheus" or "openmetrics"."""
    assert text.endswith("\n") and "\r" not in text
    lines = text[:-1].split("\n")
    if form == "openmetrics":
        assert lines.pop() == "# EOF", "OpenMetrics ends with # EOF"
    families, family = {}, None
    for line in lines:
        if line.startswith("# "):
            word, name, rest = line[2:].split(" ", 2)
            assert re.fullmatch(NAME, name), line
            if word == "HELP":
                assert name not in families, f"{name} stands in two places"
                family = families[name] = Family(name, rest)
            elif word == "TYPE":
                assert family.name == name and family.type is None and not family.samples, line
                assert rest in SUFFIXES[form], line
                family.type = rest
            else:
                assert form == "openmetrics" and word == "UNIT" and family.name == name, line
                assert name.endswith("_" + rest) and not family.samples, line
                family.unit = rest
            continue
        match = SAMPLE.fullmatch(line)
        assert match, f"no sample: {line!r}"
        name, labels = match[1], labels_of(match[2] or "")
        assert family and name in [family.name + suffix for suffix in SUFFIXES[form][family.type]], line
        key = name, tuple(sorted(labels.items()))
        assert key not in family.samples, f"twice: {line}"
        family.samples[key] = number(match[3])
        assert family.type == "gauge" or family.samples[key] >= 0, line
    for family in families.values():
        assert family.type, family.name
        if form == "prometheus" and family.type == "counter":
            assert family.name.endswith("_total"), family.name
        if form == "openmetrics":
            assert not family.name.endswith("_total"), family.name
        if family.type == "histogram":
            check_histogram(family)
    return families
