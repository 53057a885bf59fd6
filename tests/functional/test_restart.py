# SPDX-License-Identifier: ISC
"""Restarts in place: another program goes on, and nobody notices."""

import itertools
import os
import re
import resource
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from harness import (
    BINARY, DEADLINE, DO, ECHO, IAC, NAWS, NO_QUARANTINE, SB, SE, SGA, TTYPE, WILL,
    TelnetClient, assert_silence, binary, control_tool, environment, rss, run, wait_exit,
    wait_until)
from test_service import Background, Manager, now_us

EX_USAGE, EX_DATAERR, EX_CONFIG = 64, 65, 78

DONE = r'restart: prattle \S+ goes on with (\d+) people, after \d+ ms$'
FAILED = 'restart: failed, and nothing has changed: '


def restart(room):
    """Restart, and wait until it is done: how many people were there."""
    __tracebackhide__ = True
    mark = room.log_mark()
    os.kill(room.pid, signal.SIGUSR2)
    match = room.wait_log(f'{DONE}|error: restart: (?!.*addresses stay).*', mark)
    assert match[1], match[0]
    return int(match[1])


def fail_to_restart(room):
    """Try to restart, in vain: why."""
    __tracebackhide__ = True
    mark = room.log_mark()
    os.kill(room.pid, signal.SIGUSR2)
    return room.wait_log(f'error: restart: (?:{FAILED[9:]})?(.*)$|{DONE}', mark)[1]


SECRET = 'correct horse battery'


@pytest.fixture(scope='module')
def root_hash():
    """That of SECRET."""
    done = subprocess.run([binary(), '--hash'], input=f'{SECRET}\n'.encode(),
                          stdout=subprocess.PIPE, timeout=DEADLINE, check=True)
    return done.stdout.decode().strip()


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """The program where it is installed, to be replaced."""
    path = tmp_path / 'prattled'
    shutil.copy(binary(), path)
    monkeypatch.setenv('PRATTLECTL', control_tool())
    monkeypatch.setenv('PRATTLED', str(path))
    return path


def install(path, content, mode=0o755):
    """Another program, as make install puts it there: in a new file."""
    new = path.with_suffix('.new')
    if isinstance(content, bytes):
        new.write_bytes(content)
    else:
        shutil.copy(content, new)
    new.chmod(mode)
    new.rename(path)


# What people have


def test_people_stay_who_and_where_they_are(prattled):
    room = prattled('[room #lobby]\ntopic = Tea\n[server]\nrestart_notice = Hold on.\n')
    pid = room.pid
    ann, bob, cid = room.people('ann', 'bob', 'cid')
    ann.ask('/join #den')
    ann.ask('/topic Cake')
    ann.ask('/timestamp full')
    ann.ask('/timestamp off')
    bob.ask('/ignore cid')
    bob.ask('/away at lunch')
    cid.ask('/msg ann psst')
    assert [person.barrier() for person in (ann, bob)] == [['[cid] psst'], []]
    assert restart(room) == 3
    for person in ann, bob, cid:
        assert person.barrier() == ['-- Hold on.']
    assert room.pid == pid and room.process.poll() is None
    assert ann.ask('/topic') == ['-- Topic of #den: Cake']
    assert ann.ask('/join #lobby')[0] == '-- You are talking in #lobby now.'
    ann.send('hello')
    assert bob.line() == cid.line() == 'ann: hello'
    cid.send('not for bob')
    assert ann.line() == 'cid: not for bob'
    assert ann.ask('/reply who else?') == ['[to cid] who else?']
    assert cid.line() == '[ann] who else?'
    assert '(away)' in ''.join(ann.ask('/who'))
    assert bob.barrier() == []
    # A number is given once only.
    assert room.connect().nick == 'guest4'


def test_counts_go_on(prattled):
    room = prattled()
    ann, bob = room.people('ann', 'bob')
    for n in range(3):
        ann.ask(f'line {n}')
    room.reload()
    bob.close()
    room.wait_log('disconnect: connection reset|disconnect: end of input')
    for _ in range(2):
        restart(room)
    assert room.status() == {'people': 1, 'rooms': 1, 'connections': 1, 'lines': 3,
                             'reloads': 1}
    assert sum(room.ends().values()) == 1
    assert ann.ask('/history')[0] == '-- Earlier in #lobby:'
    assert len(ann.ask('/history')) == 5


def test_nothing_is_sent_by_a_restart(house):
    ann, bob = house.people('ann', 'bob')
    telnet = house.connect(('127.0.0.1', house.door['telnet']), kind=TelnetClient)
    telnet.barrier()
    seen = len(telnet.raw)
    restart(house)
    assert_silence(ann, bob)
    assert telnet.barrier() == []
    assert bytes(telnet.raw[seen:]).startswith(b'-- Up ')


def test_half_a_line_goes_on(room):
    ann, bob = room.people('ann', 'bob')
    ann.send_bytes('half a lin\u00e9'.encode()[:-1])
    ann_two = room.connect()
    ann_two.send_bytes(b'\r\nand\r')
    wait_until(lambda: room.status()['connections'] == 3, 'all of them')
    assert bob.line() == 'guest3: and'
    restart(room)
    ann.send_bytes('\u00e9 more\n'.encode()[1:])
    assert bob.line() == 'ann: half a lin\u00e9 more'
    # The LF belongs to the CR that came before the restart.
    ann_two.send_bytes(b'\nlast\r\n')
    assert bob.line() == 'guest3: last'


def test_telnet_goes_on_in_the_middle_of_a_command(house):
    bob, = house.people('bob')
    ann = house.connect(('127.0.0.1', house.door['telnet']), kind=TelnetClient)
    steps = [[IAC], [WILL], [NAWS, IAC, SB], [NAWS, 0], [81, 0, 24], [IAC], [SE],
             [IAC, WILL, TTYPE, IAC, SB, TTYPE, 0, *b'XTE'], [*b'RM', IAC, SE],
             [IAC, SB, TTYPE, 0, *b'XTERM', IAC], [SE], [IAC, DO, ECHO, IAC], [DO, SGA]]
    for step in steps:
        ann.send_bytes(bytes(step))
        # What was sent is read before, for the signal comes behind it.
        wait_until(lambda: not unread_by(house, ann), 'it to be read')
        restart(house)
    # It is edited now, and folded at the window's width.
    ann.expect_bytes(b'\x1b[?2004h')
    ann.send_bytes(b'\x01hello\r')
    assert bob.line() == f'{ann.nick}: hello'
    bob.send('x' * 100)
    ann.expect_bytes(b'x' * 60 + b'\r\n')


def unread_by(room, client):
    """What the daemon has not read yet of what somebody has sent, in bytes."""
    port = client.sock.getsockname()[1]
    for line in Path('/proc/net/tcp').read_text(encoding='ascii').splitlines()[1:]:
        words = line.split()
        if (int(words[2].rpartition(':')[2], 16) == port
                and int(words[1].rpartition(':')[2], 16) == client.sock.getpeername()[1]):
            return int(words[4].rpartition(':')[2], 16)
    raise AssertionError('there is no such connection')


# A terminal


def test_screen_stays(house, screen, command):
    cid, = house.people('cid')
    ann = screen(command(house.door['telnet'], 'inetutils-telnet'))
    ann.wait_end('#lobby>', column=8)
    ann.enter('/nick ann')
    ann.wait(lambda rows, *_: rows[-1] == '#lobby>' and 'now ann' in rows[-2], 'the name')
    ann.enter('said before')
    cid.expect('ann: said before')
    ann.type('half a l\u00efne')
    ann.press('Left', 'Left', 'Left')
    ann.wait(lambda rows, column, _: (
        rows[-1] == '#lobby> half a l\u00efne' and column == 16), 'half a line')
    before = ann.look()
    for _ in range(3):
        restart(house)
    cid.barrier()
    assert ann.look() == before
    # And what was typed can be gone on with, and what was typed before is remembered.
    ann.type('a')
    ann.wait(lambda rows, column, _: (
        rows[-1] == '#lobby> half a la\u00efne' and column == 17), 'a letter more')
    cid.send('hello')
    ann.wait(lambda rows, column, _: (
        rows[-2:] == ['cid: hello', '#lobby> half a la\u00efne'] and column == 17),
             'a line above')
    restart(house)
    ann.press('Up')
    ann.wait_end('cid: hello', '#lobby> said before')
    ann.press('Down', 'Enter')
    cid.expect('^ann: half a la\u00efne$')


def test_page_that_is_being_read(house, screen, command):
    ann = screen(command(house.door['telnet'], 'inetutils-telnet'), rows=10)
    ann.wait_end('#lobby>', column=8)
    ann.enter('/help')
    ann.wait(lambda rows, *_: rows[-1].startswith('-- more'), 'the first page')
    first = ann.rows()
    restart(house)
    house.connect().send('hello')
    ann.wait(lambda rows, *_: rows == first, 'the same page')
    ann.press('Space')
    ann.wait(lambda rows, *_: rows != first and rows[-1].startswith('-- more'), 'the next')
    restart(house)
    ann.type('q')
    ann.wait(lambda rows, *_: rows[-1] == '#lobby>' and 'hello' in rows[-2],
             'what was said meanwhile')


def test_passphrase_that_is_being_typed(house, screen, command, tmp_path, root_hash):
    house.write(house.file.read_text() + f'[operator root]\nhash = {root_hash}\n')
    house.signal(signal.SIGHUP)
    house.wait_log('reload: done')
    bob, = house.people('bob')
    ann = screen(command(house.door['telnet'], 'inetutils-telnet'))
    ann.wait_end('#lobby>', column=8)
    ann.enter('/oper root')
    ann.wait_end('Passphrase:')
    ann.type(SECRET[:4])
    house.connect().barrier()
    restart(house)
    ann.wait(lambda rows, *_: (
        rows[-1] == 'Passphrase:' and 'begin anew' in ' '.join(rows[-3:-1])), 'the notice')
    ann.enter(SECRET)
    ann.wait_row('-- You are the operator root now.')
    bob.barrier()
    assert SECRET[:4] not in bob.raw.decode()


# Lines that are on their way


def test_question_of_a_plain_client(prattled, root_hash):
    room = prattled(f'[operator root]\nhash = {root_hash}\n')
    ann, bob = room.people('ann', 'bob')
    ann.send('/oper root')
    ann.expect('Passphrase of operator root')
    restart(room)
    ann.expect('begin anew')
    ann.send(SECRET)
    ann.expect('You are the operator root now')
    assert_silence(bob, bob)


def test_passphrase_that_is_being_checked(prattled, root_hash):
    room = prattled(f'[operator root]\nhash = {root_hash}\n')
    ann, bob = room.people('ann', 'bob')
    for _ in range(10):
        # The lines behind it wait for the answer, whichever process gives it.
        ann.send('/oper root', SECRET, 'one', 'two', '/oper', '/me three')
        restart(room)
        ann.expect('You are the operator root now')
        ann.expect('not the operator root any more')
        assert [bob.line() for _ in range(3)] == ['ann: one', 'ann: two', '* ann three']


def test_reader_who_does_not_read(prattled):
    room = prattled('[listen main]\naddress = 127.0.0.1:0\nsend_buffer = 4k\n'
                    '[limits]\nsend_queue_soft = 0\nsend_queue = 64M\n')
    reader = room.connect(receive_buffer=4096)
    ann, = room.people('ann')
    total = 0
    for n in range(5):
        ann.send(*(f'{total + m} {"x" * 1000}' for m in range(500)))
        total += 500
        ann.barrier()
        restart(room)
    for n in range(total):
        assert reader.line() == f'ann: {n} {"x" * 1000}'
    assert reader.barrier() == []


def test_slow_reader_is_told_what_he_missed(prattled):
    room = prattled('[listen main]\naddress = 127.0.0.1:0\nsend_buffer = 4k\n'
                    '[limits]\nsend_queue_soft = 64k\n')
    reader = room.connect(receive_buffer=4096)
    ann, = room.people('ann')
    for n in range(4):
        ann.send(*(f'{m} {"x" * 1000}' for m in range(500)))
        ann.barrier()
        restart(room)
    room.wait_log('conn 1: does not read, lines are skipped')
    lines, match = reader.until(r'^\[(\d+) lines skipped\]$')
    assert len(lines) + int(match[1]) == 2000
    assert reader.barrier() == []


def test_lines_that_wait_for_their_turn(prattled):
    room = prattled('[limits]\nburst = 5\nflood_time = 0\nexempt =\n', rate=50)
    ann, bob = room.connect(), room.connect()
    ann.send(*(f'line {n}' for n in range(300)))
    for n in range(300):
        assert bob.line() == f'{ann.nick}: line {n}'
        if n % 60 == 59:
            restart(room)


def test_end_of_input_behind_lines_that_wait(prattled):
    room = prattled('[limits]\nburst = 5\nflood_time = 0\nexempt =\n', rate=50)
    ann, bob = room.connect(), room.connect()
    ann.send(*(f'line {n}' for n in range(100)))
    ann.end_input()
    bob.expect('line 10')
    restart(room)
    for n in range(11, 100):
        assert bob.line() == f'{ann.nick}: line {n}'
    room.wait_log('disconnect: end of input')


def test_last_lines_of_one_who_has_left(prattled):
    room = prattled('[listen main]\naddress = 127.0.0.1:0\nsend_buffer = 4k\n'
                    '[limits]\nsend_queue_soft = 0\nsend_queue = 64M\n'
                    '[server]\nfarewell = 1m\n')
    reader = room.connect(receive_buffer=4096)
    ann, = room.people('ann')
    ann.send(*(f'{m} {"x" * 1000}' for m in range(2000)))
    ann.barrier()
    reader.send('/quit bye')
    room.wait_log('conn 1: disconnect: quit')
    assert restart(room) == 1
    lines = reader.expect_end()
    assert lines[:2000] == [f'ann: {m} {"x" * 1000}' for m in range(2000)]


# Many


@pytest.mark.parametrize('size', [500])
def test_many_who_talk_lose_nothing(prattled, crowd, size):
    room = prattled(f'[limits]\nclients = {size + 100}\nsend_queue_soft = 0\n'
                    'send_queue = 64M\n')
    everybody = crowd(room, size)
    wait_until(lambda: room.status()['people'] == size, 'everybody')
    speakers = room.people('ann', 'bob', 'cid')
    stop = threading.Event()
    counts = {}

    def talk(speaker):
        for n in itertools.count():
            speaker.send(f'line {n}')
            if n % 10 == 0:
                speaker.barrier()
                if stop.is_set():
                    counts[speaker.nick] = n + 1
                    return

    talkers = [threading.Thread(target=talk, args=[speaker]) for speaker in speakers]
    for talker in talkers:
        talker.start()
    for _ in range(5):
        lines = room.status()['lines']
        assert restart(room) == size + 3
        wait_until(lambda: room.status()['lines'] > lines + 100, 'more lines')
    stop.set()
    for talker in talkers:
        talker.join()
    speakers[0].send('the end')
    everybody.wait(b'ann: the end\r\n')
    for n in range(size):
        said = everybody.lines(n)
        for speaker in speakers:
            mine = [line for line in said if line.startswith(f'{speaker.nick}: line')]
            assert mine == [f'{speaker.nick}: line {m}'
                            for m in range(counts[speaker.nick])]
    assert 'disconnect' not in room.log()


def test_nothing_piles_up(prattled):
    room = prattled(env=NO_QUARANTINE)
    ann, = room.people('ann')
    memory, descriptors = [], []
    for _ in range(20):
        restart(room)
        ann.barrier()
        memory.append(rss(room.pid))
        descriptors.append(sorted(os.listdir(f'/proc/{room.pid}/fd'), key=int))
    assert memory[-1] < memory[4] + (1 << 20), memory
    assert len(descriptors[-1]) == len(descriptors[4]), descriptors


# Addresses


def test_who_comes_meanwhile_waits(prattled):
    room = prattled()
    stop = threading.Event()
    refused = []

    def knock():
        while not stop.is_set():
            try:
                with socket.create_connection(room.address, timeout=DEADLINE) as sock:
                    sock.recv(1)
            except OSError as error:
                refused.append(error)

    knocker = threading.Thread(target=knock)
    knocker.start()
    for _ in range(10):
        restart(room)
    stop.set()
    knocker.join()
    assert not refused


def test_addresses_come_and_go(prattled, tmp_path):
    kept, old, new = (tmp_path / name for name in ('kept', 'old', 'new'))
    room = prattled(f'[listen a]\naddress = unix:{kept}, 127.0.0.1:0\n'
                    f'[listen b]\naddress = unix:{old}\n')
    room.wait_log('listening on .*/old')
    port = room.port
    people = [room.connect(kept), room.connect(old), room.connect(('127.0.0.1', port))]
    inode = kept.stat().st_ino
    mark = room.log_mark()
    room.write(f'[listen a]\naddress = unix:{kept}, unix:{new}, 127.0.0.1:0\n')
    assert restart(room) == 3
    log = room.log()[mark:]
    assert f'listening on unix:{new}\n' in log
    assert f'no longer listening on unix:{old}\n' in log
    assert f'listening on unix:{kept}\n' not in log
    assert 'listening on 127.0.0.1' not in log
    assert not old.exists() and kept.stat().st_ino == inode
    for address in kept, new, ('127.0.0.1', port):
        people.append(room.connect(address))
    assert people[0].people() == 6
    room.stop()
    assert not kept.exists() and not new.exists()


def test_address_that_cannot_be_had(prattled, tmp_path):
    path = tmp_path / 'room'
    room = prattled(f'[listen a]\naddress = unix:{path}\n')
    room.wait_log('listening')
    ann = room.connect(path)
    with socket.socket() as busy:
        busy.bind(('127.0.0.1', 0))
        busy.listen()
        port = busy.getsockname()[1]
        room.write(f'[listen b]\naddress = 127.0.0.1:{port}\n'
                   '[room #lobby]\ntopic = Tea\n')
        assert restart(room) == 1
    assert (f"error: restart: [listen b]: can't listen on 127.0.0.1:{port}: Address already "
            'in use; the addresses stay as they were') in room.log()
    assert ann.ask('/topic') == ['-- Topic of #lobby: Tea']
    assert room.connect(path).people() == 2


def test_passed_sockets_stay(prattled):
    with socket.socket() as sock:
        sock.bind(('127.0.0.1', 0))
        sock.listen()
        room = prattled('[listen a]\naddress = fd:chat\n', pass_fds=[sock.fileno()],
                        env={'LISTEN_FDNAMES': 'chat'},
                        wrap=[sys.executable, '-c', PASS, str(sock.fileno())])
        room.wait_log('listening')
        room.connect()
        for _ in range(2):
            restart(room)
        assert room.connect().people() == 2
        assert 'no longer listening' not in room.log()
        assert 'reload: done' in room.reload('[listen a]\naddress = fd:chat\nbacklog = 7\n')


PASS = '''
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ['LISTEN_PID'] = str(os.getpid())
os.environ['LISTEN_FDS'] = '1'
os.execv(sys.argv[2], sys.argv[2:])
'''


# Programs


SCRIPTS = {
    'fails with a word': (b'#!/bin/sh\necho no, thanks >&2\nexit 1\n', ': no, thanks$'),
    'fails without': (b'#!/bin/sh\nexit 3\n', ' has ended with status 3 and not said why$'),
    'is content, but another': (b'#!/bin/sh\necho fine\n', ': fine$'),
    'says nothing': (b'#!/bin/sh\n', ' has ended with status 0 and not said why$'),
    'dies': (b'#!/bin/sh\nkill -SEGV $$\n', ' was ended by signal 11$'),
    'is empty': (b'', "^can't execute .*: Exec format error$"),
    'is for another machine': (None, "^can't execute .*: Exec format error$"),
}


@pytest.mark.parametrize('what', SCRIPTS)
def test_program_that_is_broken(prattled, installed, what):
    content, why = SCRIPTS[what]
    good = installed.read_bytes()
    if content is None:
        content = bytearray(good)
        content[18:20] = b'\x34\x12'
    room = prattled()
    ann, bob = room.people('ann', 'bob')
    install(installed, bytes(content))
    assert re.search(why, fail_to_restart(room)), room.log()
    assert_silence(ann, bob)
    install(installed, good)
    assert restart(room) == 2


def test_program_that_is_not_there_or_may_not_be_executed(prattled, installed):
    room = prattled()
    ann, bob = room.people('ann', 'bob')
    good = installed.read_bytes()
    installed.unlink()
    assert fail_to_restart(room) == f"can't execute {installed}: No such file or directory"
    install(installed, good, mode=0o644)
    assert fail_to_restart(room) == f"can't execute {installed}: Permission denied"
    install(installed, good)
    assert restart(room) == 2
    assert_silence(ann, bob)


def test_program_that_does_not_answer(prattled, installed):
    room = prattled()
    ann, bob = room.people('ann', 'bob')
    install(installed, b'#!/bin/sh\nexec sleep 1000\n')
    os.kill(room.pid, signal.SIGUSR2)
    room.wait_log('restart: asking')
    assert fail_to_restart(room) == 'a restart is under way already'
    ann.send('meanwhile all goes on')
    assert bob.line() == 'ann: meanwhile all goes on'
    room.wait_log(f'{FAILED}{installed} has not answered within 10 s')


# It is content, and then something happens to it.
GONE = b'''#!/bin/sh
rm "$0"
echo state ok
'''


def test_program_that_vanishes_at_the_last_moment(prattled, installed):
    room = prattled()
    ann, bob = room.people('ann', 'bob')
    descriptors = os.listdir(f'/proc/{room.pid}/fd')
    good = installed.read_bytes()
    for _ in range(3):
        install(installed, GONE)
        assert fail_to_restart(room) == (
            f"can't execute {installed}: No such file or directory")
    ann.send('still here')
    assert bob.line() == 'ann: still here'
    assert os.listdir(f'/proc/{room.pid}/fd') == descriptors
    # Nobody else inherits them, signals are taken, and the log has its thread again.
    install(installed, b'#!/bin/sh\nls /proc/self/fd | wc -l; env; exit 1\n')
    why = fail_to_restart(room)
    assert re.search(r': [345]$', why), why
    room.reload()
    install(installed, good)
    assert restart(room) == 2


def test_configuration_that_is_changed_at_the_last_moment(prattled, installed):
    room = prattled('')
    ann, bob = room.people('ann', 'bob')
    good = installed.read_bytes()
    real = installed.with_name('real')
    install(real, good)
    install(installed, f'#!/bin/sh\n{real} "$@"\necho nonsense >>{room.file}\n'.encode())
    assert fail_to_restart(room) == f'{room.file} was changed meanwhile; try again'
    assert_silence(ann, bob)
    install(installed, good)
    room.write('')
    assert restart(room) == 2
    assert_silence(ann, bob)


@pytest.mark.parametrize('what, limit, why', [
    (resource.RLIMIT_NOFILE, 8, "can't make a memfd for the state: Too many open files"),
    (resource.RLIMIT_FSIZE, 4096, "can't write the state: File too large"),
])
def test_no_room_for_the_state(prattled, what, limit, why):
    room = prattled()
    ann, bob = room.people('ann', 'bob')
    for n in range(20):
        ann.send(f'{n} {"x" * 500}')
    bob.until('^ann: 19 ')
    before = resource.prlimit(room.pid, what, (limit, resource.prlimit(room.pid, what)[1]))
    assert fail_to_restart(room) == why
    assert_silence(ann, bob)
    resource.prlimit(room.pid, what, before)
    assert restart(room) == 2
    assert_silence(ann, bob)


def test_program_by_a_link(prattled, tmp_path, monkeypatch):
    one, other, link = (tmp_path / name for name in ('one', 'other', 'link'))
    shutil.copy(binary(), one)
    shutil.copy(binary(), other)
    link.symlink_to(one)
    monkeypatch.setenv('PRATTLED', str(link))
    room = prattled()
    room.connect()
    for target in other, one:
        link.unlink()
        link.symlink_to(target)
        one.touch()
        restart(room)
        assert os.readlink(f'/proc/{room.pid}/exe') == str(target)


def test_program_by_a_relative_path(prattled, installed, monkeypatch):
    monkeypatch.chdir(installed.parent)
    monkeypatch.setenv('PRATTLED', './prattled')
    room = prattled()
    room.connect()
    for _ in range(2):
        install(installed, installed.read_bytes())
        assert restart(room) == 1
        assert os.readlink(f'/proc/{room.pid}/exe') == str(installed)


def test_configuration_with_a_mistake(prattled):
    room = prattled('[room #lobby]\ntopic = Tea\n')
    ann, bob = room.people('ann', 'bob')
    room.write('[room #lobby]\ntopik = Coffee\n')
    assert f'{room.file}:2: unknown key "topik"' in fail_to_restart(room)
    assert_silence(ann, bob)
    room.write('[room #lobby]\ntopic = Coffee\n')
    assert restart(room) == 2
    assert ann.ask('/topic') == ['-- Topic of #lobby: Coffee']


def test_command_line_stays_in_force(prattled):
    room = prattled('', args=['-v', '-o', 'server.name=Den', '-o', 'room #x.topic=Tea'])
    ann, = room.people('ann')
    words = Path(f'/proc/{room.pid}/cmdline').read_bytes().split(b'\0')
    for _ in range(2):
        restart(room)
        assert ann.ask('/version')[0].startswith('-- Den runs')
        now = Path(f'/proc/{room.pid}/cmdline').read_bytes().split(b'\0')
        assert sorted(now[1:]) == sorted(words[1:])
    mark = room.log_mark()
    room.connect()
    room.wait_log('debug: |info: conn 2: connect', mark)


# Operators


def test_operators_restart(prattled, installed, root_hash):
    room = prattled(f'[operator root]\nhash = {root_hash}\n')
    ann, bob = room.people('ann', 'bob')
    assert ann.ask('/restart') == ['!! You may not use /restart.']
    ann.send('/oper root', SECRET)
    ann.expect('You are the operator root now')
    ann.send('/restart')
    ann.expect_next('-- The program is being looked at; nobody will notice.')
    assert re.fullmatch(r'-- The restart is done: prattle \S+\.', ann.line())
    good = installed.read_bytes()
    install(installed, b'#!/bin/sh\necho no, thanks\nexit 1\n')
    ann.send('/restart')
    ann.expect_next('-- The program is being looked at; nobody will notice.')
    ann.expect_next('!! The restart has failed, and nothing has changed: '
                    f'{installed}: no, thanks')
    installed.unlink()
    assert ann.ask('/restart') == [
        f"!! It goes on as it is: can't execute {installed}: "
        'No such file or directory.']
    install(installed, good)
    # He is still one.
    ann.send('/restart')
    ann.expect('The restart is done')
    assert_silence(bob, bob)


# Signals


def test_signals_that_come_meanwhile(prattled):
    for n in range(20):
        # A child that is ended while it looks for leaks leaves a helper behind.
        room = prattled(env={'ASAN_OPTIONS': 'detect_leaks=0'})
        room.connect()
        os.kill(room.pid, signal.SIGUSR2)
        # At some moment or other of the restart.
        for _ in range(n * 3000):
            pass
        os.kill(room.pid, signal.SIGUSR1)
        os.kill(room.pid, signal.SIGTERM)
        room.close_clients()
        assert room.wait_exit() == 0
        room.wait_log('status: ')
        room.wait_log('SIGTERM: stopping')


def test_no_restart_at_the_end(prattled):
    room = prattled('[server]\nfarewell = 1m\n[listen main]\naddress = 127.0.0.1:0\n'
                    'send_buffer = 4k\n[limits]\nsend_queue_soft = 0\n')
    reader, other = room.connect(), room.connect()
    reader.send(*['/help'] * 200, '/away I said all that')
    wait_until(lambda: '(away)' in ''.join(other.ask('/who')), 'all to be read')
    other.close()
    room.signal(signal.SIGTERM)
    room.wait_log('SIGTERM: stopping')
    assert fail_to_restart(room) == 'prattled is about to end'
    room.signal(signal.SIGTERM)
    assert room.wait_exit() == 0


# Managers


def test_manager_is_told(prattled, tmp_path):
    manager = Manager(str(tmp_path / 'notify'))
    room = prattled(env={'NOTIFY_SOCKET': str(tmp_path / 'notify')})
    room.connect()
    manager.expect('^READY=1$')
    before = now_us()
    os.kill(room.pid, signal.SIGUSR2)
    began = manager.expect('^RELOADING=1\nMONOTONIC_USEC=([0-9]+)$')[1]
    assert before <= int(began) <= now_us()
    manager.expect('^READY=1$')
    manager.expect('^STATUS=1 people in 1 rooms$')
    manager.sock.close()


def test_background(prattled, tmp_path, monkeypatch):
    # In the background it is in /, where a relative path leads nowhere.
    monkeypatch.chdir(tmp_path)
    config = f'[server]\npidfile = {tmp_path}/pid\n'
    (tmp_path / 'here.ini').write_text(config)
    daemon = Background(prattled, tmp_path, file='here.ini')
    ann, = daemon.start.people('ann')
    for topic in 'Tea', 'Coffee':
        (tmp_path / 'here.ini').write_text(f'{config}[room #lobby]\ntopic = {topic}\n')
        os.kill(daemon.pid, signal.SIGUSR2)
        wait_until(lambda: ann.ask('/topic') == [f'-- Topic of #lobby: {topic}'],
                   'the restart')
    assert int(daemon.pidfile.read_text()) == daemon.pid
    assert os.readlink(daemon.proc('cwd')) == '/'
    for fd in range(3):
        assert os.readlink(daemon.proc(f'fd/{fd}')) == '/dev/null'
    assert daemon.stop() == 0
    assert not daemon.pidfile.exists()


def test_pidfile_elsewhere(prattled, tmp_path):
    daemon = Background(prattled, tmp_path)
    ann, = daemon.start.people('ann')
    other = tmp_path / 'other'
    daemon.start.write(f'[server]\npidfile = {other}\n')
    os.kill(daemon.pid, signal.SIGUSR2)
    wait_until(other.exists, 'the new file')
    assert ann.people() == 1
    assert int(other.read_text()) == daemon.pid
    assert not daemon.pidfile.exists()
    assert daemon.stop() == 0
    assert not other.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason='only root becomes somebody else')
def test_another_user(prattled, installed):
    for folder in installed.parents:
        if folder.stat().st_uid == os.geteuid():
            folder.chmod(folder.stat().st_mode | stat.S_IXOTH | stat.S_IROTH)
        if folder == Path('/tmp'):
            break
    room = prattled('[server]\nuser = nobody\n')
    room.file.chmod(0o644)
    room.folder.chmod(0o755)
    ann, bob = room.people('ann', 'bob')
    for _ in range(2):
        assert restart(room) == 2
        uid = re.search(r'Uid:\s+(\d+)', Path(f'/proc/{room.pid}/status').read_text())[1]
        assert int(uid) != 0
    assert_silence(ann, bob)


# The state


COPY = b'''#!/bin/sh
for fd; do :; done
cat /proc/self/fd/$fd >"$0.state"
exit 1
'''


@pytest.fixture
def state(prattled, installed, root_hash):
    """The state of a daemon with some people, as the new program gets it."""
    room = prattled(f'[operator root]\nhash = {root_hash}\n')
    ann, bob = room.people('ann', 'bob')
    ann.ask('/join #den')
    bob.send('/oper root')
    bob.expect('Passphrase')
    good = installed.read_bytes()
    install(installed, COPY)
    fail_to_restart(room)
    install(installed, good)
    assert restart(room) == 2
    return Path(f'{installed}.state')


def check_state(path, tmp_path, *args):
    """What --check-state says of a file: exit code, stdout and stderr."""
    with open(path, 'rb') as file:
        done = subprocess.run(
            [binary(), '--check-state', str(file.fileno()), '-c', '/dev/null', *args],
            pass_fds=[file.fileno()], stdin=subprocess.DEVNULL, capture_output=True,
            timeout=DEADLINE, env=environment(tmp_path), check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_state_that_is_good(state, tmp_path):
    code, out, err = check_state(state, tmp_path)
    assert (code, err) == (0, '')
    assert re.fullmatch(
        r'state ok: prattle \S+ can go on with 2 people in 2 rooms\n', out)


def test_state_that_is_not_whole_or_damaged(state, tmp_path):
    good, bad = state.read_bytes(), tmp_path / 'bad'
    for size in 0, 8, 63, 64, len(good) // 2, len(good) - 1:
        bad.write_bytes(good[:size])
        code, out, err = check_state(bad, tmp_path)
        assert (code, out) == (EX_DATAERR, '')
        assert re.fullmatch(r'that is no state of prattled\n'
                            r'|the state is not whole: \d+ bytes of \d+\n', err)
    for at in 0, 8, 30, len(good) // 2, len(good) - 1:
        bad.write_bytes(good[:at] + bytes([good[at] ^ 4]) + good[at + 1:])
        code, out, err = check_state(bad, tmp_path)
        assert (code, out) == (EX_DATAERR, '')
        assert err.count('\n') == 1


def test_check_changes_nothing(state, tmp_path):
    folder = tmp_path / 'state'
    folder.mkdir()
    assert check_state(state, tmp_path, '-o', f'server.state={folder}')[0] == 0
    assert not list(folder.iterdir())
    code, out, err = check_state(state, tmp_path, '-o', 'limits.clients=-1')
    assert (code, out) == (EX_CONFIG, '')
    assert 'limits.clients must be' in err or 'clients' in err
    for word in 'x', '-1', '99999999999':
        code, _, err = run(tmp_path, '--check-state', word)
        assert code == EX_USAGE
        assert f'--check-state takes a descriptor, not "{word}"' in err
    code, _, err = run(tmp_path, '--check-state', '77', '-c', '/dev/null')
    assert (code, err) == (EX_DATAERR, "can't read the state: Bad file descriptor\n")
