# SPDX-License-Identifier: ISC
"""Attacks on a running daemon: what one does costs the others nothing.

In CI each is small, and no time is asserted. tools/attack runs them at full size and
prints what was measured: how long a line of others took meanwhile, and memory.
"""

import contextlib
import json
import os
import re
import resource
import selectors
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from signal import SIGHUP, SIGUSR1

import pytest

from harness import (DEADLINE, IAC, NO_QUARANTINE, SB, TTYPE, TelnetClient, connect, heard,
                     peak, rss, wait_until)
from test_log import check_records

FULL = os.environ.get('PRATTLE_TEST_ATTACK') == 'full'
PULSE = Path(__file__).with_name('pulse.py')
MIB = 1 << 20


def scale(small, full):
    """How much of it: in CI, and by hand."""
    return full if FULL else small


def report(what, **numbers):
    """For the table in tests/README.md; pytest shows it with -s."""
    print(f'\nfigure: {what}: ' + ', '.join(
        f'{name} {value:.1f}' if isinstance(value, float) else f'{name} {value}'
        for name, value in numbers.items()))


def is_sanitized():
    """Sanitizers keep memory of their own for whatever is touched."""
    with open(os.environ['PRATTLED'], 'rb') as program:
        return re.search(b'__[at]san_', program.read()) is not None


def slack(size):
    """So much more memory may be in use."""
    return size * 8 if is_sanitized() else size


@pytest.fixture
def attacked(prattled):
    """Start daemons whose log must be clean at the end, whatever has happened."""
    rooms = []

    def start(config='', **options):
        options.setdefault('env', NO_QUARANTINE)
        rooms.append(prattled(config, **options))
        return rooms[-1]

    yield start
    for room in rooms:
        check_records(room)


@pytest.fixture
def descriptors():
    """Raise our limit of open files to what is needed, or skip the test."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    def need(count):
        if hard != resource.RLIM_INFINITY and hard < count:
            pytest.skip(f'{count} open files are needed, {hard} are allowed')
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count), hard))

    yield need
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextlib.contextmanager
def pulse(room, what, interval=scale(0.05, 0.01)):
    """Two others talk meanwhile, and each line arrives."""
    command = [sys.executable, PULSE, *map(str, room.address), str(interval)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as talk:
        try:
            assert talk.stdout.readline() == b'ready\n'
            yield
            talk.stdin.close()
            numbers = json.loads(talk.stdout.read() or b'{}')
            assert talk.wait(DEADLINE) == 0
        finally:
            talk.kill()
    assert numbers['lines'] > 0
    report(what, **numbers)


def cpu(pid):
    """Seconds of processor time that a process has used."""
    stat = Path(f'/proc/{pid}/stat').read_text(encoding='ascii')
    return sum(map(int, stat.rpartition(')')[2].split()[11:13])) / os.sysconf('SC_CLK_TCK')


def files(room):
    """How many descriptors the daemon has open."""
    return len(os.listdir(f'/proc/{room.pid}/fd'))


def people_of(room):
    """What /uptime says, to somebody who comes for that, about all others."""
    with room.connect() as visitor:
        return visitor.people() - 1


def settled(room, connections):
    """Wait until only these are left."""
    __tracebackhide__ = True
    wait_until(lambda: room.status()['connections'] == connections,
               lambda: f'{connections} connections: {room.status()}')


# Bytes without end


@pytest.mark.parametrize('begin, chunk, end', [
    (b'', b'x' * MIB, b'\n'),
    (bytes([IAC, SB, TTYPE]), b'x\r\n\xff\xff' * (MIB // 5), b'\xff\xf0'),
    (b'', b'\xff\xff' * (MIB // 2), b'\n'),
], ids=['line', 'subnegotiation', 'ff-ff'])
def test_endless_input_costs_no_memory(attacked, begin, chunk, end):
    room = attacked()
    ann, bob = room.people('ann', 'bob')
    eve = room.connect(kind=TelnetClient)
    with pulse(room, f'endless {begin[:1]!r} {chunk[:2]!r}'):
        memory = peak(room.pid)
        eve.send_bytes(begin)
        for _ in range(16 if is_sanitized() else scale(64, 1024)):
            eve.send_bytes(chunk)
        eve.send_bytes(end)
        # It has been read to its end.
        assert eve.people() == 5
        grown = peak(room.pid) - memory
        report('memory', KiB=grown // 1024)
        assert grown < slack(MIB)
    ann.send('can you hear me?')
    bob.expect(r'^ann: can you hear me\?$')


# Too much


class Flood:
    """Sessions that send numbered lines as fast as they are taken, until told to stop.

    Nothing of what they hear is kept.
    """

    def __init__(self, room, names):
        self.names = names
        self.socks = []
        for client in room.people(*names):
            client.sock.setblocking(False)
            self.socks.append(client.sock)
        self.unsent = {sock: b'' for sock in self.socks}
        self.next = dict.fromkeys(self.socks, 0)
        self.stopping = False
        self.start = time.monotonic()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        with selectors.DefaultSelector() as selector:
            for sock in self.socks:
                selector.register(sock, selectors.EVENT_READ | selectors.EVENT_WRITE)
            while not self.stopping:
                for key, _ in selector.select(0.1):
                    self.serve(key.fileobj)

    def serve(self, sock):
        with contextlib.suppress(BlockingIOError):
            sock.recv(MIB)
        if not self.unsent[sock]:
            first = self.next[sock]
            self.next[sock] = first + 1000
            self.unsent[sock] = b''.join(b'no %d\n' % n for n in range(first, first + 1000))
        with contextlib.suppress(BlockingIOError):
            self.unsent[sock] = self.unsent[sock][sock.send(self.unsent[sock]):]

    def stop(self):
        self.stopping = True
        self.thread.join(DEADLINE)


def bucket_limit(rate, burst, seconds):
    """The most lines that may have been taken since the bucket was full."""
    return burst + rate * seconds + 1


@pytest.mark.parametrize('size', [1, 200])
def test_flood_gets_what_the_bucket_holds(attacked, descriptors, size):
    descriptors(2 * size + 200)
    rate, burst, until = (20, 40, scale(100, 300)) if size == 1 else (2, 5, scale(9, 25))
    # The bucket is full when it begins: /nick was the last that took from it.
    room = attacked(f'[limits]\nburst = {burst}\nflood_time = 0\n', rate=rate)
    ann, = room.people('ann')
    names = [f'eve{n}' for n in range(size)]
    taken = dict.fromkeys(names, 0)
    used = since = None
    memory = peak(room.pid)
    with pulse(room, f'flood of {size}', interval=2.0 / rate if size == 1 else 0.6):
        start = time.monotonic()
        flood = Flood(room, names)
        while min(taken.values()) < until:
            line = ann.line()
            assert line is not None
            if size == 1 and used is None and taken['eve0'] > burst:
                used, since, before = cpu(room.pid), time.monotonic(), taken['eve0']
            if match := re.fullmatch(r'(eve\d+): no (\d+)', line):
                # Each in its order, none lost.
                assert int(match[2]) == taken[match[1]]
                taken[match[1]] += 1
                # The daemon's time is within ours.
                seconds = time.monotonic() - start
                assert taken[match[1]] <= bucket_limit(rate, burst, seconds)
        seconds = time.monotonic() - flood.start
        # Who waits costs nothing: nothing spins.
        if used is not None:
            while_waiting = time.monotonic() - since
            load = (cpu(room.pid) - used) / while_waiting
            report('while waiting', cpu=load, taken=taken['eve0'] - before,
                   model=rate * while_waiting)
            assert load < 0.5
        flood.stop()
    report('taken', sessions=size, seconds=seconds, least=min(taken.values()),
           most=max(taken.values()), model=burst + rate * seconds,
           offered=sum(flood.next.values()), KiB=(peak(room.pid) - memory) // 1024)


def test_silent_connections_leave_in_time(attacked, descriptors):
    size = 500
    descriptors(size + 200)
    room = attacked(f'[limits]\nfirst_line = {scale(2, 10)}s\nexempt = 192.0.2.0/24\n'
                    'clients_per_address = 0\nconnects_per_address = 0\n')
    ann, bob = room.people('ann', 'bob')
    before = files(room)
    with pulse(room, 'silent connections'):
        silent = [connect(room.address) for _ in range(size)]
        # Each is told, and closed by the daemon.
        for sock in silent:
            got = b''
            while data := sock.recv(65536):
                got += data
            assert got.startswith(b'-- Welcome') and got.endswith(b'\r\n')
            sock.close()
        settled(room, 4)
    settled(room, 2)
    assert files(room) == before
    ann.send('still here?')
    bob.expect(r'^ann: still here\?$')
    assert people_of(room) == 2


# Readers that do not read


def stop_reading(address, count):
    """People whose systems take almost nothing, and who never read."""
    socks = []
    for _ in range(count):
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect(address)
        socks.append(sock)
    return socks


def test_stopped_readers_cost_only_their_queues(attacked, crowd, descriptors):
    size, stopped, lines = scale(500, 2000), 100, scale(1000, 600)
    soft = 65536
    descriptors(size + 500)
    room = attacked(f'[limits]\nclients = {size + 100}\nsend_queue_soft = {soft}\n')
    ann, = room.people('ann')
    others = crowd(room, size - stopped)
    wait_until(lambda: room.status()['people'] == size - stopped + 1, 'the others')

    def all_have(words):
        assert not others.closed, f'{len(others.closed)} were disconnected'
        return all(got.rfind(words, max(0, len(got) - 8192)) >= 0 for got in others.got)

    def say(first):
        """So much that it fills each queue; not more at once than others can read."""
        for n in range(first, first + lines):
            ann.send(f'line {n} ' + 'x' * 300)
            if n % 100 == 99:
                wait_until(lambda: all_have(f'ann: line {n} x'.encode()),
                           lambda: f'line {n} at everybody')

    if FULL:
        with pulse(room, 'quiet readers'):
            say(0)
    else:
        say(0)
    quiet, before = rss(room.pid), files(room)
    socks = stop_reading(room.address, stopped)
    wait_until(lambda: room.status()['people'] == size + 1, 'who does not read')
    with pulse(room, 'stopped readers'):
        say(lines)
    room.wait_log('does not read, lines are skipped')
    held = rss(room.pid) - quiet
    assert held < slack(stopped * (soft + 32768)), held
    for sock in socks:
        sock.close()
    settled(room, size - stopped + 1)
    assert files(room) == before
    # What is free again goes back, and is used again: the same once more needs no more.
    wait_until(lambda: rss(room.pid) - quiet < slack(held), 'memory that goes back')
    socks = stop_reading(room.address, stopped)
    # Who comes late gets other lines, and more of them wait for him.
    wait_until(lambda: room.status()['people'] == size + 1, 'who does not read again')
    say(2 * lines)
    again = rss(room.pid) - quiet
    report('held for stopped readers', KiB=held // 1024, again=again // 1024)
    # A third of a MiB was measured.
    assert again < held + slack(2 * MIB)
    for sock in socks:
        sock.close()
    settled(room, size - stopped + 1)
    wait_until(lambda: rss(room.pid) - quiet < slack(stopped * soft // 4),
               'memory that goes back')
    report('left behind', KiB=(rss(room.pid) - quiet) // 1024)
    # Nobody else has missed a line.
    expected = [f'ann: line {n} ' + 'x' * 300 for n in range(3 * lines)]
    for n in range(size - stopped):
        said = [line for line in others.lines(n) if line.startswith('ann: ')]
        assert said == expected
    others.leave()


# Coming and going


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    sock.close()


def leave_at_once(sock):
    sock.close()


def leave_within_a_line(sock):
    sock.sendall(b'half a li')
    sock.close()


def reset_within_a_line(sock):
    sock.sendall(b'hello\nhalf a li')
    reset(sock)


def half_close(sock):
    sock.sendall(b'hello\nhalf a line')
    sock.shutdown(socket.SHUT_WR)
    while sock.recv(65536):
        pass
    sock.close()


def leave_within_telnet(sock):
    sock.sendall(bytes([IAC, SB, TTYPE]))
    reset(sock)


WAYS = [reset, leave_at_once, leave_within_a_line, reset_within_a_line, half_close,
        leave_within_telnet]


def test_churn_leaves_nothing_behind(attacked):
    room = attacked()
    ann, = room.people('ann')

    def churn(count):
        for n in range(count):
            WAYS[n % len(WAYS)](connect(room.address))
            if n % 100 == 99:
                ann.barrier()
        settled(room, 1)
        return rss(room.pid), files(room), ann.people()

    memory, *rest = churn(300)
    assert rest == [files(room), 1]
    again, *same = churn(scale(2000, 10000))
    report('after the churn', connections=scale(2000, 10000), KiB=(again - memory) // 1024)
    assert same == rest
    assert again - memory < slack(MIB)
    with pulse(room, 'churn'):
        for n in range(scale(200, 2000)):
            WAYS[n % len(WAYS)](connect(room.address))
    settled(room, 1)
    assert (files(room), people_of(room)) == (rest[0], 1)


# The world around it


def in_namespace(tmp_path, script):
    """Words before a program, which sees mounts that nobody else does."""
    wrap = ['unshare', '-rm', 'sh', '-ec', f'{script}\nexec "$@"', 'sh']
    try:
        done = subprocess.run([*wrap, 'true'], cwd=tmp_path, stdin=subprocess.DEVNULL,
                              capture_output=True, check=False)
    except OSError as error:
        pytest.skip(f'unshare: {error}')
    if done.returncode != 0:
        pytest.skip(f'no mounts of our own here: {done.stderr.decode().strip()}')
    return wrap


@pytest.fixture
def dev_log(tmp_path):
    """A reader of /dev/log that never reads, and the words that make it the daemon's."""
    path = tmp_path / 'log.sock'
    nodes = 'null zero full random urandom'
    wrap = in_namespace(tmp_path, f'''
        mkdir -p {tmp_path}/dev
        mount -t tmpfs none {tmp_path}/dev
        for node in {nodes}; do
            : >{tmp_path}/dev/$node
            mount --bind /dev/$node {tmp_path}/dev/$node
        done
        ln -s {path} {tmp_path}/dev/log
        mount --rbind {tmp_path}/dev /dev''')
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(path))
        sock.settimeout(DEADLINE)
        yield sock, wrap


def read_records(sock, regex):
    """Records of syslog(3) up to the one that matches."""
    __tracebackhide__ = True
    got = []
    while True:
        got.append(sock.recv(65536))
        # <30>Nov 21 10:00:00 prattled: text
        assert re.fullmatch(rb'<\d+>[\x20-\x7e]+\0?', got[-1]), got[-1]
        if match := re.search(regex, got[-1]):
            return got, match


def test_reader_of_syslog_that_stands_still(attacked, dev_log):
    sock, wrap = dev_log
    room = attacked('[log]\ntarget = stderr\n', wrap=wrap)
    room.write('[log]\ntarget = syslog\n')
    room.signal(SIGHUP)
    room.wait_log('reload: log.target changed')
    ann, bob = room.people('ann', 'bob')
    visits = 1000
    with pulse(room, 'stopped log reader'):
        for _ in range(visits):
            connect(room.address).close()
        ann.send('can you hear me?')
        bob.expect(r'^ann: can you hear me\?$')
    got, match = read_records(sock, rb'log: (\d+) records dropped')
    dropped = int(match[1])
    assert dropped > 0
    # Since there is room again the log goes on.
    ann.ask('/nick zoe')
    got += read_records(sock, rb'-> zoe')[0]
    connects = sum(b': connect from' in one for one in got)
    # Those of the pulse, too.
    assert connects <= visits + 4 <= connects + dropped
    report('records', dropped=dropped, read=len(got))


def test_full_disk_stops_nobody(attacked, tmp_path):
    state = tmp_path / 'state'
    state.mkdir()
    wrap = in_namespace(tmp_path, f'mount -t tmpfs -o size=64k,mode=700 none {state}')
    room = attacked(f'[server]\nstate = {state}\n', wrap=wrap)
    seen = Path(f'/proc/{room.pid}/root{state}')
    ann, bob = room.people('ann', 'bob')

    def claim(person):
        person.send('/claim')
        person.expect('New passphrase of')
        person.send('correct horse', 'correct horse')
        person.expect('You have claimed the name')

    claim(ann)
    wait_until(lambda: (seen / 'claims').exists(), 'the file')
    before = (seen / 'claims').read_bytes()
    with pulse(room, 'full disk'):
        with contextlib.suppress(OSError), open(seen / 'filler', 'wb', 0) as filler:
            while filler.write(bytes(4096)):
                pass
        claim(bob)
        room.wait_log(r"error: state: can't write .*claims.*: No space left on device")
        # What was written is whole, and the room goes on.
        assert (seen / 'claims').read_bytes() == before
        ann.send('can you hear me?')
        bob.expect(r'^ann: can you hear me\?$')
        (seen / 'filler').unlink()
        room.wait_log('notice: state: .*claims is written again')
    after = (seen / 'claims').read_bytes()
    assert after.startswith(before) or b'\nann ' in b'\n' + after
    assert b'\nbob ' in after and after.endswith(b'\n')
    assert [path.name for path in seen.iterdir()] == ['claims']


DAY = 86400


def test_clock_that_jumps(attacked, fake_clock, tmp_path):
    state = tmp_path / 'state'
    state.mkdir()
    bans = state / 'bans'
    until = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() + DAY / 2))
    text = f'ban eve until={until} by=ann\n'
    bans.write_text(text, encoding='ascii')
    # All that is due after a while: nobody has been here for so long.
    room = attacked(f'[server]\nstate = {state}\n[limits]\nidle_timeout = 1h\n'
                    'first_line = 1h\nflood_time = 1h\n', rate=100, env=fake_clock.env)
    ann, bob = room.people('ann', 'bob')
    connect(room.address).close()
    with pulse(room, 'jumping clock'):
        used, start = cpu(room.pid), time.monotonic()
        for seconds in -DAY, 0, DAY // 4, -DAY // 4, -DAY:
            fake_clock.set(seconds)
            year = time.strftime('%Y-%m-%d %H', time.localtime(time.time() + seconds))
            mark = room.log_mark()
            room.signal(SIGUSR1)
            room.wait_log(f'^{year}.* status: ', mark)
            # It is banned as ever: by the clock of the wall it is not over.
            ann.send('/nick eve')
            ann.expect('^!! .*eve')
            assert heard(ann, bob) is not None
        assert bans.read_text(encoding='ascii') == text
        fake_clock.set(DAY)
        ann.ask('is it over?')
        wait_until(lambda: bans.read_text(encoding='ascii') == '', 'the end of the ban')
        ann.send('/nick eve')
        ann.expect('is now eve$')
        report('jumping clock', cpu=(cpu(room.pid) - used) / (time.monotonic() - start))
    # The visitor and the pulse have left, and nobody else.
    settled(room, 2)
    room.wait_log(r'(?:: disconnect: (?s:.*)){3}')
    log = room.log()
    assert 'idle' not in log and 'no first line' not in log
    assert len(re.findall(': disconnect: ', log)) == 3
