# SPDX-License-Identifier: ISC
"""Fixtures of the functional tests, which try $PRATTLED with sockets and real clients.

By hand: PRATTLED=build/run/prattled python3 -m pytest tests/functional
"""

import ctypes
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

pytest.register_assert_rewrite('harness', 'crowd', 'clients', 'screen')
from clients import Recorder, Terminal, words  # noqa: E402
from crowd import Crowd  # noqa: E402
from harness import NO_QUARANTINE, UNPACKED, Control, Prattled  # noqa: E402
from screen import Screen  # noqa: E402

PR_SET_CHILD_SUBREAPER = 36

# Some clients are games to Debian, and those are not on root's path; what serves or
# administers is not on that of people.
MORE_PATHS = ['/usr/games', '/usr/sbin', '/sbin', *(
    str(UNPACKED / folder) for folder in ('usr/bin', 'usr/sbin', 'sbin'))]


def missing():
    """Why nothing can be tested here, or None."""
    path = os.environ.get('PRATTLED', '')
    if not path:
        return 'PRATTLED is not set: it names the program to be tested'
    if not os.access(path, os.X_OK):
        return f'PRATTLED={path} is no program'
    return None


def pytest_configure():
    # Whoever daemonises becomes a child of ours: so one sees its exit code, and whether
    # it is gone.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    if os.environ.get('PRATTLED'):
        os.environ['PRATTLED'] = os.path.abspath(os.environ['PRATTLED'])


def pytest_collection_modifyitems(items):
    if why := missing():
        for item in items:
            item.add_marker(pytest.mark.skip(reason=why))


def children():
    """Processes that are children of this one, zombies too."""
    pids = []
    for task in Path('/proc/self/task').iterdir():
        path = task / 'children'
        if path.exists():
            pids += map(int, path.read_text().split())
    return pids


@pytest.fixture(autouse=True)
def nobody_left():
    """A test that leaves a process behind fails."""
    yield
    left = {}
    for pid in children():
        left[pid] = Path(f'/proc/{pid}/cmdline').read_bytes()
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    assert not left, f'left behind: {left}'


@pytest.fixture
def prattled(tmp_path, nobody_left):
    """Start daemons, as Prattled() does. They are stopped, and must end well."""
    daemons = []

    def start(*args, **options):
        folder = tmp_path / f'daemon{len(daemons)}'
        folder.mkdir()
        daemons.append(Prattled(folder, *args, **options))
        return daemons[-1]

    yield start
    errors = []
    for daemon in daemons:
        try:
            if daemon.process.returncode is None:
                daemon.stop()
            else:
                daemon.check_reports()
        except BaseException as error:  # the others are to be stopped, too
            errors.append(error)
        finally:
            daemon.close_clients()
    if errors:
        raise errors[0]


@pytest.fixture
def room(prattled):
    """A daemon as most tests want it."""
    return prattled()


@pytest.fixture
def house(prattled):
    """A daemon with a door for each way to speak: house.door['telnet'] is a port.

    Whoever is just connected to it uses the one for text alone.
    """
    speaks = 'line', 'auto', 'telnet'
    house = prattled(''.join(
        f'[listen {speak}]\naddress = 127.0.0.1:0\nspeak = {speak}\n'
        for speak in speaks), ready=r'(?:listening on (?s:.*)){3}')
    house.door = dict(zip(speaks, house.ports))
    return house


@pytest.fixture
def connect_to(request):
    """connect_to(house): somebody at its control socket."""

    def start(room):
        client = Control(room.control)
        request.addfinalizer(client.close)
        return client

    return start


@pytest.fixture
def fake_clock(need, tmp_path):
    """A clock that can be set, for the daemon whose environment is fake_clock.env.

    fake_clock.set(seconds) puts that of the wall so much off; fake_clock.wait(seconds)
    lets so much time pass. Neither wakes a daemon that sleeps.
    """
    shim = tmp_path / 'fake_clock.so'
    subprocess.run([need('cc'), '-shared', '-fPIC', '-O', '-o', shim,
                    Path(__file__).with_name('fake_clock.c')], check=True)
    wall, monotonic = tmp_path / 'wall', tmp_path / 'monotonic'

    class Clock:
        env = {'LD_PRELOAD': str(shim), 'FAKE_CLOCK': str(wall),
               'FAKE_MONOTONIC': str(monotonic), **NO_QUARANTINE}
        waited = 0

        @staticmethod
        def write(path, seconds):
            # At once, for it is read at any time.
            new = path.with_suffix('.new')
            new.write_text(str(seconds), encoding='ascii')
            new.rename(path)

        def set(self, seconds):
            self.write(wall, seconds)

        def wait(self, seconds):
            self.waited += seconds
            self.write(monotonic, self.waited)

    clock = Clock()
    clock.set(0)
    clock.wait(0)
    return clock


@pytest.fixture
def need():
    """need('nc.openbsd'): the program's path; without it the test is skipped."""

    def look(name):
        path = shutil.which(name, path=':'.join([os.environ['PATH'], *MORE_PATHS]))
        if path is None:
            pytest.skip(f'{name} is not installed')
        return path

    return look


@pytest.fixture
def command(need):
    """command(port, 'nc.openbsd', '-N'): the words that start a client."""

    def make(port, name, *options):
        program, *rest = words(name, port, *options)
        return [need(program), *rest]

    return make


@pytest.fixture
def at_terminal(command, tmp_path):
    """Start a client at a terminal of its own, where somebody sits and types."""
    started = []

    def start(port, name, *options, **more):
        program, *args = command(port, name, *options)
        client = Terminal(program, args, tmp_path, **more)
        started.append(client)
        client.expect('-- In #lobby: .*you')
        return client

    yield start
    for client in started:
        client.close(force=True)


@pytest.fixture
def screen(need, tmp_path):
    """screen(words): a window of tmux with a command in it."""
    tmux = need('tmux')
    started = []

    def start(command, **more):
        folder = tmp_path / f'screen{len(started)}'
        folder.mkdir()
        started.append(Screen(tmux, folder, command, **more))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture
def recorder():
    """recorder(address): a proxy to there."""
    started = []

    def start(address):
        started.append(Recorder(address))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture
def crowd():
    """Start crowds, which leave at the end."""
    crowds = []

    def start(room, size):
        crowds.append(Crowd(room.address, size))
        return crowds[-1]

    yield start
    for one in crowds:
        if one.thread.is_alive():
            one.leave()
