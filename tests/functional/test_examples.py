# SPDX-License-Identifier: ISC
"""The examples do what they say they do."""

import pytest

from harness import etc, run

BANNER = '歡迎來到ti-chat聊天室!發言注意遵守當地法律法規!'


def examples():
    return sorted(path.name for path in (etc() / 'examples').glob('*.ini'))


@pytest.fixture
def example(prattled):
    """Start an example on a free port."""

    def start(name):
        path = etc() / 'examples' / name
        return prattled(None, args=['-c', path], settle='0')

    return start


def barrier(client):
    """All that was on its way. Where notices are silent only errors answer."""
    client.send('/no-such-command')
    return client.until('^!! There is no command /no-such-command')[0]


@pytest.mark.parametrize('name', examples())
def test_example_is_well_formed(tmp_path, name):
    code, out, err = run(tmp_path, '-t', '-c', etc() / 'examples' / name)
    assert (code, err) == (0, '')
    assert out


@pytest.mark.parametrize('name', examples())
def test_example_runs_and_ends(example, name):
    room = example(name)
    room.connect(greet=False)
    room.wait_log('conn 1: connect from')
    room.stop()


def test_ti_chat(example):
    room = example('ti-chat.ini')
    people = [room.connect(greet=False) for _ in range(8)]
    for person in people:
        person.expect_next(BANNER)
    people[6].send('大家好')
    assert barrier(people[6]) == []
    for person in people[:6] + people[7:]:
        assert barrier(person) == ['7說 : 大家好']
    # A number is given once.
    people[6].send('/quit')
    people[6].expect_end()
    ninth = room.connect(greet=False)
    ninth.expect_next(BANNER)
    ninth.send('hi')
    assert barrier(ninth) == []
    assert barrier(people[0]) == ['9說 : hi']


def test_echo(example):
    room = example('echo.ini')
    people = [room.connect(greet=False) for _ in range(3)]
    for text in 'hello', '日本語', '  two  blanks ':
        people[0].send(text)
        assert barrier(people[0]) == [f'You said {text}']
    people[0].send('/me waves', '/msg guest2 psst', '/nick ann', '/topic x', '/quit')
    people[0].expect_end()
    for person in people[1:]:
        assert barrier(person) == []
