# SPDX-License-Identifier: ISC
"""A second systemd beside the one of this machine, if it has one, with our units in it.

machine.sh boots it in namespaces of its own: it has its own processes, files, network
and cgroup, and all of that is gone when the test is over, or killed. It takes root.
"""

import contextlib
import ctypes
import os
import re
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from harness import (
    DEADLINE, Client, binary, connect, control_tool, short, wait_until)

CLONE_NEWNET = 0x40000000

# Where the program and its configuration are in there: what is below the home
# directories or /tmp, as a build folder may be, the service can't see.
PROGRAM = '/usr/sbin/prattled'
CONTROL_TOOL = '/usr/bin/prattlectl'
FILE = '/etc/prattled.ini'

# Why root can do less than elsewhere, such as in a container.
REFUSED = re.compile('not permitted|Permission denied|Read-only file system')

UNITS = Path(binary()).parent / 'systemd' if 'PRATTLED' in os.environ else Path()
SYSUSERS = Path(__file__).resolve().parents[2] / 'systemd/prattled.sysusers.conf'


def why_not():
    """Why none can be had here, or None."""
    if os.geteuid() != 0:
        return 'only root can boot a systemd'
    if not Path('/lib/systemd/systemd').exists():
        return 'systemd is not installed'
    for name in 'unshare', 'nsenter', 'setpriv', 'pivot_root', 'ip':
        if shutil.which(name) is None:
            return f'{name} is not installed'
    if not (UNITS / 'prattled.service').exists():
        return 'the units are not built'
    if ' - cgroup2 ' not in Path('/proc/self/mountinfo').read_text():
        return 'there are no cgroups of version 2'
    return None


class Machine:
    """A booted systemd, whose root is `root` from here."""

    def __init__(self, folder):
        self.log_file = Path(folder) / 'boot.log'
        self.clients = []
        (Path(folder) / 'root').mkdir()
        with open(self.log_file, 'wb') as log:
            # It ends when we do, in whatever way; what is sent to our group must not
            # keep it from cleaning up.
            self.process = subprocess.Popen(
                [Path(__file__).with_name('machine.sh'), Path(folder) / 'root'],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                start_new_session=True)
        line = self.process.stdout.readline().decode()
        if not line:
            self.power_off()
            why = self.log().strip()
            if REFUSED.search(why):
                pytest.skip(f'this system lets nobody boot another one: {why}')
            pytest.fail(why)
        self.pid = int(line)
        self.root = Path(f'/proc/{self.pid}/root')
        self.here = os.open('/proc/self/ns/net', os.O_RDONLY | os.O_CLOEXEC)
        self.there = os.open(f'/proc/{self.pid}/ns/net', os.O_RDONLY | os.O_CLOEXEC)
        wait_until(lambda: self.run('systemctl', 'is-system-running', '--wait',
                                    check=False).stdout == 'running\n',
                   lambda: f'the end of the start:\n{self.log()}')

    def power_off(self):
        """End it, and all that runs in it."""
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(DEADLINE)

    def close(self):
        for client in self.clients:
            client.close()
        os.close(self.here)
        os.close(self.there)
        self.power_off()

    def log(self):
        """What systemd said itself."""
        return self.log_file.read_text(errors='backslashreplace')

    # Inside

    def run(self, *words, check=True):
        """Run a command in there. It must end well unless `check` is false."""
        __tracebackhide__ = True
        done = subprocess.run(
            ['nsenter', '-t', str(self.pid), '-m', '-u', '-i', '-n', '-p', '-C',
             'env', '-i', 'PATH=/usr/sbin:/usr/bin', 'LC_ALL=C.UTF-8', *words],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=DEADLINE,
            text=True, check=False)
        if check and done.returncode != 0:
            pytest.fail(f'{words}: exit code {done.returncode}\n{done.stdout}'
                        f'{done.stderr}{short(self.journal())}{short(self.log())}')
        return done

    def systemctl(self, *words, check=True):
        __tracebackhide__ = True
        return self.run('systemctl', '--no-pager', *words, check=check)

    def show(self, unit, name):
        """A property of a unit."""
        return self.systemctl('show', '--value', '-p', name, unit).stdout.strip()

    def wait_show(self, unit, name, regex):
        """The match of a property, as soon as it matches whole."""
        __tracebackhide__ = True
        return wait_until(
            lambda: re.fullmatch(regex, self.show(unit, name)),
            lambda: f'{name} of {unit} to be {regex}:\n{short(self.journal())}')

    def journal(self):
        """What the units have said, and systemd about them."""
        return self.run('journalctl', '--no-pager', '-q', '-o', 'cat', '-u', 'prattled',
                        '-u', 'prattled-socket', check=False).stdout

    def wait_journal(self, regex):
        __tracebackhide__ = True
        return wait_until(lambda: re.search(regex, self.journal(), re.MULTILINE),
                          lambda: f'/{regex}/ in:\n{short(self.journal())}')

    # What is to be tested

    def install(self):
        """Put prattled there, with its user and its units."""
        for source, path in (binary(), PROGRAM), (control_tool(), CONTROL_TOOL):
            program = self.root / path[1:]
            shutil.copy(source, program)
            program.chmod(0o755)
        folder = self.root / 'etc/systemd/system'
        folder.mkdir(parents=True)
        for path in [*UNITS.glob('*.service'), *UNITS.glob('*.socket')]:
            text = re.sub(r'^(Exec\w+=)/\S+/prattled\b', rf'\1{PROGRAM} --config {FILE}',
                          path.read_text(), flags=re.MULTILINE)
            (folder / path.name).write_text(text)
        users = self.root / 'usr/lib/sysusers.d/prattled.conf'
        shutil.copy(SYSUSERS, users)
        self.run('systemd-sysusers', 'prattled.conf')
        # The leak checker traces its process, which the units forbid.
        for unit in 'prattled', 'prattled-socket':
            self.drop_in(f'{unit}.service', '[Service]\n'
                         'Environment=ASAN_OPTIONS=detect_leaks=0\n', 'sanitizer')

    def configure(self, text):
        """Replace the configuration file."""
        (self.root / FILE[1:]).write_text(text)

    def drop_in(self, unit, text, name='test'):
        """Add to a unit what an operator would by `systemctl edit`."""
        folder = self.root / f'etc/systemd/system/{unit}.d'
        folder.mkdir(exist_ok=True)
        (folder / f'{name}.conf').write_text(text)
        self.systemctl('daemon-reload')

    # Its network

    @contextlib.contextmanager
    def network(self):
        """Sockets that this thread makes meanwhile are in there."""
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.setns(self.there, CLONE_NEWNET) == 0, ctypes.get_errno()
        try:
            yield
        finally:
            assert libc.setns(self.here, CLONE_NEWNET) == 0, ctypes.get_errno()

    def person(self, address=('127.0.0.1', 4000)):
        """Somebody who comes by an address in there, or by a path."""
        if isinstance(address, str):
            address = self.root / address[1:]
        with self.network():
            client = Client(address)
        self.clients.append(client)
        return client


class Knocking:
    """Somebody connects to a machine's address while something is done, again and again.

    Not as fast as he could: that would be another test. `came` says how often, `refused`
    how often in vain.
    """

    def __init__(self, machine, address=('127.0.0.1', 4000)):
        self.machine = machine
        self.address = address
        self.came = self.refused = 0
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.knock)

    def knock(self):
        with self.machine.network():
            while not self.is_over.wait(0.005):
                try:
                    connect(self.address).close()
                    self.came += 1
                except ConnectionRefusedError:
                    self.refused += 1

    def wait_more(self):
        """Somebody has come who was not on his way before."""
        __tracebackhide__ = True
        goal = self.came + 2
        wait_until(lambda: self.came >= goal, 'somebody to come')

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exc):
        self.is_over.set()
        self.thread.join()
