# SPDX-License-Identifier: ISC
"""Reads metrics as strictly as can be: OpenMetrics 1.0, or the text of Prometheus.

What other programs would forgive is an error here: order, blanks, names that clash.
"""

import re
from collections import namedtuple

Family = namedtuple('Family', 'name type unit help samples')
Sample = namedtuple('Sample', 'name labels value')

NAME = r'[a-z][a-z0-9_]*'
HEAD = re.compile(rf'# (TYPE|UNIT|HELP) ({NAME}) (\S(?:.*\S)?)')
SAMPLE = re.compile(rf'({NAME})(?:\{{(.*)\}})? (\S+)')
LABEL = re.compile(rf'({NAME})="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')
NUMBER = re.compile(r'[0-9]+(\.[0-9]+)?')

# What the samples of a family are called, by its type.
SUFFIXES = {'gauge': [''], 'counter': ['_total'],
            'histogram': ['_bucket', '_count', '_sum']}
# And what else could be taken for them.
MORE_SUFFIXES = {'gauge': [], 'counter': ['_created', ''],
                 'histogram': ['_created', '']}


def read_labels(text):
    """The labels of a sample, in their order."""
    labels = {}
    while text:
        match = LABEL.match(text)
        assert match, f'not a label: {text}'
        assert match[1] not in labels, f'twice: {match[1]}'
        labels[match[1]] = match[2]
        text = text[match.end():]
    return labels


def read_number(text):
    assert NUMBER.fullmatch(text), f'not a number: {text}'
    return float(text) if '.' in text else int(text)


def check_histogram(family):
    """Buckets are in order, add up, and the last one is all."""
    *buckets, count, total = family.samples
    assert [count.name, total.name] == [f'{family.name}_count', f'{family.name}_sum']
    bounds = [float(sample.labels['le']) for sample in buckets]
    assert bounds == sorted(set(bounds)), bounds
    assert buckets[-1].labels == {'le': '+Inf'}
    values = [sample.value for sample in buckets]
    assert values == sorted(values) and values[-1] == count.value
    assert all(isinstance(value, int) for value in values)
    for sample in buckets[:-1]:
        # As Go writes numbers, since it is part of the name.
        assert sample.labels['le'] == f'{float(sample.labels["le"]):.9g}'
    # At least the lower bounds of all that was counted.
    least = sum((b - a) * bound for a, b, bound in
                zip([0, *values], values, [0, *bounds[:-1]]))
    assert total.value >= least


def check_family(family, suffixes):
    seen = set()
    assert family.samples, f'{family.name} has no samples'
    for sample in family.samples:
        assert sample.name in [family.name + suffix for suffix in suffixes], sample
        key = (sample.name, *sorted(sample.labels.items()))
        assert key not in seen, f'twice: {sample}'
        seen.add(key)
        assert sample.value >= 0
        assert ('le' in sample.labels) == sample.name.endswith('_bucket')
    if family.type == 'histogram':
        check_histogram(family)


def check_names(families):
    """No name of a family could be that of another one's sample."""
    taken = {}
    for family in families.values():
        for suffix in SUFFIXES[family.type] + MORE_SUFFIXES[family.type]:
            name = family.name + suffix
            assert name not in taken, f'{family.name} and {taken[name]} clash'
            taken[name] = family.name


def read(text, prometheus=False):
    """The families by their names, of counters without _total."""
    assert text.endswith('\n') and '\r' not in text and text.isascii()
    lines = text[:-1].split('\n')
    if not prometheus:
        assert lines.pop() == '# EOF'
    families, family, heads = {}, None, []
    for line in lines:
        if match := HEAD.fullmatch(line):
            what, name, value = match.groups()
            if what == 'TYPE':
                name = name.removesuffix('_total') if prometheus else name
                assert name not in families, f'twice: {name}'
                family = families[name] = Family(name, value, None, None, [])
                heads = ['UNIT', 'HELP']
            else:
                # TYPE, UNIT, HELP, and no head behind a sample.
                assert what in heads, f'not there: {line}'
                heads = heads[heads.index(what) + 1:]
                suffix = '_total' if prometheus and family.type == 'counter' else ''
                assert name == family.name + suffix, f'not of this family: {line}'
                family = families[family.name] = family._replace(**{what.lower(): value})
        else:
            match = SAMPLE.fullmatch(line)
            assert match and family is not None, f'not a sample: {line}'
            heads = []
            family.samples.append(
                Sample(match[1], read_labels(match[2] or ''), read_number(match[3])))
    for family in families.values():
        assert family.type in SUFFIXES, family.type
        assert family.help, f'{family.name} has no help'
        assert family.unit is None or family.name.endswith(f'_{family.unit}')
        assert prometheus or bool(family.unit) == bool(
            re.search('_(seconds|bytes)$', family.name)), f'the unit of {family.name}'
        check_family(family, SUFFIXES[family.type])
    check_names(families)
    return families


class Numbers:
    """The samples of some metrics, to be asked for by name and labels."""

    def __init__(self, text, prometheus=False):
        self.text = text
        self.families = read(text, prometheus)
        self.samples = {
            (sample.name, *sorted(sample.labels.items())): sample.value
            for family in self.families.values() for sample in family.samples}

    def get(self, name, **labels):
        return self.samples[(f'prattle_{name}', *sorted(labels.items()))]
