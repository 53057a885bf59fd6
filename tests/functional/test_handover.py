# SPDX-License-Identifier: ISC
"""A restart of the service: sessions wait in the service manager's store of descriptors."""

import os
import re
import signal
import socket
import stat
import sys
import threading
from pathlib import Path

import pytest

from harness import DEADLINE, connect, ctl, wait_until
from test_restart import (  # noqa: F401, some are fixtures
    SECRET, install, installed, root_hash)

# Gives a process the descriptors that it is called with, as a service manager does.
PASS = '''
import fcntl, os, resource, sys
names = [int(fd) for fd in sys.argv[1].split(',') if fd]
fds = [fcntl.fcntl(fd, fcntl.F_DUPFD, 1000) for fd in names]
for fd in set(names):
    os.close(fd)
for n, fd in enumerate(fds):
    os.dup2(fd, 3 + n)
    os.close(fd)
os.environ['LISTEN_PID'] = str(os.getpid())
os.environ['LISTEN_FDS'] = str(len(fds))
# What a service gets if nobody says anything.
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, most), most))
os.execv(sys.argv[2], sys.argv[2:])
'''


class Manager:
    """A service manager with a store, and the daemons that it starts one by one."""

    def __init__(self, prattled, folder, size=8, says=None):
        self.prattled = prattled
        self.path = str(folder / 'notify')
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(self.path)
        self.size = size
        self.says = size if says is None else says
        self.answers = True
        self.store = []  # of name and descriptor
        self.passed = []
        self.messages = []
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        while True:
            data, fds, _, _ = socket.recv_fds(self.sock, 4096, 300)
            message = data.decode()
            if message == 'over':
                return
            fields = dict(line.split('=', 1) for line in message.split('\n'))
            if fields.get('FDSTORE') == '1':
                assert fields['FDPOLL'] == '0'
                room = self.size - len(self.store)
                self.store += [(fields['FDNAME'], fd) for fd in fds[:room]]
                fds = fds[room:]
            elif fields.get('FDSTOREREMOVE') == '1':
                for name, fd in self.store:
                    if name == fields['FDNAME']:
                        os.close(fd)
                self.store = [(n, fd) for n, fd in self.store if n != fields['FDNAME']]
            elif fields.get('BARRIER') == '1' and not self.answers:
                self.passed.append(('', fds.pop()))
            for fd in fds:
                os.close(fd)
            self.messages.append(message)

    def find(self, name):
        return next(fd for other, fd in self.store if other == name)

    def lose(self, name):
        os.close(self.find(name))
        self.store = [(other, fd) for other, fd in self.store if other != name]

    def names(self):
        return sorted(name for name, _ in self.store)

    def start(self, config, passing=(), **more):
        """The next daemon of the service, which gets the sockets of a socket unit, too."""
        passed = [*self.store, *passing]
        fds = [fd for _, fd in passed]
        env = {'NOTIFY_SOCKET': self.path, 'FDSTORE': str(self.says),
               'LISTEN_FDNAMES': ':'.join(name for name, _ in passed)}
        before = len(self.messages)
        room = self.prattled(config, listen=False, env=env, pass_fds=fds, wrap=[
            sys.executable, '-c', PASS, ','.join(map(str, fds))], **more)
        wait_until(lambda: 'READY=1' in self.messages[before:], 'it to be ready')
        return room

    def close(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.sendto(b'over', self.path)
        self.thread.join(DEADLINE)
        for _, fd in self.store + self.passed:
            os.close(fd)
        self.sock.close()


@pytest.fixture
def manager(prattled, tmp_path):
    manager = Manager(prattled, tmp_path)
    yield manager
    manager.close()


@pytest.fixture
def port():
    """A free one, which the configuration names."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(('127.0.0.1', 0))
        return sock.getsockname()[1]


def leave(room):
    """End it as the service manager does for a restart."""
    room.signal(signal.SIGQUIT)
    assert room.wait_exit() == 0


def test_sessions_outlive_their_process(manager, port, tmp_path):
    path = tmp_path / 'room'
    config = f'[listen a]\naddress = 127.0.0.1:{port}, unix:{path}\n'
    room = manager.start(config)
    wait_until(lambda: manager.names() == ['prattled-listen'] * 2, 'the addresses')
    ann = room.connect(('127.0.0.1', port)).rename('ann')
    bob = room.connect(path).rename('bob')
    ann.ask('/away at lunch')
    bob.send_bytes(b'half a li')
    wait_until(lambda: room.status()['people'] == 2, 'both')
    for _ in range(3):
        leave(room)
        room.wait_log('restart: 2 people wait for the next process$')
        assert not re.search('conn [12]: disconnect', room.log()) and path.exists()
        assert manager.names() == [
            'prattled-bag', 'prattled-listen', 'prattled-listen', 'prattled-state']
        # Who comes now waits.
        late = connect(('127.0.0.1', port))
        ann.send('hello')
        room = manager.start(config, ready='goes on with 2 people')
        assert bob.line() == 'ann: hello'
        wait_until(lambda: manager.names() == ['prattled-listen'] * 2, 'the store')
        assert 'ann (away)' in ' '.join(ann.ask('/who'))
        assert late.recv(10)
        late.close()
        wait_until(lambda: room.status()['connections'] == 2, 'the late one to leave')
    bob.send_bytes(b'ne\n')
    assert ann.line() == 'bob: half a line'
    room.stop()
    assert not path.exists()
    assert ann.expect_end()[-1] == '-- The room is closing. Goodbye!'


def test_many_sessions(manager, port):
    config = f'[listen a]\naddress = 127.0.0.1:{port}\n'
    room = manager.start(config)
    people = [room.connect(('127.0.0.1', port)) for _ in range(600)]
    leave(room)
    room = manager.start(config, ready='goes on with 600 people')
    assert people[0].people() == 600
    people[7].send('hello')
    for n, person in enumerate(people):
        if n != 7:
            person.expect('^guest8: hello$')


def test_what_is_said_meanwhile_is_not_lost(manager, port):
    config = f'[listen a]\naddress = 127.0.0.1:{port}\n'
    room = manager.start(config)
    ann, bob, cid = (room.connect(('127.0.0.1', port)).rename(name)
                     for name in ('ann', 'bob', 'cid'))
    for _ in range(3):
        ann.send(*(f'line {n}' for n in range(500)))
        leave(room)
        bob.send(*(f'word {n}' for n in range(500)))
        room = manager.start(config, ready='goes on with 3 people')
        lines = [cid.line() for _ in range(1000)]
        for name, word in ('ann', 'line'), ('bob', 'word'):
            assert [line for line in lines if line.startswith(name)] == [
                f'{name}: {word} {n}' for n in range(500)]
        assert [bob.line() for _ in range(500)] == [f'ann: line {n}' for n in range(500)]
        assert [ann.line() for _ in range(500)] == [f'bob: word {n}' for n in range(500)]


def test_what_is_gathered_is_told_before(manager, port):
    config = (f'[server]\ngather_rate = 1\ngather_time = 1m\n'
              f'[listen a]\naddress = 127.0.0.1:{port}\n')
    room = manager.start(config, settle=0)
    ann = room.connect(('127.0.0.1', port))
    others = [room.connect(('127.0.0.1', port)) for _ in range(40)]
    wait_until(lambda: room.status()['people'] == 41, 'all')
    for other in others:
        other.send('/quit')
        other.expect_end()
    leave(room)
    ann.expect(r'^-- \d+ left #lobby')
    room = manager.start(config, ready='goes on with 1 people', settle=0)
    assert ann.people() == 1


def test_addresses_outlive_a_crash(manager, port):
    config = f'[listen a]\naddress = 127.0.0.1:{port}\n'
    room = manager.start(config)
    ann = room.connect(('127.0.0.1', port))
    for _ in range(3):
        room.signal(signal.SIGKILL)
        assert room.wait_exit() == -signal.SIGKILL
        assert manager.names() == ['prattled-listen']
        late = connect(('127.0.0.1', port))
        room = manager.start(config)
        assert late.recv(10)
        late.close()
    with pytest.raises((ConnectionError, AssertionError)):
        ann.send('hello')
        ann.barrier()


def test_addresses_come_and_go(manager, port, tmp_path):
    one, other = tmp_path / 'one', tmp_path / 'other'
    room = manager.start(f'[listen a]\naddress = unix:{one}, 127.0.0.1:{port}\n')
    wait_until(lambda: len(manager.store) == 2, 'both')
    room.reload(f'[listen a]\naddress = unix:{other}\n')
    wait_until(lambda: len(manager.store) == 1, 'one of them')
    ann = room.connect(other)
    leave(room)
    room = manager.start(f'[listen a]\naddress = unix:{one}\n', ready='goes on with 1')
    room.wait_log(f'no longer listening on unix:{other}')
    wait_until(lambda: [socket_path(fd) for _, fd in manager.store] == [str(one)],
               'the new one to be stored')
    assert ann.people() == 1
    assert room.connect(one).people() == 2
    assert not other.exists()


def socket_path(fd):
    with socket.socket(fileno=os.dup(fd)) as sock:
        return sock.getsockname()


def test_sockets_that_are_passed_again(manager, tmp_path):
    config = '[listen a]\naddress = fd:main\n'
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(tmp_path / 'room'))
        sock.listen()
        passing = [('main', sock.fileno())]
        room = manager.start(config, passing)
        ann = room.connect(tmp_path / 'room')
        for _ in range(3):
            assert not manager.store
            leave(room)
            assert manager.names() == ['prattled-bag', 'prattled-state']
            room = manager.start(config, passing, ready='goes on with 1 people')
            assert len([fd for fd in os.listdir(f'/proc/{room.pid}/fd')
                        if is_listening(room.pid, fd)]) == 1
            assert ann.people() == 1
            room.connect(tmp_path / 'room').close()
            wait_until(lambda: room.status()['connections'] == 1, 'the other to leave')


def is_listening(pid, fd):
    """Is it a unix socket that listens?"""
    link = os.readlink(f'/proc/{pid}/fd/{fd}')
    inode = link.removeprefix('socket:[').removesuffix(']')
    with open('/proc/net/unix', encoding='ascii') as sockets:
        return any(line.split()[6] == inode and line.split()[3] == '00010000'
                   for line in sockets if len(line.split()) > 7)


@pytest.mark.skipif(os.geteuid() != 0, reason='only root can become somebody else')
def test_another_user(manager, installed, port, tmp_path):
    config = f'[server]\nuser = nobody\n[listen a]\naddress = 127.0.0.1:{port}\n'
    for folder in tmp_path.parents:
        if folder == Path('/tmp'):
            break
        folder.chmod(folder.stat().st_mode | stat.S_IXOTH | stat.S_IROTH)
    for folder in tmp_path, installed.parent:
        folder.chmod(0o755)
    # He tells the manager.
    os.chmod(manager.path, 0o777)
    room = manager.start(config)
    room.file.chmod(0o644)
    room.folder.chmod(0o755)
    ann = room.connect(('127.0.0.1', port))
    for _ in range(2):
        leave(room)
        room = manager.start(config, ready='goes on with 1 people')
        status = Path(f'/proc/{room.pid}/status').read_text()
        assert re.search(r'Uid:\s+(\d+)', status)[1] != '0'
    assert ann.people() == 1


def test_passphrase_that_is_being_checked(manager, port, root_hash):
    config = (f'[operator root]\nhash = {root_hash}\n'
              f'[listen a]\naddress = 127.0.0.1:{port}\n')
    room = manager.start(config)
    ann, bob = (room.connect(('127.0.0.1', port)).rename(name) for name in ('ann', 'bob'))
    for _ in range(5):
        ann.send('/oper root', SECRET, 'one', '/oper')
        leave(room)
        room = manager.start(config, ready='goes on with 2 people')
        ann.expect('You are the operator root now')
        ann.expect('not the operator root any more')
        assert bob.line() == 'ann: one'


def test_while_a_program_is_asked(manager, installed, port):
    config = f'[listen a]\naddress = 127.0.0.1:{port}\n'
    room = manager.start(config)
    ann = room.connect(('127.0.0.1', port))
    good = installed.read_bytes()
    install(installed, b'#!/bin/sh\nexec sleep 1000\n')
    room.signal(signal.SIGUSR2)
    room.wait_log('restart: asking')
    child, = Path(f'/proc/{room.pid}/task/{room.pid}/children').read_text().split()
    leave(room)
    assert not Path(f'/proc/{child}').exists()
    install(installed, good)
    room = manager.start(config, ready='goes on with 1 people')
    assert ann.people() == 1


@pytest.mark.parametrize('size', [0, 1])
def test_without_a_store_it_says_goodbye(prattled, tmp_path, port, size):
    manager = Manager(prattled, tmp_path, size)
    room = manager.start(f'[listen a]\naddress = 127.0.0.1:{port}\n')
    ann = room.connect(('127.0.0.1', port))
    room.signal(signal.SIGQUIT)
    assert ann.expect_end() == ['-- The room is closing. Goodbye!']
    ann.close()
    assert room.wait_exit() == 0
    room.wait_log('SIGQUIT: stopping, 1 people')
    assert not manager.store
    manager.close()


def test_without_a_manager_it_says_goodbye(prattled):
    room = prattled(env={'FDSTORE': '8'})
    ann = room.connect()
    room.signal(signal.SIGQUIT)
    assert ann.expect_end() == ['-- The room is closing. Goodbye!']
    ann.close()
    assert room.wait_exit() == 0


def test_manager_that_does_not_answer(manager, port):
    room = manager.start(f'[listen a]\naddress = 127.0.0.1:{port}\n')
    ann = room.connect(('127.0.0.1', port))
    manager.answers = False
    room.signal(signal.SIGQUIT)
    assert ann.expect_end() == ['-- The room is closing. Goodbye!']
    ann.close()
    assert room.wait_exit() == 0
    room.wait_log('restart: the service manager does not answer$')
    wait_until(lambda: manager.names() == ['prattled-listen'], 'the rest to go')


@pytest.mark.parametrize('size', [0, 1, 2])
def test_store_that_takes_less_than_it_says(prattled, tmp_path, port, size):
    manager = Manager(prattled, tmp_path, size, says=8)
    room = manager.start(f'[listen a]\naddress = 127.0.0.1:{port}\n')
    ann = room.connect(('127.0.0.1', port))
    room.signal(signal.SIGQUIT)
    assert ann.expect_end() == ['-- The room is closing. Goodbye!']
    ann.close()
    assert room.wait_exit() == 0
    room.wait_log('error: restart: the service manager keeps nothing more; '
                  'see FileDescriptorStoreMax$')
    assert set(manager.names()) <= {'prattled-listen'}
    manager.close()


def test_store_that_is_larger_than_anybody_needs(prattled, tmp_path, port):
    manager = Manager(prattled, tmp_path, says=1 << 40)
    config = f'[listen a]\naddress = 127.0.0.1:{port}\n'
    room = manager.start(config)
    ann = room.connect(('127.0.0.1', port))
    assert ann.people() == 1
    leave(room)
    manager.start(config, ready='goes on with 1 people')
    assert ann.people() == 1
    ann.close()
    manager.close()


def test_configuration_with_a_mistake(manager, port):
    room = manager.start(f'[listen a]\naddress = 127.0.0.1:{port}\n')
    ann = room.connect(('127.0.0.1', port))
    room.write('[server]\nnam = x\n')
    room.signal(signal.SIGQUIT)
    assert ann.expect_end() == ['-- The room is closing. Goodbye!']
    ann.close()
    assert room.wait_exit() == 0
    room.wait_log(r'error: restart: .*prattled\.ini:2: unknown key "nam"')
    assert manager.names() == ['prattled-listen']


def test_control_socket(manager, port, tmp_path):
    path = tmp_path / 'control'
    config = f'[control]\nsocket = {path}\n[listen a]\naddress = 127.0.0.1:{port}\n'
    room = manager.start(config, control=None)
    ann = room.connect(('127.0.0.1', port)).rename('ann')
    for _ in range(2):
        leave(room)
        room = manager.start(config, control=None, ready='goes on with 1 people')
        code, out, err = ctl(path, 'who')
        assert (code, err) == (0, '') and 'ann' in out
    assert ann.people() == 1


def test_who_is_still_being_announced_by_a_proxy(manager, port):
    config = (f'[listen a]\naddress = 127.0.0.1:{port}\n'
              'proxy = required\nproxy_from = 127.0.0.1\n')
    room = manager.start(config)
    header = b'PROXY TCP4 192.0.2.7 192.0.2.1 56324 4000\r\n'
    ann = room.connect(('127.0.0.1', port), greet=False)
    ann.send_bytes(header[:20])
    # Somebody comes after that.
    bob = room.connect(('127.0.0.1', port), greet=False)
    bob.send_bytes(header)
    bob.expect(r'You are (\w+) in')
    leave(room)
    room = manager.start(config, ready='goes on with 1 people')
    ann.send_bytes(header[20:])
    ann.expect(r'You are (\w+) in')
    room.wait_log(r'connect from 192\.0\.2\.7:56324 ')


def test_address_that_goes_after_a_restart(manager, port, tmp_path):
    """Nobody has a listener open without listening."""
    path = tmp_path / 'room'
    both = f'[listen a]\naddress = 127.0.0.1:{port}, unix:{path}\n'
    room = manager.start(both)
    ann = room.connect(path)
    for _ in range(2):
        leave(room)
        room = manager.start(both, ready='goes on with 1 people')
    room.reload(f'[listen a]\naddress = unix:{path}\n')
    wait_until(lambda: manager.names() == ['prattled-listen'], 'one of them')
    with pytest.raises(ConnectionRefusedError):
        connect(('127.0.0.1', port))
    assert ann.people() == 1


def test_path_that_was_removed_after_a_crash(manager, port, tmp_path):
    path = tmp_path / 'room'
    config = f'[listen a]\naddress = 127.0.0.1:{port}, unix:{path}\n'
    room = manager.start(config)
    wait_until(lambda: len(manager.store) == 2, 'both')
    room.signal(signal.SIGKILL)
    assert room.wait_exit() == -signal.SIGKILL
    path.unlink()
    room = manager.start(config)
    assert room.connect(path).people() == 1
    assert room.connect(('127.0.0.1', port)).people() == 2


def put_foreign_state(manager, folder):
    with open(folder / 'other', 'w+b') as other:
        other.write(b'x' * 100)
        other.flush()
        os.dup2(other.fileno(), manager.find('prattled-state'))


def lose_state(manager, _):
    manager.lose('prattled-state')


def lose_bag(manager, _):
    manager.lose('prattled-bag')


def refill_bag(manager, change):
    """Take out what is in it, and put in something else."""
    with socket.socket(fileno=os.dup(manager.find('prattled-bag'))) as bag:
        _, fds, _, _ = socket.recv_fds(bag, 1, 253, socket.MSG_DONTWAIT)
    here, there = socket.socketpair()
    socket.send_fds(here, [b'x'], change(fds))
    os.dup2(there.fileno(), manager.find('prattled-bag'))
    here.close()
    there.close()
    for fd in fds:
        os.close(fd)


def lose_one(manager, _):
    refill_bag(manager, lambda fds: fds[:-1])


def add_one(manager, _):
    refill_bag(manager, lambda fds: [*fds, fds[-1]])


def mix_up(manager, _):
    """This is found out when a part of the state is in force already."""
    refill_bag(manager, lambda fds: fds[::-1])


@pytest.mark.parametrize('spoil, why, told', [
    (put_foreign_state, 'that is no state of prattled', 2),
    (lose_state, "can't read the state: Bad file descriptor", 2),
    (lose_bag, 'the service manager has lost the descriptors of the state', 0),
    (lose_one, 'there are 3 descriptors, and not 4', 1),
    (add_one, 'there are 5 descriptors, and not 4', 2),
    (mix_up, "can't listen on .*: Invalid argument", 1)])
def test_state_that_cannot_be_read(manager, port, tmp_path, spoil, why, told):
    path = tmp_path / 'room'
    config = f'[listen a]\naddress = 127.0.0.1:{port}, unix:{path}\n'
    room = manager.start(config)
    ann, bob = room.connect(('127.0.0.1', port)), room.connect(path)
    leave(room)
    # Nobody says this.
    ann.send('hello')
    bob.send('hello')
    spoil(manager, tmp_path)
    room = manager.start(config)
    room.wait_log(f'error: restart: {why}')
    for client in [ann, bob][:told]:
        client.expect('^The room is closing. Goodbye!$')
        assert client.expect_end() == []
    if told == 2:
        with pytest.raises(BrokenPipeError):
            bob.send('hello?')
    wait_until(lambda: manager.names() == ['prattled-listen'] * 2, 'the rest to go')
    # It has begun anew, at the same addresses.
    assert room.connect(('127.0.0.1', port)).people() == 1
    assert room.connect(path).people() == 2
    # And goes on like any other.
    leave(room)
    room = manager.start(config, ready='goes on with 2 people')
    assert room.connect(path).people() == 3
