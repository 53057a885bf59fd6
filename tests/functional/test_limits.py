# SPDX-License-Identifier: ISC
"""What one peer may do costs that peer its connection, and the others nothing."""

import re
import socket
import struct
import subprocess
import time

import pytest

from harness import (assert_silence, connect, heard, stopped, wait_exit,
                     wait_until)

HERE, THERE, ELSEWHERE = '127.0.0.1', '127.0.0.2', '127.0.0.9'

FULL = 'Too many people are here already. Please try again later.'
CROWDED = 'Too many people from your address are here already.'
BUSY = 'Too many connections from your address. Please try again in some minutes.'


def numbered(count, start=0, fill=''):
    return [f'line {n} {fill}'.rstrip() for n in range(start, start + count)]


def assert_ended(room, conn, nick, reason, count=1):
    """The log says why a session ended, and the status counts it."""
    __tracebackhide__ = True
    room.wait_log(rf'conn {conn}: disconnect: {reason} \({nick}, \d+ lines, \d+ s\)$')
    assert room.ends()[reason] == count


def assert_refused(room, address, words, **options):
    __tracebackhide__ = True
    late = room.connect(address, greet=False, **options)
    assert late.expect_end() == [words]


# Who may come in


def test_people_in_all(prattled):
    room = prattled('[limits]\nclients = 2\n')
    ann, bob = room.people('ann', 'bob')
    assert_refused(room, None, FULL)
    assert_refused(room, None, FULL, source=THERE)
    for conn in 3, 4:
        assert_ended(room, conn, '-', 'too many people', 2)
    assert_silence(ann, bob)
    room.reload('[limits]\nclients = 0\n')
    room.connect()


def test_people_from_one_address(prattled):
    room = prattled('[limits]\nexempt =\nclients_per_address = 2\n')
    ann = room.connect()
    room.connect()
    assert_refused(room, None, CROWDED)
    assert_ended(room, 3, '-', 'too many people from one address')
    others = [room.connect(source=THERE) for _ in range(2)]
    assert_refused(room, None, CROWDED, source=THERE)
    others[0].send('/quit')
    others[0].expect_end()
    assert ann.people() == 3
    room.connect(source=THERE)
    assert_refused(room, None, CROWDED, source=THERE)
    assert_ended(room, 8, '-', 'too many people from one address', 3)


def test_connections_from_one_address(prattled):
    room = prattled('[limits]\nexempt =\nconnects_per_address = 3\n')
    ann = room.connect(source=ELSEWHERE)
    for _ in range(3):
        short = room.connect(source=THERE)
        short.send('/quit')
        short.expect_end()
    for count in range(1, 4):
        assert_refused(room, None, BUSY, source=THERE)
        assert_ended(room, 4 + count, '-', 'too many connections from one address', count)
    room.connect()
    assert ann.people() == 2


def test_exempt_networks_are_not_counted(prattled):
    limits = '[limits]\nclients_per_address = 1\nconnects_per_address = 2\nexempt = '
    room = prattled(limits + '192.0.2.0/24, 127.0.0.8/30\n')
    for _ in range(5):
        room.connect(source=ELSEWHERE)
    room.connect(source=THERE)
    assert_refused(room, None, CROWDED, source=THERE)
    room.reload(limits + THERE + '\n')
    for _ in range(5):
        room.connect(source=THERE)
    # Who is there without having been counted takes a place all the same.
    assert_refused(room, None, CROWDED, source=ELSEWHERE)


def test_unix_sockets_are_not_counted(prattled, tmp_path):
    path = tmp_path / 'room'
    room = prattled(f'[listen main]\naddress = 127.0.0.1:0, unix:{path}\n'
                    '[limits]\nexempt =\nclients_per_address = 1\n'
                    'connects_per_address = 1\nfirst_line = 100ms\n',
                    ready='listening on unix:')
    local = [room.connect(path) for _ in range(5)]
    stranger = room.connect()
    assert stranger.expect_end() == ['!! You have not said anything. Goodbye!']
    assert local[0].people() == 5
    assert_refused(room, None, BUSY)


# Those who are silent


def test_first_line(prattled):
    room = prattled(f'[limits]\nexempt = {HERE}\nfirst_line = 200ms\n')
    reader = room.connect()
    silent = room.connect(source=THERE, greet=False)
    dribbling = room.connect(source=THERE, greet=False)
    dribbling.send_bytes(b'unfinish')
    talking = room.connect(source=THERE, greet=False)
    talking.send('hello')
    for client in silent, dribbling:
        assert client.expect_end()[-1] == '!! You have not said anything. Goodbye!'
    assert_ended(room, 2, r'guest\d+', 'no first line in time', 2)
    assert talking.people() == 2
    assert reader.people() == 2


def test_idle_timeout(prattled):
    room = prattled('[limits]\nidle_timeout = 300ms\n')
    ann = room.connect()
    bob = room.connect()

    def is_gone():
        ann.ask('/version')
        return 'conn 2: disconnect' in room.log()

    wait_until(is_gone, 'the end of bob')
    assert bob.expect_end() == ['!! You were idle for too long. Goodbye!']
    room.wait_log(r'conn 2: disconnect: idle \(guest2, 0 lines, \d+ s\)$')
    assert 'conn 1: disconnect' not in room.log().partition('conn 2: disconnect')[0]
    assert room.ends()['idle'] >= 1


# Too many lines


def test_flood_is_taken_slowly_and_nothing_is_lost(prattled, command):
    room = prattled('[limits]\nburst = 10\n', rate=20)
    bob = room.connect()
    lines = numbered(60)
    begin = time.monotonic()
    nc = subprocess.Popen(command(room.port, 'nc.openbsd', '-N'), stdin=subprocess.PIPE,
                          stdout=subprocess.DEVNULL)
    nc.stdin.write('\n'.join(lines).encode() + b'\n')
    nc.stdin.close()
    for n, line in enumerate(lines, 1):
        bob.expect_next(f'guest2: {line}')
        # At no time more than there were tokens.
        assert n <= 10 + 20 * (time.monotonic() - begin) + 1
    assert wait_exit(nc) == 0
    assert_ended(room, 2, 'guest2', 'end of input')


def test_paste_is_not_punished(prattled):
    # Line by line it would take 40 seconds.
    room = prattled('[limits]\nflood_time = 2s\n', rate=1)
    bob = room.connect()
    ann = room.connect()
    lines = numbered(40)
    ann.send(*lines)
    for line in lines:
        bob.expect_next(f'guest2: {line}')
    ann.end_input()
    assert ann.expect_end() == []
    assert_ended(room, 2, 'guest2', 'end of input')


def said_at_once(prattled, *lines):
    """How many of the lines are said before their sender has to wait; the burst is 20."""
    __tracebackhide__ = True
    room = prattled('[limits]\nburst = 20\nflood_time = 1ms\n', rate=1)
    bob, ann = room.connect(), room.connect()
    with stopped(room):
        begin = time.monotonic()
        ann.send(*lines)
    assert ann.expect_end()[-1] == '!! That was too much. Goodbye!'
    more = time.monotonic() - begin  # tokens that came back meanwhile, at most
    assert_ended(room, 2, 'guest2', 'flooding')
    said = bob.barrier()
    assert said == [f'guest2: {line}' for line in lines[:len(said)]]
    return range(max(0, int(len(said) - more)), len(said) + 1)


def test_who_goes_on_is_shown_the_door(prattled):
    assert 20 in said_at_once(prattled, *numbered(500))


def test_long_lines_cost_more(prattled):
    # One for the first 512 bytes, and one for each 512 more.
    assert 5 in said_at_once(prattled, *['x' * 2048] * 50)


def test_commands_cost_what_their_rows_say(prattled):
    # These cost a line and five more, and a line for the answer: 20 with the third.
    room = prattled('[limits]\nburst = 20\nflood_time = 1ms\n', rate=1)
    ann = room.connect()
    with stopped(room):
        ann.send(*['/oper nobody', ''] * 10)
    lines = ann.expect_end()
    assert lines[-1] == '!! That was too much. Goodbye!'
    assert [sum(word in line for line in lines)
            for word in ('Passphrase of operator nobody?', 'Called off')] == [3, 2]


def test_word_comes_before_the_door(prattled):
    room = prattled('[limits]\nburst = 3\nflood_time = 6s\n', rate=2)
    ann, bob = room.connect(), room.connect()
    begin = time.monotonic()
    ann.send(*numbered(500))
    lines = ann.expect_end()
    assert lines == [
        '!! Slower, please: your lines are taken at 2 in a second now, the others wait.',
        '!! That was too much. Goodbye!']
    assert_ended(room, 1, 'guest1', 'flooding')
    said = bob.barrier()
    assert said == [f'guest1: {line}' for line in numbered(len(said))]
    assert 3 <= len(said) <= 3 + 2 * (time.monotonic() - begin) + 1


def test_who_waits_keeps_nobody_else_waiting(prattled):
    room = prattled('[limits]\nburst = 5\nflood_time = 0\n', rate=1)
    ann, bob, cid = room.connect(), room.connect(), room.connect()
    ann.send(*numbered(1000))
    bob.expect('guest1: line 3')
    for word in 'one', 'two', 'three':
        cid.send(word)
        bob.expect(f'guest3: {word}')


def test_ten_thousand_lines_wait_for_their_turn(prattled):
    room = prattled('[limits]\nsend_queue_soft = 0\nsend_queue = 0\n')
    ann, bob, cid = room.people('ann', 'bob', 'cid')
    lines = numbered(10000)
    with stopped(room):
        bob.send(*lines)
        cid.send('may I?')
    said = [ann.line() for _ in range(10001)]
    assert said.index('cid: may I?') < 100
    said.remove('cid: may I?')
    assert said == [f'bob: {line}' for line in lines]


# Connections that break


def test_lines_before_a_reset_are_said(room):
    ann, = room.people('ann')
    for sender in range(2, 5):
        lines = numbered(500)
        bob = connect(room.address)
        bob.sendall('\n'.join(lines).encode() + b'\n')
        bob.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        bob.close()
        room.wait_log(rf'conn {sender}: disconnect: connection reset '
                      rf'\(guest{sender}, 500 lines')
        assert ann.barrier() == [f'guest{sender}: {line}' for line in lines]
        assert room.ends()['connection reset'] == sender - 1


def test_lines_before_a_reset_are_said_though_others_talk(room):
    # What is written to him finds the reset before his own lines are all read.
    ann, cid = room.people('ann', 'cid')
    lines = numbered(500)
    bob = room.connect()
    with stopped(room):
        cid.send(*['meanwhile'] * 500)
        bob.send(*lines)
        bob.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        bob.close()
        cid.send('the end')
    room.wait_log(r'conn 3: disconnect: connection reset \(guest3, 500 lines')
    said = heard(cid, ann)[0]
    assert [line for line in said if line.startswith('guest3')] == \
        [f'guest3: {line}' for line in lines]


def test_flood_ends_with_its_connection(prattled):
    room = prattled('[limits]\nburst = 40\nflood_time = 0\n', rate=1)
    cid, bob = room.people('cid', 'bob')
    with stopped(room):
        cid.send(*['meanwhile'] * 20)
        bob.send(*numbered(1000))
        bob.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        bob.close()
    # Whether reading finds it or writing, and before it is a flood or behind.
    room.wait_log(r'conn 2: disconnect: connection reset \(bob, ')


# Readers who do not read

SMALL = '''
[listen main]
address = 127.0.0.1:0
send_buffer = 8k
[limits]
'''

FILL = 'x' * 200

SKIPPED = re.compile(r'^\[(\d+) lines? skipped\]$')


def say_until(room, speaker, listener, regex):
    """Numbered lines until the log has something: how many there were.

    The listener reads along, and has got them all.
    """
    __tracebackhide__ = True
    said = 0

    def look():
        nonlocal said
        lines = numbered(20, said, FILL)
        speaker.send(*lines)
        for line in lines:
            listener.expect_next(f'{speaker.nick}: {line}')
        said += len(lines)
        return re.search(regex, room.log())

    wait_until(look, lambda: f'/{regex}/ after {said} lines')
    return said


def check_skips(lines, nick, total):
    """Each line is whole and there once, in its order, or counted as skipped."""
    __tracebackhide__ = True
    said, skips = 0, []
    for line in lines:
        if match := SKIPPED.match(line):
            skips.append(int(match[1]))
            said += skips[-1]
        else:
            assert line == f'{nick}: line {said} {FILL}', skips
            said += 1
    assert said == total, skips
    return skips


def test_who_stops_reading_misses_whole_lines(prattled):
    room = prattled(SMALL + 'send_queue_soft = 16k\n')
    ann, bob = room.people('ann', 'bob')
    cid = room.connect(receive_buffer=4096)
    total = say_until(room, ann, bob, 'conn 3: does not read, lines are skipped')
    for line in numbered(100, total, FILL):
        ann.send(line)
        bob.expect_next(f'ann: {line}')
    total += 100
    # He comes back.
    lines, match = cid.until(SKIPPED.pattern)
    ann.send(*numbered(10, total, FILL))
    total += 10
    rest = heard(ann, cid)[0]
    assert check_skips([*lines, match[0], *rest], 'ann', total) == [int(match[1])]
    assert int(match[1]) >= 100
    mark = room.log_mark()
    room.ends()
    assert int(room.wait_log(r'status: (\d+) lines skipped', mark)[1]) == int(match[1])


def test_who_reads_too_slowly_misses_whole_lines(prattled):
    # He stops and comes back again and again, while lines are being said.
    room = prattled(SMALL + 'send_queue_soft = 16k\n')
    ann, = room.people('ann')
    cid = room.connect(receive_buffer=4096)
    total, lines = 0, []
    for _ in range(8):
        ann.send(*numbered(400, total, FILL))
        ann.barrier()
        total += 400
        while not (lines and SKIPPED.match(lines[-1])):
            lines.append(cid.line())
        while not lines[-1].startswith('ann'):
            ann.send(*numbered(1, total, FILL))
            total += 1
            lines.append(cid.line())
    ann.barrier()
    lines += cid.barrier()
    assert len(check_skips(lines, 'ann', total)) >= 8


def test_who_never_comes_back_is_disconnected(prattled):
    room = prattled(SMALL + 'send_queue_soft = 16k\nsend_time = 300ms\n')
    ann, bob = room.people('ann', 'bob')
    room.connect(receive_buffer=4096)
    say_until(room, ann, bob, 'conn 3: disconnect')
    assert_ended(room, 3, 'guest3', 'too slow to read')
    assert 'conn 3: does not read, lines are skipped' in room.log()


def test_more_than_the_queue_holds_disconnects(prattled):
    room = prattled(SMALL + 'send_queue_soft = 0\nsend_queue = 32k\n')
    ann, bob = room.people('ann', 'bob')
    room.connect(receive_buffer=4096)
    say_until(room, ann, bob, 'conn 3: disconnect')
    assert_ended(room, 3, 'guest3', 'too slow to read')
    assert 'lines are skipped' not in room.log()


def test_half_of_a_crowd_stops_reading(prattled, crowd):
    room = prattled(SMALL + 'send_queue_soft = 16k\nsend_time = 0\n')
    ann, = room.people('ann')
    for _ in range(20):
        room.connect(receive_buffer=4096)
    readers = crowd(room, 20)
    wait_until(lambda: ann.people() == 41, 'everybody')
    lines = numbered(1000, 0, FILL)
    for n in range(0, 1000, 50):
        ann.send(*lines[n:n + 50])
        readers.wait(f'ann: {lines[n + 49]}\r\n'.encode())
    for n in range(20):
        assert readers.lines(n)[2:] == [f'ann: {line}' for line in lines]
    assert len(re.findall('does not read, lines are skipped', room.log())) == 20
    assert ann.people() == 41
