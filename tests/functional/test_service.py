# SPDX-License-Identifier: ISC
"""Under a service manager, and as a daemon without one."""

import grp
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest

from harness import DEADLINE, binary, check_sanitizers, environment, run, wait_until

EX_UNAVAILABLE, EX_CANTCREAT, EX_NOPERM, EX_CONFIG = 69, 73, 77, 78


# Notifications


class Manager:
    """Gets what the daemon tells its service manager."""

    def __init__(self, address):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(address)
        self.sock.settimeout(DEADLINE)
        self.got = []

    def expect(self, regex):
        """The next message that matches; those before are skipped."""
        __tracebackhide__ = True
        while True:
            try:
                message = self.sock.recv(4096).decode()
            except socket.timeout:
                pytest.fail(f'no /{regex}/ in {self.got}')
            self.got.append(message)
            if match := re.search(regex, message, re.MULTILINE):
                return match


@pytest.fixture(params=['path', 'abstract'])
def manager(request, tmp_path):
    name = str(tmp_path / 'notify')
    if request.param == 'abstract':
        name = f'prattle-test-{os.getpid()}-{time.monotonic_ns()}'
        manager = Manager(f'\0{name}')
        manager.name = f'@{name}'
    else:
        manager = Manager(name)
        manager.name = name
    yield manager
    manager.sock.close()


def test_manager_is_told(prattled, manager):
    room = prattled(env={'NOTIFY_SOCKET': manager.name})
    manager.expect('^READY=1$')
    assert len(manager.got) == 1
    manager.expect('^STATUS=0 people in 1 rooms$')
    room.signal(signal.SIGTERM)
    manager.expect('^STOPPING=1$')


def now_us():
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000


def test_manager_is_told_of_reloads(prattled, manager):
    room = prattled(env={'NOTIFY_SOCKET': manager.name})
    manager.expect('^READY=1$')
    for config in '', '[server]\nnam = x\n':
        room.write(config)
        before = now_us()
        room.signal(signal.SIGHUP)
        began = manager.expect('^RELOADING=1\nMONOTONIC_USEC=([0-9]+)$')[1]
        # An earlier one is not taken for the answer to the signal (Type=notify-reload).
        assert before <= int(began) <= now_us()
        manager.expect('^READY=1$')


def test_watchdog_and_people(prattled, manager):
    room = prattled(env={'NOTIFY_SOCKET': manager.name, 'WATCHDOG_USEC': '100000'})
    for _ in range(5):
        manager.expect('^WATCHDOG=1$')
    room.people('ann', 'bob')
    manager.expect('^STATUS=2 people in 1 rooms$')


def test_nobody_to_notify(prattled):
    for name in ('', 'relative', '@', '/nonexistent/socket', f'/{"x" * 200}',
                 'vsock:2:1'):
        prattled(env={'NOTIFY_SOCKET': name}).connect()


# Descriptors that are passed


PASS = '''
import fcntl, os, sys
fds = [fcntl.fcntl(int(fd), fcntl.F_DUPFD, 100) for fd in sys.argv[1].split(',')]
for n, fd in enumerate(fds):
    os.dup2(fd, 3 + n)
    os.close(fd)
os.environ['LISTEN_PID'] = sys.argv[2] or str(os.getpid())
os.environ['LISTEN_FDS'] = str(len(fds))
os.execv(sys.argv[3], sys.argv[3:])
'''


@pytest.fixture
def passing(prattled, tmp_path):
    """Start a daemon with sockets that listen already, each at a path by its name."""
    socks = []

    def start(config, names, listen_pid='', **more):
        for n, _ in enumerate(names):
            socks.append(socket.socket(socket.AF_UNIX))
            socks[-1].bind(str(tmp_path / f'passed{n}'))
            socks[-1].listen()
        fds = [sock.fileno() for sock in socks]
        wrap = [sys.executable, '-c', PASS, ','.join(map(str, fds)), listen_pid]
        env = {} if None in names else {'LISTEN_FDNAMES': ':'.join(names)}
        return prattled(config, wrap=wrap, pass_fds=fds, env=env, listen=False, **more)

    yield start
    for sock in socks:
        sock.close()


def test_passed_sockets_by_name(passing, tmp_path):
    room = passing('[listen a]\naddress = fd:chat\n[listen b]\naddress = fd:more\n',
                   ['chat', 'more', 'chat'])
    room.wait_log('listening on unix:.*passed2')
    people = [room.connect(tmp_path / f'passed{n}') for n in range(3)]
    assert people[0].people() == 3
    room.stop()
    # They belong to the service manager.
    assert (tmp_path / 'passed0').exists()


def test_passed_sockets_stay_at_a_reload(passing, tmp_path):
    config = '[listen a]\naddress = fd:chat\n'
    room = passing(config, ['chat'])
    room.connect(tmp_path / 'passed0')
    log = room.reload(config + '[room #new]\n')
    assert 'reload: done' in log and 'listening' not in log
    room.connect(tmp_path / 'passed0')


@pytest.mark.parametrize('names', [['chat', 'more'], [None, None]], ids=str)
def test_passed_sockets_without_a_listen_section(passing, tmp_path, names):
    room = passing('', names)
    room.wait_log('listening on unix:.*passed1')
    people = [room.connect(tmp_path / f'passed{n}') for n in range(2)]
    assert people[0].people() == 2
    assert '4000' not in room.log()


def test_passed_socket_without_any_file(passing, tmp_path):
    default = re.search(r'default: (\S+), if there', run(tmp_path, '--help')[1])[1]
    if os.path.exists(default):
        pytest.skip(f'{default} exists')
    room = passing(None, ['chat'])
    room.connect(tmp_path / 'passed0')


def test_unnamed_passed_sockets_are_called_unknown(passing, tmp_path):
    room = passing('[listen a]\naddress = fd:unknown\n', [None])
    room.connect(tmp_path / 'passed0')


def test_passed_socket_that_nobody_names(passing, tmp_path):
    room = passing('[listen a]\naddress = fd:chat\n', ['chat', 'more'])
    room.wait_log(r'warning: the socket "more" was passed, but no \[listen\] has '
                  'address = fd:more$')
    assert '"chat" was passed' not in room.log()
    room.connect(tmp_path / 'passed0')


def test_sockets_for_another_process_are_left_alone(passing):
    room = passing('[listen a]\naddress = fd:chat\n', ['chat'], listen_pid='1',
                   ready=None)
    assert room.wait_exit() == EX_UNAVAILABLE
    assert 'no socket called "chat" was passed' in room.log()
    # What never began does not end.
    assert 'ended' not in room.log()


def test_sockets_that_are_announced_but_not_there(prattled):
    room = prattled(wrap=['sh', '-c', 'LISTEN_PID=$$ exec "$@"', 'sh'],
                    env={'LISTEN_FDS': '2', 'LISTEN_FDNAMES': 'prattled-listen:more'})
    for fd, name in (3, 'prattled-listen'), (4, 'more'):
        room.wait_log(f'warning: descriptor {fd} was announced as "{name}" but is not open$')
    # Their numbers are its own by now, and nothing is passed.
    assert 'was passed' not in room.log()
    room.people('ann')


def passed(prattled, config, *files, **more):
    """A daemon that is passed these descriptors, the first one as "odd"."""
    fds = [file.fileno() for file in files]
    return prattled(config, listen=False, pass_fds=fds, env={'LISTEN_FDNAMES': 'odd:even'},
                    wrap=[sys.executable, '-c', PASS, ','.join(map(str, fds)), ''], **more)


@pytest.mark.parametrize('config', ['', '[listen a]\naddress = fd:odd\n'])
def test_passed_socket_of_another_kind(prattled, config):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(('127.0.0.1', 0))
        room = passed(prattled, config, sock, ready=None)
        assert room.wait_exit() == EX_UNAVAILABLE
    assert ('error: "odd", which was passed to the daemon, is no stream socket '
            '(ListenStream= of a socket unit makes one)\n') in room.log()
    assert 'warning' not in room.log()


def test_passed_socket_that_cannot_listen(prattled):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        room = passed(prattled, '', ours, ready=None)
        assert room.wait_exit() == EX_UNAVAILABLE
    assert re.search('error: "odd", which was passed to the daemon: can\'t listen on .*: '
                     'Invalid argument\n', room.log())


def test_passed_file_is_no_address(prattled, tmp_path):
    """As what a later version has left in the store of the service manager."""
    with open(tmp_path / 'odd', 'w', encoding='ascii') as file, socket.socket() as sock:
        sock.bind(('127.0.0.1', 0))
        sock.listen()
        room = passed(prattled, '', file, sock)
        room.wait_log(r'warning: the socket "odd" was passed, but no \[listen\] has '
                      'address = fd:odd$')
        ann, = room.people('ann')
        assert 'reload: done' in room.reload('[room #new]\n')
        assert 'no longer listening' not in room.log()
        assert room.connect().people() == 2 == ann.people()


def test_passed_tcp_socket(prattled):
    with socket.socket() as sock:
        sock.bind(('127.0.0.1', 0))
        sock.listen()
        fd = sock.fileno()
        room = prattled('', listen=False, pass_fds=[fd],
                        wrap=[sys.executable, '-c', PASS, str(fd), ''])
        assert room.address == sock.getsockname()
        room.connect()


# The journal


IN_JOURNAL = [
    'sh', '-c', 'JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec "$@"', 'sh']


def test_levels_for_the_journal(prattled):
    room = prattled(wrap=IN_JOURNAL)
    room.connect()
    room.wait_log('^<6>conn 1: connect from ')
    room.stop()
    for line in room.log().splitlines():
        assert re.match('<[0-7]>', line), line
    assert re.search('^<5>listening on', room.log(), re.MULTILINE)


@pytest.mark.parametrize('stream', ['', '1:1', 'nonsense'])
def test_no_levels_for_others(prattled, stream):
    room = prattled(env={'JOURNAL_STREAM': stream})
    room.wait_log(r'^\d\d\d\d-\d\d-\d\d \d\d:\d\d:\d\d notice: listening on ')


# In the background


class Background:
    """A daemon that was started with -d."""

    def __init__(self, prattled, tmp_path, file=None):
        self.pidfile = tmp_path / 'pid'
        config = None if file else f'[server]\npidfile = {self.pidfile}\n'
        args = ['-d', '-c', file] if file else ['-d']
        self.start = prattled(config, args=args, ready=None)
        assert self.start.wait_exit() == 0, self.start.log()
        self.pid = int(self.pidfile.read_text())
        self.status = None

    def proc(self, name):
        return f'/proc/{self.pid}/{name}'

    def stop(self):
        """End it, and see how: conftest.py makes orphans our children."""
        os.kill(self.pid, signal.SIGTERM)
        self.start.close_clients()
        wait_until(self.is_reaped, 'the end')
        check_sanitizers(self.start.folder)
        return os.waitstatus_to_exitcode(self.status)

    def is_reaped(self):
        pid, self.status = os.waitpid(self.pid, os.WNOHANG)
        return pid != 0


def test_background(prattled, tmp_path):
    daemon = Background(prattled, tmp_path)
    ann, = daemon.start.people('ann')
    assert ann.people() == 1
    assert os.getsid(daemon.pid) == daemon.pid
    assert os.readlink(daemon.proc('cwd')) == '/'
    for fd in range(3):
        assert os.readlink(daemon.proc(f'fd/{fd}')) == '/dev/null'
    # It answers as soon as the one who started it has been let go.
    os.kill(daemon.pid, signal.SIGUSR1)
    assert ann.people() == 1
    assert daemon.stop() == 0
    assert not daemon.pidfile.exists()
    # From then on the log went to syslog.
    assert 'status:' not in daemon.start.log() and 'ended' not in daemon.start.log()


def test_background_reads_its_file_again(prattled, tmp_path, monkeypatch):
    # In the background it is in /, where a relative path leads nowhere.
    monkeypatch.chdir(tmp_path)
    pidfile = tmp_path / 'pid'
    config = f'[server]\npidfile = {pidfile}\n'
    (tmp_path / 'here.ini').write_text(config)
    daemon = Background(prattled, tmp_path, file='here.ini')
    ann, = daemon.start.people('ann')
    (tmp_path / 'here.ini').write_text(f'{config}[room #lobby]\ntopic = Tea\n')
    os.kill(daemon.pid, signal.SIGHUP)
    wait_until(lambda: ann.ask('/topic') == ['-- Topic of #lobby: Tea'], 'the reload')
    assert daemon.stop() == 0


def test_foreground_writes_no_pidfile(prattled, tmp_path):
    prattled(f'[server]\npidfile = {tmp_path}/pid\n').connect()
    assert not (tmp_path / 'pid').exists()


def test_stale_pidfile_is_replaced(prattled, tmp_path):
    gone = os.posix_spawn('/bin/true', ['true'], {})
    os.waitpid(gone, 0)
    for stale in str(gone), 'nonsense', '', '0':
        (tmp_path / 'pid').write_text(f'{stale}\n')
        daemon = Background(prattled, tmp_path)
        assert daemon.stop() == 0


def failing_start(tmp_path, *args):
    """-d with something wrong: exit code and what was said."""
    code, out, err = run(tmp_path, '-d', '-c', '/dev/null', *args)
    assert out == ''
    return code, err


def test_living_pidfile_keeps_it_from_starting(tmp_path):
    pidfile = tmp_path / 'pid'
    pidfile.write_text(f'{os.getpid()}\n')
    code, err = failing_start(
        tmp_path, '-p', 0, '-o', f'server.pidfile={pidfile}')
    assert code == EX_CANTCREAT
    assert f'{pidfile} says that process {os.getpid()} runs already' in err
    assert pidfile.read_text() == f'{os.getpid()}\n'


def test_pidfile_that_cannot_be_written(tmp_path):
    code, err = failing_start(
        tmp_path, '-p', 0, '-o', 'server.pidfile=/nonexistent/pid')
    assert code == EX_CANTCREAT
    assert "can't write pidfile /nonexistent/pid: No such file or directory" in err


def test_background_address_in_use(tmp_path):
    with socket.socket() as busy:
        busy.bind(('127.0.0.1', 0))
        busy.listen()
        code, err = failing_start(tmp_path, '-p', busy.getsockname()[1])
    assert code == EX_UNAVAILABLE
    assert "can't listen on 127.0.0.1:" in err


def test_background_mistake_in_the_configuration(tmp_path):
    code, err = failing_start(tmp_path, '-o', 'server.nam=x')
    assert code == EX_CONFIG
    assert 'unknown key "nam"' in err


# Another user


need_root = pytest.mark.skipif(os.geteuid() != 0, reason='only root changes the user')

# A process that has changed its user can't be looked at by LeakSanitizer.
NO_LEAKS = {'ASAN_OPTIONS': 'detect_leaks=0'}


def ids(pid):
    """Uid, Gid and Groups of a process."""
    with open(f'/proc/{pid}/status', encoding='ascii') as status:
        found = dict(line.rstrip().split(':', 1) for line in status)
    return [list(map(int, found[name].split())) for name in ('Uid', 'Gid', 'Groups')]


@need_root
def test_becomes_another_user(prattled):
    nobody = pwd.getpwnam('nobody')
    room = prattled('[server]\nuser = nobody\n', env=NO_LEAKS)
    room.connect()
    assert ids(room.pid) == [[nobody.pw_uid] * 4, [nobody.pw_gid] * 4, [nobody.pw_gid]]
    assert 'running as root' not in room.log()


@need_root
def test_becomes_another_user_and_group(prattled, tmp_path):
    group = grp.getgrnam('daemon')
    path = tmp_path / 'room'
    room = prattled(f'[listen main]\naddress = unix:{path}\n'
                    '[server]\nuser = 12345\ngroup = daemon\n', env=NO_LEAKS)
    room.connect(path)
    assert ids(room.pid) == [[12345] * 4, [group.gr_gid] * 4, [group.gr_gid]]


@need_root
def test_stays_root_with_a_warning(prattled):
    prattled().wait_log('warning: running as root; set user in')


@need_root
@pytest.mark.parametrize('option, why', [
    ('user=no-such-user', r'there is no user "no-such-user"'),
    ('group=no-such-group', r'there is no group "no-such-group"'),
])
def test_nobody_of_that_name(tmp_path, option, why):
    code, _, err = run(tmp_path, '-c', '/dev/null', '-l', '127.0.0.1:0', '-o',
                       f'server.{option}')
    assert code == EX_NOPERM
    assert why in err


@need_root
@pytest.mark.skipif(shutil.which('setpriv') is None, reason='no setpriv')
@pytest.mark.parametrize('options, who', [
    (['user=nobody'], 'user nobody'),
    (['group=daemon'], 'group daemon'),
    (['user=nobody', 'group=daemon'], 'user nobody, group daemon'),
])
def test_may_not_become_somebody_else(tmp_path, options, who):
    done = subprocess.run(
        ['setpriv', '--bounding-set=-setuid,-setgid', binary(), '-c', '/dev/null',
         '-l', '127.0.0.1:0', *(f'-oserver.{option}' for option in options)],
        env=environment(tmp_path), capture_output=True, text=True, timeout=DEADLINE,
        check=False)
    assert done.returncode == EX_NOPERM
    assert f"error: can't become {who}: Operation not permitted\n" in done.stderr
