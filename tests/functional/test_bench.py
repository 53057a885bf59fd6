# SPDX-License-Identifier: ISC
"""The benchmark counts right. How fast anything is decides nothing here."""

import json
import os
import re
import selectors
import socket
import subprocess
import threading
from collections import Counter
from pathlib import Path

import pytest

from harness import DEADLINE, SOURCES, binary, check_sanitizers, environment, wait_until

FAULTS = 'lost', 'doubled', 'reordered', 'garbled', 'stray', 'closed'


def program(name):
    path = Path(binary()).parent / 'bench' / name
    if not path.exists():
        pytest.skip(f'{path} is not built: make bench')
    return path


def run_load(folder, port, protocol, *args, address='127.0.0.1', **options):
    """Run bench/load to its end."""
    done = subprocess.run(
        [program('load'), '--protocol', protocol, '--limit', str(int(DEADLINE)),
         *(word for name, value in options.items()
           for word in (f'--{name.replace("_", "-")}', str(value))),
         *args, f'{address}:{port}'],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=2 * DEADLINE,
        env=environment(folder), check=False)
    check_sanitizers(folder)
    return (done.returncode, done.stdout.decode(), done.stderr.decode())


def load(*args, **options):
    """The figures of a run that must not fail."""
    __tracebackhide__ = True
    code, out, err = run_load(*args, **options)
    assert (code, err) == (0, '')
    assert out.count('\n') == 1
    return json.loads(out)


def faults(figures):
    return {name: figures[name] for name in FAULTS}


def assert_whole(figures, reach):
    """Each line has reached `reach` people, once and in order."""
    __tracebackhide__ = True
    assert faults(figures) == dict.fromkeys(FAULTS, 0)
    assert figures['said'] > 0
    assert figures['arrived'] == figures['expected'] == figures['said'] * reach


@pytest.fixture
def fast(prattled):
    """A daemon as it is measured: without limits."""
    return prattled('[limits]\nsend_queue_soft = 0\nsend_queue = 64M\n'
                    '[listen it]\naddress = 127.0.0.1:0\n', settle='50ms')


@pytest.fixture
def floor(tmp_path):
    """Start bench/floor with these arguments: its port."""
    running = []

    def start(*args):
        process = subprocess.Popen(
            [program('floor'), *args], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, env=environment(tmp_path))
        running.append(process)
        line = process.stdout.readline().decode()
        return int(re.fullmatch(r'listening on 127\.0\.0\.1:(\d+)\n', line)[1])

    yield start
    for process in running:
        process.terminate()
        assert process.wait(DEADLINE) == 0
        process.stdout.close()
    check_sanitizers(tmp_path)


#
# prattled, as bench/run measures it, but small
#

SHORT = {'warmup': 0.1, 'seconds': 0.4, 'settle': 0.2}


def test_a_room_at_a_rate(fast, tmp_path):
    figures = load(tmp_path, fast.port, 'line', sessions=60, senders=7, rate=300,
                   pid=fast.pid, **SHORT)
    assert_whole(figures, 59)
    assert figures['said'] >= 150
    assert 0 < figures['p50_ms'] <= figures['p99_ms'] <= figures['max_ms']
    assert figures['us_per_delivery'] > 0


def test_a_room_flat_out(fast, tmp_path):
    figures = load(tmp_path, fast.port, 'line', mode='window', window=100, sessions=40,
                   senders=10, **SHORT)
    assert_whole(figures, 39)
    assert figures['said'] >= 100


def test_a_room_rising(fast, tmp_path):
    # Up to a limit that is reached at once.
    figures = load(tmp_path, fast.port, 'line', mode='rising', p99=0.01, sessions=10,
                   **SHORT)
    assert figures['ended_by'] in ('p99', 'delivered')
    assert len(figures['steps']) == 2
    for step in figures['steps']:
        assert_whole(step, 9)


def test_rising_climbs_and_halves(floor, tmp_path):
    # What ends a climb on this machine is open, but not which rates are tried.
    figures = load(tmp_path, floor(), 'floor', '--limit', '10', mode='rising', rate=1000,
                   p99=60000, sessions=10, warmup=0.1, seconds=0.3, settle=0.1,
                   patience=1)
    steps = figures['steps']
    best = last = 0
    factors = [1.4, 1.1832, 1.0878]
    assert steps[0]['rate'] == 1000
    for step in steps:
        rate = step['rate']
        if rate != last and best:
            # Never back to longer steps.
            while rate != pytest.approx(best * factors[0], rel=1e-4):
                del factors[0]
        if rate <= figures.get('rate', 0):
            best = max(best, rate)
        last = rate
        assert_whole(step, 9)
    assert figures.get('rate', 0) == best
    assert best or [step['rate'] for step in steps] == [1000, 1000]


def test_rooms(fast, tmp_path):
    figures = load(tmp_path, fast.port, 'line', sessions=60, rooms=12, senders=60,
                   rate=600, **SHORT)
    assert_whole(figures, 4)


def test_idle_people(fast, tmp_path):
    figures = load(tmp_path, fast.port, 'line', mode='idle', sessions=80, lines=5,
                   settle=0.2, pid=fast.pid)
    assert_whole(figures, 79)
    assert figures['said'] == 5
    assert figures['logins_per_s'] > 0
    assert figures['rss_full'] > 0 and figures['rss_after'] > 0


def test_one_who_does_not_read(fast, tmp_path):
    figures = load(tmp_path, fast.port, 'line', mode='stopped', sessions=20, rate=200,
                   **SHORT)
    assert_whole(figures['without'], 19)
    assert faults(figures) == dict.fromkeys(FAULTS, 0)
    # His neighbours are 18 for each line but his own, which he does not say.
    assert figures['arrived'] == figures['expected'] == figures['said'] * 18
    assert figures['stopped_reader'] == 'kept'


@pytest.mark.parametrize('payload', [80, 45, 400])
def test_telnet_with_the_line_editor(fast, tmp_path, payload):
    figures = load(tmp_path, fast.port, 'telnet', sessions=20, senders=5, rate=200,
                   payload=payload, **SHORT)
    assert_whole(figures, 19)


def test_telnet_rooms(fast, tmp_path):
    figures = load(tmp_path, fast.port, 'telnet', sessions=24, rooms=4, senders=12,
                   rate=200, **SHORT)
    assert_whole(figures, 5)


def test_by_ipv6(prattled, tmp_path):
    try:
        socket.create_server(('::1', 0), family=socket.AF_INET6).close()
    except OSError as why:
        pytest.skip(f'no IPv6: {why}')
    room = prattled('[listen it]\naddress = [::1]:0\n')
    port = room.wait_log(r'listening on \[::1\]:(\d+)')[1]
    figures = load(tmp_path, port, 'line', sessions=10, rate=100, address='[::1]', **SHORT)
    assert_whole(figures, 9)


#
# The floor
#

@pytest.mark.parametrize('args', [(), ('--every', '20'), ('--per-line',)])
def test_floor(floor, tmp_path, args):
    port = floor(*args)
    assert_whole(load(tmp_path, port, 'floor', sessions=30, rate=400, **SHORT), 29)
    assert_whole(load(tmp_path, port, 'floor', mode='window', window=200, sessions=30,
                      **SHORT), 29)
    assert_whole(load(tmp_path, port, 'floor', sessions=60, rooms=12, senders=60,
                      rate=600, **SHORT), 4)


#
# Faults are counted exactly
#

class Faulty:
    """A relay that speaks like bench/floor and does its work badly.

    For each receiver, of each 40 lines of each sender it drops one, sends one twice,
    sends one behind the next, and cuts one short. `made` counts them.
    """

    PERIOD, LOSE, DOUBLE, HOLD, CUT = 40, 3, 11, 19, 31

    def __init__(self):
        self.made = Counter()
        self.people = {}  # socket: bytes that are no whole line yet
        self.held = {}
        self.counts = Counter()
        self.selector = selectors.DefaultSelector()
        self.listener = socket.create_server(('127.0.0.1', 0), backlog=100)
        self.port = self.listener.getsockname()[1]
        self.wake, self.stop_fd = os.pipe()
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.selector.register(self.wake, selectors.EVENT_READ)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            for key, _ in self.selector.select():
                if key.fileobj == self.wake:
                    return
                if key.fileobj == self.listener:
                    self.accept()
                else:
                    self.read(key.fileobj)

    def accept(self):
        sock, _ = self.listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.people[sock] = b''
        self.selector.register(sock, selectors.EVENT_READ)
        sock.sendall(b'* hello\n')

    def read(self, sock):
        try:
            data = sock.recv(65536)
        except ConnectionResetError:
            data = b''
        if not data:
            self.selector.unregister(sock)
            del self.people[sock]
            sock.close()
            return
        *lines, self.people[sock] = (self.people[sock] + data).split(b'\n')
        for line in lines:
            if line.startswith(b'/'):
                sock.sendall(b'* ok\n')
            else:
                self.say(sock, line + b'\n')

    def say(self, sender, line):
        place = self.counts[sender] % self.PERIOD
        self.counts[sender] += 1
        for sock in self.people:
            if sock is not sender:
                self.hand_out(sender, sock, place, line)

    def hand_out(self, sender, sock, place, line):
        out = line
        if place == self.LOSE:
            self.made['lost'] += 1
            return
        if place == self.DOUBLE:
            self.made['doubled'] += 1
            out += line
        elif place == self.HOLD:
            self.held[sender, sock] = line
            return
        elif place == self.HOLD + 1:
            self.made['reordered'] += 1
            out += self.held.pop((sender, sock))
        elif place == self.CUT:
            # It is seen that there was one, and that it has not come.
            self.made['lost'] += 1
            self.made['garbled'] += 1
            out = line[:50] + b'\n'
        # Not as one piece, as networks do.
        for at in range(0, len(out), 37):
            sock.sendall(out[at:at + 37])

    def stop(self):
        os.write(self.stop_fd, b'.')
        self.thread.join(DEADLINE)
        for sock in self.people:
            sock.close()
        self.listener.close()
        self.selector.close()
        for fd in self.wake, self.stop_fd:
            os.close(fd)
        # What was never handed out.
        self.made['lost'] += len(self.held)


class Late(Faulty):
    """Each receiver gets one line when it is given up for lost, and long after it."""

    PERIOD, HOLD, RELEASE = 1000, 20, 75

    def hand_out(self, sender, sock, place, line):
        if place == self.HOLD:
            self.made['late'] += 1
            self.held[sender, sock] = line
            return
        if place == self.RELEASE and (sender, sock) in self.held:
            line += self.held.pop((sender, sock))
        sock.sendall(line)


def test_faults_are_counted_exactly(tmp_path):
    relay = Faulty()
    try:
        figures = load(tmp_path, relay.port, 'floor', sessions=6, senders=3, rate=600,
                       warmup=0, seconds=0.5, settle=0.1, patience=1)
    finally:
        relay.stop()
    assert all(relay.made[name] >= 30 for name in
               ('lost', 'doubled', 'reordered', 'garbled')), relay.made
    assert faults(figures) == {name: relay.made[name] for name in FAULTS}
    assert figures['expected'] == figures['said'] * 5
    assert figures['arrived'] == figures['expected'] - relay.made['lost']


#
# All together
#

def test_bench_run(tmp_path):
    program('load')
    done = subprocess.run(
        [SOURCES / 'bench/run', '--quick', '--build', Path(binary()).parent,
         '--json', tmp_path / 'figures', 'room-100', 'rooms', 'idle-100', 'telnet'],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=2 * DEADLINE,
        env=environment(tmp_path), check=False)
    check_sanitizers(tmp_path)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    played = json.loads((tmp_path / 'figures').read_text())
    assert [(entry['scenario'], entry['server']) for entry in played] == [
        (scenario, server) for scenario in ('room-100', 'rooms', 'idle-100', 'telnet')
        for server in ('floor', 'prattled')]
    for entry in played:
        (figures,) = entry['runs']
        assert faults(figures) == dict.fromkeys(FAULTS, 0)
        assert figures['arrived'] == figures['expected'] > 0
    # A table of each, and what was reached.
    assert done.stdout.decode().count('\n| **prattled** |') == 4
    assert done.stdout.decode().count(' garbled at most 0 | 0 | reached |') == 4


@pytest.mark.parametrize('args,words', [
    (['--servers', 'floor,flor'], 'no such server: flor; they are floor, floor-20ms, '),
    (['--repeat', '0'], '--repeat: at least 1 is needed, not: 0'),
    (['rate-61'], 'no such scenario: rate-61; they are room-100, '),
])
def test_bench_run_refuses(tmp_path, args, words):
    done = subprocess.run(
        [SOURCES / 'bench/run', '--quick', '--build', Path(binary()).parent, *args],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=DEADLINE,
        env=environment(tmp_path), check=False)
    assert (done.returncode, done.stdout) == (2, b'')
    assert words in done.stderr.decode()


def build_with(tmp_path, script):
    """A build folder whose generator is this one."""
    folder = tmp_path / 'build'
    (folder / 'bench').mkdir(parents=True)
    (folder / 'prattled').symlink_to(binary())
    (folder / 'bench/floor').symlink_to(program('floor'))
    load = folder / 'bench/load'
    load.write_text(script)
    load.chmod(0o755)
    return folder


def test_bench_run_leaves_no_server_behind(tmp_path):
    folder = build_with(tmp_path, '#!/bin/sh\necho "$*" >"${0%/*}/running"\n'
                        'mv "${0%/*}/running" "${0%/*}/args"\nexec sleep 60\n')
    with subprocess.Popen(
            [SOURCES / 'bench/run', '--quick', '--build', folder, '--servers', 'floor',
             'rate-60'], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=environment(tmp_path)) as run:
        wait_until((folder / 'bench/args').exists, 'the generator runs')
        server = re.search(r'--pid (\d+)', (folder / 'bench/args').read_text())[1]
        run.terminate()
        out, _ = run.communicate(timeout=DEADLINE)
    assert run.returncode == 1
    assert '- interrupted' in out.decode()
    assert not Path('/proc', server).exists()


def test_bench_run_fails_when_lines_are_missing(tmp_path):
    folder = build_with(tmp_path, f'#!/bin/sh\n{program("load")} "$@" | '
                        'sed \'s/"lost":0/"lost":1/\'\n')
    done = subprocess.run(
        [SOURCES / 'bench/run', '--quick', '--build', folder, '--servers', 'floor',
         'rate-60'], stdin=subprocess.DEVNULL, capture_output=True, timeout=DEADLINE,
        env=environment(tmp_path), check=False)
    assert done.returncode == 1
    assert '| 1 lost |' in done.stdout.decode()
    assert '- rate-60 floor: lines are missing, or wrong\n' in done.stdout.decode()


# What can't be measured for the floor, and loses a line with prattled.
PICKY = """#!/bin/sh
case $* in
*'--protocol floor'*) echo 'load: no, thanks' >&2; exit 1;;
*) echo '{"lost": 1, "p50_ms": 2.5}';;
esac
"""


@pytest.mark.parametrize('servers,code', [
    ('floor,prattled', 1), ('floor', 1), ('prattled', 0)])
def test_bench_run_fails_when_a_run_does(tmp_path, servers, code):
    folder = build_with(tmp_path, PICKY)
    done = subprocess.run(
        [SOURCES / 'bench/run', '--build', folder, '--repeat', '1', '--servers', servers,
         'rate-60'], stdin=subprocess.DEVNULL, capture_output=True, timeout=DEADLINE,
        env=environment(tmp_path), check=False)
    out, err = done.stdout.decode(), done.stderr.decode()
    assert done.returncode == code, out + err
    # All the tables are there, and what a measurement loses is one of its figures.
    assert ('| **prattled** | - | 2.50 |' in out) == ('prattled' in servers)
    assert '\n### Figures to reach\n' in out
    assert out.endswith('- rate-60 floor: load: no, thanks\n') == bool(code)
    assert err.endswith('\nrun: failed: rate-60 floor\n') == bool(code)


def test_bench_run_fails_when_nothing_is_played(tmp_path):
    done = subprocess.run(
        [SOURCES / 'bench/run', '--build', Path(binary()).parent, '--servers', 'floor-20ms',
         'rate-60'], stdin=subprocess.DEVNULL, capture_output=True, timeout=DEADLINE,
        env=environment(tmp_path), check=False)
    assert done.returncode == 1
    assert done.stderr.decode() == 'run: failed: nothing was played\n'


#
# What it refuses
#

@pytest.mark.parametrize('address', ['192.0.2.1', '10.0.0.1', '0.0.0.0', 'localhost',
                                     '128.0.0.1', '[::]', '[2001:db8::1]', '::1'])
def test_only_loopback(tmp_path, address):
    code, out, err = run_load(tmp_path, 4000, 'line', address=address)
    assert (code, out) == (2, '')
    assert f'only loopback is measured, 127.0.0.0/8 or [::1], not: {address}' in err


@pytest.mark.parametrize('args,words', [
    (['--sessions', '15001'], '--sessions: a number from 1 to 15000'),
    (['--sessions', '1'], '1 sessions in 0 rooms leave nobody to listen'),
    (['--rooms', '11', '--sessions', '22'], '10 senders leave some of 11 rooms silent'),
    (['--senders', '101'], '101 senders are more than 100 sessions'),
    (['--payload', '20'], '--payload: a number from 32 to 480'),
    (['--rate', '60x'], '--rate: a number from 0.1 to'),
    (['--mode', 'fast'], '--mode: no such mode: fast'),
    (['--seen-by', 'some'], '--seen-by: all or one, not: some'),
    (['--protocol', 'redis', '--sessions', '14000', '--senders', '1001'],
     '14000 sessions and 1001 that publish are more than 15000'),
    (['127.0.0.1:1'], 'one ADDRESS:PORT is needed'),
    (['--hurry'], 'load: what is --hurry?\n'),
])
def test_command_line(tmp_path, args, words):
    code, out, err = run_load(tmp_path, 4000, 'line', *args)
    assert (code, out) == (2, '')
    assert words in err


@pytest.mark.parametrize('name,option', [('load', '--rate'), ('floor', '--every')])
def test_values_are_needed(tmp_path, name, option):
    done = subprocess.run([program(name), option], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=DEADLINE,
                          env=environment(tmp_path), check=False)
    assert (done.returncode, done.stdout.decode(), done.stderr.decode()) == (
        2, '', f'{name}: {option} needs a value\n{name}: --help says more\n')


def test_nobody_there(tmp_path):
    with socket.create_server(('127.0.0.1', 0)) as listener:
        port = listener.getsockname()[1]
    code, out, err = run_load(tmp_path, port, 'line')
    assert (code, out) == (1, '')
    assert 'connect: Connection refused' in err


class Dying(Faulty):
    """Closes all connections behind some lines."""

    def say(self, sender, line):
        self.made['lines'] += 1
        if self.made['lines'] == 10:
            for sock in self.people:
                sock.shutdown(socket.SHUT_RDWR)


def test_server_that_ends(tmp_path):
    relay = Dying()
    try:
        code, out, err = run_load(tmp_path, relay.port, 'floor', sessions=5, senders=2,
                                  rate=100, settle=0.1)
    finally:
        relay.stop()
    assert (code, out) == (1, '')
    assert err == 'load: the server has closed all sessions: has it ended?\n'


def test_whoever_is_not_let_in(prattled, tmp_path):
    room = prattled('[limits]\nclients = 5\n')
    code, out, err = run_load(tmp_path, room.port, 'line', sessions=10, underway=1)
    assert (code, out) == (1, '')
    assert 'session 5 was closed before it was logged in (end of file); ' in err
    assert 'the last that session 5 was told: Too many people are here' in err


def test_never_longer_than_the_limit(tmp_path):
    # Somebody who never answers.
    with socket.create_server(('127.0.0.1', 0), backlog=100) as listener:
        code, out, err = run_load(tmp_path, listener.getsockname()[1], 'line', limit=1)
    assert (code, out) == (3, '')
    assert 'not done within --limit' in err


def test_lines_that_never_come_are_lost(floor, tmp_path):
    # The floor cuts off nobody, but it does not wait for ever either.
    port = floor('--every', '3000')
    figures = load(tmp_path, port, 'floor', sessions=3, senders=1, rate=100, warmup=0.2,
                   seconds=0.2, patience=0.2)
    assert figures['lost'] == figures['expected'] - figures['arrived'] > 0
    assert figures['doubled'] == figures['reordered'] == figures['garbled'] == 0


def test_lines_that_come_too_late_stay_lost(tmp_path):
    # Those of the first time, of about 50 lines, come in the second.
    relay = Late()
    try:
        figures = load(tmp_path, relay.port, 'floor', mode='stopped', sessions=4,
                       senders=1, rate=50, warmup=0, seconds=1, settle=0.1, patience=0.5)
    finally:
        relay.stop()
    assert figures['without']['lost'] == relay.made['late'] == 3
    # The third one does not read any more.
    assert faults(figures) == {**dict.fromkeys(FAULTS, 0), 'reordered': 2}
    assert figures['arrived'] == figures['expected'] > 0
