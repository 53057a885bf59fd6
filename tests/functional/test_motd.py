# SPDX-License-Identifier: ISC
"""The message of the day, which is read again by itself."""

import os

import pytest

from harness import wait_until

NONE = ['-- There is no message of the day.']


@pytest.fixture
def motd(tmp_path):
    path = tmp_path / 'motd'
    path.write_text('Tea at four.\n\n  Bring ☕.\n', encoding='utf-8')
    return path


@pytest.fixture
def room(prattled, motd):
    return prattled(f'[server]\nmotd_file = {motd}\n')


def wait_motd(client, lines):
    """Wait until /motd shows these lines."""
    __tracebackhide__ = True
    wait_until(lambda: client.ask('/motd') == lines, f'{lines} as message of the day')


def test_newcomers_see_it_behind_the_welcome(room):
    ann = room.connect(greet=False)
    ann.expect('^-- Welcome')
    for line in 'Tea at four.', '', '  Bring ☕.':
        ann.expect_next(line)
    ann.expect_next('-- In #lobby: nobody but you')
    assert ann.ask('/motd') == ['Tea at four.', '', '  Bring ☕.']


def test_it_has_a_format(prattled, motd):
    room = prattled(f'[server]\nname = Den\nmotd_file = {motd}\n'
                    '[format]\nmotd = {server} tells {nick}: {text}\n')
    assert room.connect().ask('/motd')[0] == 'Den tells guest1: Tea at four.'


def test_it_is_read_again_when_written_to(room, motd):
    ann = room.connect()
    with open(motd, 'a', encoding='utf-8') as file:
        file.write('And cake.\n')
    wait_motd(ann, ['Tea at four.', '', '  Bring ☕.', 'And cake.'])


def test_it_is_read_again_when_replaced(room, motd):
    # As editors do it; even if the new file looks no younger and has the same size.
    ann = room.connect()
    new = motd.with_name('new')
    new.write_bytes(motd.read_bytes().replace(b'four', b'five'))
    when = motd.stat()
    os.utime(new, ns=(when.st_atime_ns, when.st_mtime_ns))
    new.replace(motd)
    wait_motd(ann, ['Tea at five.', '', '  Bring ☕.'])


def test_it_goes_and_comes_with_its_file(room, motd):
    ann = room.connect()
    text = motd.read_bytes()
    motd.unlink()
    wait_motd(ann, NONE)
    newcomer = room.connect(greet=False)
    assert len(newcomer.until('^-- In #lobby')[0]) == 1
    room.wait_log(f"warning: motd: can't read {motd}: No such file or directory")
    motd.write_bytes(text)
    wait_motd(ann, ['Tea at four.', '', '  Bring ☕.'])


def test_file_that_is_not_there_yet(prattled, tmp_path):
    path = tmp_path / 'motd'
    room = prattled(f'[server]\nmotd_file = {path}\n')
    ann = room.connect()
    assert ann.ask('/motd') == NONE
    room.wait_log(f"warning: motd: can't read {path}")
    path.write_text('Here I am.')
    wait_motd(ann, ['Here I am.'])


def test_directory_is_no_message(prattled, tmp_path):
    room = prattled(f'[server]\nmotd_file = {tmp_path}\n')
    assert room.connect().ask('/motd') == NONE
    room.wait_log("warning: motd: can't read .*: Is a directory")


def test_it_is_clean(prattled, tmp_path):
    path = tmp_path / 'motd'
    path.write_bytes(b'\x1b[31mred\x1b[0m \x07bell\r\n\xff\xc2\x9b2J\xe2\x80\xaeback\n'
                     + bytes(range(256)) + b'\nend')
    room = prattled(f'[server]\nmotd_file = {path}\n')
    lines = room.connect().ask('/motd')  # whose lines are all checked
    assert lines[:2] == ['red bell', '\ufffdback']
    assert lines[-1] == 'end'


def test_it_is_no_book(prattled, tmp_path):
    path = tmp_path / 'motd'
    path.write_text('x' * 79 + '\n')
    room = prattled(f'[server]\nmotd_file = {path}\n')
    path.write_text(('x' * 79 + '\n') * 1000)
    ann = room.connect()
    wait_until(lambda: len(ann.ask('/motd')) > 1, 'the long one')
    assert sum(len(line) + 1 for line in ann.ask('/motd')) <= 16385
    room.wait_log('warning: motd: .* is longer than 16384 bytes')


def test_reload_changes_the_file(prattled, tmp_path):
    for name in 'one', 'two':
        (tmp_path / name).write_text(f'This is {name}.\n')
    room = prattled(f'[server]\nmotd_file = {tmp_path}/one\n')
    ann = room.connect()
    assert ann.ask('/motd') == ['This is one.']
    room.reload(f'[server]\nmotd_file = {tmp_path}/two\n')
    assert ann.ask('/motd') == ['This is two.']
    room.reload('')
    assert ann.ask('/motd') == NONE


def test_a_pipe_holds_nobody_up(room, motd):
    ann = room.connect()
    motd.unlink()
    os.mkfifo(motd)
    wait_motd(ann, NONE)
    assert room.connect().people() == 2


def test_an_empty_file_is_no_message(room, motd):
    ann = room.connect()
    motd.write_text('')
    wait_motd(ann, NONE)
    assert room.connect(greet=False).expect('^-- Welcome')
