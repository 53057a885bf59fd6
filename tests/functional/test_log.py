# SPDX-License-Identifier: ISC
"""The log: what operators look for, one line a record, and never in the way."""

import fcntl
import os
import re
import select
import signal
import threading

import pytest

from harness import DEADLINE, heard

RECORD = re.compile(r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d '
                    r'(error|warning|notice|info|debug): [\x20-\x7e]+')


def check_records(room):
    """Each line of the log is a whole record of printable ASCII."""
    for line in room.log_file.read_bytes().split(b'\n')[:-1]:
        assert RECORD.fullmatch(line.decode('latin-1')), line


def test_connect_and_disconnect(room):
    ann, = room.people('ann')
    port = ann.sock.getsockname()[1]
    ann.ask('hi')
    ann.send('/quit')
    ann.expect_end()
    room.connect().end_input()
    room.wait_log(rf'info: conn 1: connect from 127\.0\.0\.1:{port} to '
                  rf'127\.0\.0\.1:{room.port}$')
    room.wait_log(r'info: conn 1: rename: guest1 -> ann$')
    room.wait_log(r'info: conn 1: disconnect: quit \(ann, 4 lines, \d+ s\)$')
    room.wait_log(r'info: conn 2: disconnect: end of input \(guest2, 0 lines, \d+ s\)$')
    check_records(room)


def test_start_and_end(room):
    room.stop()
    room.wait_log(r'notice: prattle \S+ starts, configuration ' + str(room.file))
    room.wait_log(r'notice: listening on 127\.0\.0\.1:\d+$')
    room.wait_log('notice: SIGTERM: stopping, 0 people$')
    room.wait_log(r'notice: no longer listening on 127\.0\.0\.1:\d+$')
    room.wait_log('notice: ended$')
    check_records(room)


def test_reload(room):
    log = room.reload('[server]\nname = Den\n')
    assert re.search('notice: reload: server.name changed\n', log)
    assert re.search('notice: reload: done\n', log)
    log = room.reload('[server]\nnam = Den\n')
    assert re.search(rf'error: reload: {re.escape(str(room.file))}:2: unknown key', log)
    assert re.search('error: reload: failed', log)
    check_records(room)


def test_reasons_of_disconnecting(prattled):
    room = prattled('[limits]\nclients = 2\n')
    room.people('ann', 'bob')
    room.connect(greet=False).expect_end()
    room.wait_log(r'conn 3: disconnect: too many people \(-, 0 lines')
    room.reload('[limits]\nidle_timeout = 1ms\n')
    room.wait_log(r'conn 1: disconnect: idle \(ann, 1 lines')


def test_hostile_bytes_stay_in_their_line(room):
    eve = room.connect()
    evil = bytes(set(range(256)) - {10, 13})
    for command in b'nick', b'quit', b'msg', b'join', b'topic', b'help', b'':
        eve.send_bytes(b'/' + command + b' ' + evil + b' %s%n%d\n')
        eve.send_bytes(b'/' + command + b' x\x1b[2J\x9b\xc2\x85y\r2000-01-01 error: z')
        eve.send('')
    eve.end_input()
    while eve.receive():
        pass
    room.file.write_bytes('[server]\nschlüssel = ☃\n'.encode() + b'\x1b[2Jevil\xc2\x9b\xe2\x80\xae = x\nn\xff = y\n'
                          b'name\r2000-01-01 00:00:00 error: z = z\n%s%n = x\n')
    log = room.reload()
    assert 'reload: failed' in log
    room.stop()
    check_records(room)
    assert not re.search('^2000', room.log(), re.MULTILINE)


def test_levels(prattled):
    # All that a level shows is at least as important as its name.
    quiet = prattled(args=['-o', 'log.level=notice'])
    quiet.connect()
    assert 'connect from' not in quiet.log()
    for args in ['-o', 'log.level=info'], ['-o', 'log.level=notice', '-v']:
        room = prattled(args=args)
        room.connect()
        room.wait_log('info: conn 1: connect from')
    room = prattled(args=['-o', 'log.level=error', '-vv'])
    room.connect()
    room.stop()
    assert 'notice: ended' in room.log() and 'connect from' not in room.log()


def test_level_can_be_changed_by_reload(prattled):
    room = prattled('[log]\nlevel = notice\n')
    room.connect()
    room.reload('[log]\nlevel = info\n')
    room.connect()
    room.wait_log('info: conn 2: connect')
    assert 'conn 1: connect' not in room.log()


def test_syslog_instead_of_stderr(prattled):
    room = prattled()
    room.write('[log]\ntarget = syslog\n')
    room.signal(signal.SIGHUP)
    room.wait_log('reload: log.target changed')
    room.people('ann')
    room.stop()
    assert 'conn 1' not in room.log()


# A reader that does not read

F_SETPIPE_SZ = 1031


class Pipe:
    """A pipe for stderr that is read only when told."""

    def __init__(self):
        self.reader, self.writer = os.pipe()
        fcntl.fcntl(self.writer, F_SETPIPE_SZ, 4096)
        self.text = ''

    def read_until(self, regex):
        __tracebackhide__ = True
        while not (match := re.search(regex, self.text)):
            if not select.select([self.reader], [], [], DEADLINE)[0]:
                pytest.fail(f'nothing like /{regex}/')
            data = os.read(self.reader, 65536).decode()
            if not data:
                pytest.fail(f'ended without /{regex}/')
            self.text += data
        return match

    def close(self):
        os.close(self.reader)
        os.close(self.writer)


@pytest.fixture
def pipe():
    one = Pipe()
    yield one
    one.close()


@pytest.fixture
def unread(prattled, pipe):
    """A daemon whose stderr nobody reads."""
    room = prattled(stderr=pipe.writer, ready=None)
    port = int(pipe.read_until(r'listening on 127\.0\.0\.1:(\d+)\n')[1])
    room.log_file.write_text(f'listening on 127.0.0.1:{port}')
    return room


def come_and_go(room, times):
    for _ in range(times):
        with room.connect() as visitor:
            visitor.end_input()
            visitor.expect_end()


def test_unread_log_does_not_block_the_room(unread, pipe):
    ann, bob = unread.people('ann', 'bob')
    come_and_go(unread, 800)
    ann.send('can you hear me?')
    assert heard(ann, bob) == [['ann: can you hear me?']]
    dropped = int(pipe.read_until(r'warning: log: (\d+) records dropped\n')[1])
    assert dropped > 100
    # What was dropped is missing at the end; nothing else is, and the log goes on.
    drain = threading.Thread(target=pipe.read_until, args=[r'-> zoe\n'])
    drain.start()
    ann.ask('/nick zoe')
    drain.join()
    lines = pipe.text.splitlines()
    visits = [line for line in lines if re.search('connect', line)]
    assert len(visits) + dropped == 2 + 2 * 800
    for line in lines:
        assert RECORD.fullmatch(line)
    unread.signal(signal.SIGUSR1)
    pipe.read_until(rf'status: .* {dropped} log records dropped\n')


def test_unread_log_does_not_keep_it_from_ending(unread, pipe):
    come_and_go(unread, 800)
    unread.stop()


def test_closed_log_harms_nobody(unread, pipe):
    os.close(pipe.reader)
    pipe.reader = os.open('/dev/null', os.O_RDONLY)
    come_and_go(unread, 10)
    ann, bob = unread.people('ann', 'bob')
    ann.send('hi')
    assert heard(ann, bob) == [['ann: hi']]
