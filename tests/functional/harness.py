# SPDX-License-Identifier: ISC
"""What the functional tests share: a daemon to talk to, and people who talk.

Nothing here waits for a fixed time. Either something is waited for until a deadline
that only a broken daemon reaches, or a barrier is used: a person asks /uptime and reads
up to the answer, and by then has got all that was said to him before.
"""

import contextlib
import json
import os
import re
import socket
import subprocess
import time
from pathlib import Path
from signal import SIGCONT, SIGHUP, SIGSTOP, SIGTERM, SIGUSR1

import pytest

# Seconds after which what is waited for is taken to never come.
DEADLINE = float(os.environ.get('PRATTLE_TEST_DEADLINE', '60'))

# How one waits in small steps for what has no descriptor to poll.
STEP = 0.01

# What a sanitizer writes when it has found something.
REPORT = re.compile(r'ERROR: \w+Sanitizer|runtime error:|SUMMARY: \w+Sanitizer')

# The answer to /uptime.
UPTIME = re.compile(
    r'Up \d+ \w+; people: (?P<people>\d+), rooms: (?P<rooms>\d+), '
    r'lines said: (?P<lines>\d+)\.')

# What no line for a person may hold: C0, DEL, C1, and what turns text around.
UNCLEAN = re.compile('[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]')

# The environment by which a service manager speaks; never that of whoever tests.
MANAGER = ('NOTIFY_SOCKET', 'LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES',
           'WATCHDOG_USEC', 'WATCHDOG_PID', 'JOURNAL_STREAM')

# The environment of a daemon whose memory is to be measured: a sanitizer shall keep
# nothing of what was freed.
NO_QUARANTINE = {
    'ASAN_OPTIONS': 'quarantine_size_mb=0:thread_local_quarantine_size_kb=0'}

SOURCES = Path(__file__).resolve().parents[2]

# Where `tools/deps packaging` has unpacked what it does not install.
UNPACKED = SOURCES / 'build/unpacked'


def etc():
    """The folder of the sample files."""
    return Path(os.environ.get('PRATTLE_ETC', SOURCES / 'etc'))


def short(value):
    """For a message: what is not too much to be read."""
    text = str(value)
    return text if len(text) <= 2000 else f'{text[:500]} [...] {text[-1500:]}'


def wait_until(check, what):
    """The result of `check` as soon as it is true.

    `what` says what is missing, in words or as a function that returns them.
    """
    __tracebackhide__ = True
    end = time.monotonic() + DEADLINE
    while not (result := check()):
        if time.monotonic() > end:
            words = what() if callable(what) else what
            pytest.fail(f'waited in vain for {short(words)}')
        time.sleep(STEP)
    return result


def wait_exit(process):
    """The exit code of a process that is about to end."""
    __tracebackhide__ = True
    try:
        return process.wait(DEADLINE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        pytest.fail(f'did not end: {process.args}')


def rss(pid):
    """Resident memory of a process, in bytes."""
    with open(f'/proc/{pid}/statm', encoding='ascii') as statm:
        return int(statm.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')


def peak(pid):
    """The most memory that a process ever had, in bytes."""
    status = Path(f'/proc/{pid}/status').read_text(encoding='ascii')
    return int(re.search(r'VmHWM:\s+(\d+) kB', status)[1]) * 1024


def state(pid):
    """The letter that says what a process is doing."""
    stat = Path(f'/proc/{pid}/stat').read_text(encoding='ascii')
    return stat.rpartition(')')[2].split()[0]


def binary():
    """The program to be tested. The tests are skipped without it (conftest.py)."""
    return os.environ['PRATTLED']


def environment(folder, **more):
    """For a daemon: no service manager, and sanitizers that report into `folder`.

    What `more` has for a sanitizer is added to its options.
    """
    env = {k: v for k, v in os.environ.items() if k not in MANAGER}
    env.update(more)
    for name in 'ASAN_OPTIONS', 'UBSAN_OPTIONS', 'LSAN_OPTIONS', 'TSAN_OPTIONS':
        options = [os.environ.get(name), more.get(name), f'log_path={folder}/sanitizer']
        env[name] = ':'.join(filter(None, options))
    return env


def check_sanitizers(folder):
    """Fail if a sanitizer has reported anything in `folder`."""
    __tracebackhide__ = True
    for path in Path(folder).glob('sanitizer.*'):
        pytest.fail(f'{path.name}:\n{path.read_text(errors="replace")[:8000]}')


def run(folder, *args, **env):
    """Run prattled to its end: exit code, stdout and stderr."""
    __tracebackhide__ = True
    done = subprocess.run(
        [binary(), *map(str, args)], stdin=subprocess.DEVNULL, capture_output=True,
        timeout=DEADLINE, env=environment(folder, **env), check=False)
    check_sanitizers(folder)
    return (done.returncode, done.stdout.decode(), done.stderr.decode())


def control_tool():
    """The path of prattlectl."""
    beside = Path(binary()).with_name('prattlectl')
    return os.environ.get('PRATTLECTL', str(beside))


def ctl(path, *args, input=None, env=None, **options):
    """Run prattlectl with this socket: exit code, stdout and stderr."""
    __tracebackhide__ = True
    source = {'stdin': subprocess.DEVNULL} if input is None else {'input': input}
    done = subprocess.run(
        [control_tool(), '-s', str(path), *map(str, args)], text=True,
        capture_output=True, timeout=DEADLINE, check=False,
        env={**os.environ, **(env or {})}, **source, **options)
    assert 'Sanitizer' not in done.stderr, short(done.stderr)
    return done.returncode, done.stdout, done.stderr


class Control:
    """Somebody at the control socket."""

    def __init__(self, path):
        self.sock = connect(path)
        self.unread = b''

    def close(self):
        self.sock.close()

    def send(self, *lines):
        self.sock.sendall(b''.join(line.encode() + b'\n' for line in lines))

    def line(self):
        """The next line; None at the end."""
        __tracebackhide__ = True
        while b'\n' not in self.unread:
            try:
                data = self.sock.recv(65536)
            except ConnectionResetError:
                data = b''
            if not data:
                assert not self.unread, short(self.unread)
                return None
            self.unread += data
        line, _, self.unread = self.unread.partition(b'\n')
        return line.decode()

    def whole_line(self):
        """The same, where the last one may be cut."""
        try:
            return self.line()
        except AssertionError:
            return None

    def answer(self):
        """An answer up to its last line, that included."""
        __tracebackhide__ = True
        lines = []
        while not lines or lines[-1] not in ('ok', 'failed', 'usage', 'more'):
            lines.append(self.line())
            assert lines[-1] is not None, short(lines)
        return lines

    def ask(self, line):
        __tracebackhide__ = True
        self.send(line)
        return self.answer()

    def watch(self):
        """Ask for the events: the first one, with which they begin."""
        __tracebackhide__ = True
        self.send('events')
        begin = self.event()
        assert begin['event'] == 'begin', short(begin)
        return begin

    def event(self):
        """The next event."""
        __tracebackhide__ = True
        return json.loads(self.line())

    def events_of(self, *names):
        """All events up to the first of these names."""
        __tracebackhide__ = True
        events = [self.event()]
        while events[-1]['event'] not in names:
            events.append(self.event())
        return events

    def expect_numbered(self, count):
        """The next events are of lines that begin with their number, up to `count`.

        Each one is there, or among those that are told to be skipped.
        """
        __tracebackhide__ = True
        number = 0
        while number < count:
            event = self.event()
            if event['event'] == 'skipped':
                number += event['lines']
            else:
                assert int(event['text'].split()[0]) == number, short(event)
                number += 1
        assert number == count

    def ended(self):
        __tracebackhide__ = True
        assert self.line() is None


class Prattled:
    """A daemon in a folder of its own. Its log is the file `log` there.

    `config` is the text of its file, None for no file. Without a [listen] section there
    it listens on a free port of loopback, unless `listen` is false. Newcomers are
    announced after `settle`, which is so long that it never happens unless the test
    asks for it, and people may send as fast as they can unless the test sets `rate`.
    There is a control socket in its folder if `control` is true, none if it is false,
    and that of the configuration if it is None.
    `wrap` are words before the program's name. `ready` is what the log
    says as soon as one can connect; None does not wait for it.
    """

    def __init__(self, folder, config='', *, settle='1m', rate=0, args=(),
                 env=None, wrap=(), stderr=None, pass_fds=(), ready='listening on ',
                 listen=True, control=False):
        self.folder = Path(folder)
        self.file = self.folder / 'prattled.ini'
        self.log_file = self.folder / 'log'
        self.log_file.touch()
        self.clients = []
        self.control = self.folder / 'control'
        if control is not None:
            args = ['-o', f'control.socket={self.control if control else ""}', *args]
            ready = 'control socket ' if control and ready is not None else ready
        args = ['-o', f'server.settle={settle}', '-o', f'limits.rate={rate}', *args]
        if config is not None:
            self.write(config)
            args += ['-c', self.file]
        if listen and '[listen ' not in (config or ''):
            args += ['-l', '127.0.0.1:0']
        with open(self.log_file, 'ab') as log:
            self.process = subprocess.Popen(
                [*wrap, binary(), *map(str, args)], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log if stderr is None else stderr,
                env=environment(self.folder, **(env or {})), pass_fds=pass_fds)
        if ready is not None:
            self.wait_log(ready)

    # Operators

    def ctl(self, *args, **options):
        """Run prattlectl, which is to end well: the lines that it prints."""
        __tracebackhide__ = True
        code, out, err = ctl(self.control, *args, **options)
        assert (code, err) == (0, ''), short((code, out, err))
        return out.splitlines()

    # The process

    @property
    def pid(self):
        return self.process.pid

    def signal(self, number):
        self.process.send_signal(number)

    def write(self, config):
        """Replace the configuration file."""
        self.file.write_text(config, encoding='utf-8')

    def reload(self, config=None):
        """HUP, with a new file if there is one. The log from there on, when done."""
        if config is not None:
            self.write(config)
        mark = self.log_mark()
        self.signal(SIGHUP)
        self.wait_log(r'reload: (done|failed)', mark)
        return self.log()[mark:]

    def wait_exit(self):
        return wait_exit(self.process)

    def stop(self, number=SIGTERM):
        """End it as an operator would: cleanly."""
        __tracebackhide__ = True
        if self.process.poll() is None:
            self.signal(number)
        # Otherwise it waits a second for them to close, too.
        self.close_clients()
        code = self.wait_exit()
        self.check_reports()
        assert code == 0, f'exit code {code}\n{short(self.log())}'

    def check_reports(self):
        """Fail if a sanitizer has anything to say."""
        __tracebackhide__ = True
        check_sanitizers(self.folder)
        assert not REPORT.search(self.log()), short(self.log())

    # The log

    def log(self):
        return self.log_file.read_text(encoding='utf-8', errors='backslashreplace')

    def log_mark(self):
        """Where the log ends now."""
        return len(self.log())

    def wait_log(self, regex, mark=0):
        """The first match in the log behind `mark`, as soon as there is one."""
        __tracebackhide__ = True
        pattern = re.compile(regex, re.MULTILINE)

        def look():
            match = pattern.search(self.log(), mark)
            if match is None and self.process.poll() is not None:
                match = pattern.search(self.log(), mark)
                if match is None:
                    pytest.fail(f'ended without /{regex}/:\n{short(self.log())}')
            return match

        return wait_until(look, lambda: f'/{regex}/ in:\n{short(self.log())}')

    def status(self):
        """The numbers of the status line that USR1 logs, by name."""
        mark = self.log_mark()
        self.signal(SIGUSR1)
        line = self.wait_log(r'status: (.*) up .*\n', mark)[1]
        return {name: int(n) for n, name in re.findall(r'(\d+) (\w+)', line)}

    def ends(self):
        """How many sessions have ended for which reason, as USR1 logs it."""
        mark = self.log_mark()
        self.signal(SIGUSR1)
        text = self.wait_log(r'; sessions ended: (.*)\n', mark)[1]
        return {why: int(n) for why, n in re.findall(r'([^,]+) (\d+)(?:, |$)', text)}

    # People

    @property
    def port(self):
        return int(self.wait_log(r'listening on 127\.0\.0\.1:(\d+)')[1])

    @property
    def ports(self):
        """The ports of all listeners, in the order of the file."""
        return [int(port) for port in
                re.findall(r' listening on 127\.0\.0\.1:(\d+)', self.log())]

    @property
    def address(self):
        return ('127.0.0.1', self.port)

    def connect(self, address=None, kind=None, **options):
        """Somebody at a plain socket, or of another kind of Client."""
        client = (kind or Client)(address or self.address, **options)
        self.clients.append(client)
        return client

    def people(self, *nicks):
        """Several who have taken these names."""
        return [self.connect().rename(nick) for nick in nicks]

    def close_clients(self):
        for client in self.clients:
            client.close()


def connect(address, source=None, receive_buffer=None):
    """A connected socket: a path, or host and port.

    It comes from the address `source`, and the kernel keeps no more for it than about
    `receive_buffer` bytes.
    """
    if isinstance(address, (str, Path)):
        sock = socket.socket(socket.AF_UNIX)
        address = str(address)
    else:
        family = socket.AF_INET6 if ':' in address[0] else socket.AF_INET
        sock = socket.socket(family)
        # Or a line can wait for the daemon's answer to the last one.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.settimeout(DEADLINE)
    if receive_buffer is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    if source is not None:
        sock.bind((source, 0))
    sock.connect(address)
    return sock


class Client:
    """A person at a plain socket, who reads line by line.

    Each line read is checked: ended by CR LF, UTF-8, and fit for a terminal.
    """

    def __init__(self, address, *, greet=True, **options):
        self.sock = connect(address, **options)
        self.unread = b''
        self.raw = bytearray()  # all that ever came
        self.nick = None
        if greet:
            self.nick = self.expect(r'You are (\w+) in')[1]
            self.expect(r'^-- In #')

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self):
        self.sock.close()

    # Sending

    def send(self, *lines):
        self.send_bytes(b''.join(line.encode() + b'\n' for line in lines))

    def send_bytes(self, data):
        self.sock.sendall(data)

    def end_input(self):
        """Send FIN: nothing more will come from here."""
        self.sock.shutdown(socket.SHUT_WR)

    # Reading

    def receive(self):
        """Wait for some bytes and return them; b'' at the end."""
        __tracebackhide__ = True
        try:
            data = self.sock.recv(65536)
        except socket.timeout:
            pytest.fail(f'{self.nick}: nothing more came behind {short(self.unread)}')
        self.raw += data
        return data

    def line(self):
        """The next line without its end; None when the daemon has closed."""
        __tracebackhide__ = True
        while b'\n' not in self.unread:
            data = self.receive()
            if not data:
                assert not self.unread, f'not ended by CR LF: {short(self.unread)}'
                return None
            self.unread += data
        line, _, self.unread = self.unread.partition(b'\n')
        assert line.endswith(b'\r'), f'not ended by CR LF: {line!r}'
        text = self.text_of(line[:-1])
        assert not UNCLEAN.search(text), f'not fit for a terminal: {text!r}'
        return text

    def text_of(self, line):
        return line.decode()

    def until(self, regex):
        """All lines up to the one that matches, and the match."""
        __tracebackhide__ = True
        pattern = re.compile(regex)
        lines = []
        while True:
            line = self.line()
            if line is None:
                pytest.fail(f'{self.nick}: closed before /{regex}/: {short(lines)}')
            if match := pattern.search(line):
                return lines, match
            lines.append(line)

    def expect(self, regex):
        """The match of the first line that matches; those before are skipped."""
        __tracebackhide__ = True
        return self.until(regex)[1]

    def expect_next(self, line):
        """The next line is this one."""
        __tracebackhide__ = True
        assert self.line() == line

    def expect_bytes(self, wanted):
        """Read until these bytes have come."""
        __tracebackhide__ = True
        while wanted not in self.unread:
            data = self.receive()
            assert data, f'closed before {wanted!r}: {short(self.unread)}'
            self.unread += data
        before, _, self.unread = self.unread.partition(wanted)
        return before

    def expect_end(self):
        """All lines up to the end of the connection, which is no reset."""
        __tracebackhide__ = True
        lines = []
        while (line := self.line()) is not None:
            lines.append(line)
        return lines

    # Asking

    def uptime(self):
        """The lines that came before the answer to /uptime, and its match."""
        __tracebackhide__ = True
        self.send('/uptime')
        return self.until(UPTIME.pattern)

    def barrier(self):
        """All lines that were on their way to this person."""
        __tracebackhide__ = True
        return self.uptime()[0]

    def ask(self, line):
        """Type `line`: what this person sees because of it."""
        __tracebackhide__ = True
        self.send(line)
        return self.barrier()

    def rename(self, nick):
        self.send(f'/nick {nick}')
        self.expect(f'is now {nick}$')
        self.nick = nick
        return self

    def people(self):
        """How many people the daemon counts."""
        return int(self.uptime()[1]['people'])


# Telnet's commands, and the options that matter.
IAC, DONT, DO, WONT, WILL, SB, EL, EC, AYT, IP, BRK, DM, NOP, SE, SUSP, EOF = (
    255, 254, 253, 252, 251, 250, 248, 247, 246, 244, 243, 242, 241, 240, 237, 236)
BINARY, ECHO, SGA, TIMING_MARK, TTYPE, EOR, NAWS, CHARSET = 0, 1, 3, 6, 24, 25, 31, 42


class TelnetClient(Client):
    """A person whose client speaks telnet.

    Commands are taken out of the text, into `commands`, without their IAC. A command
    that `answers` has a value for is answered by it. The bare CR behind the offer,
    which makes what follows overwrite it elsewhere, is taken out, too.
    """

    def __init__(self, address, *, answers=None, **options):
        self.commands = []
        self.answers = answers or {}
        self.pending = b''  # of a command that is cut
        self.after_offer = False
        super().__init__(address, **options)

    def receive(self):
        """Wait for some text and return it; b'' at the end."""
        __tracebackhide__ = True
        text = b''
        while not text:
            data = super().receive()
            if not data:
                break
            text = self.split(data)
        return text

    def split(self, data):
        """The text in some bytes; the commands are seen to."""
        data, text = self.pending + data, b''
        while match := COMMAND.search(data):
            text += self.without_cr(data[:match.start()])
            self.on_command(match[0][1:])
            data = data[match.end():]
        cut = data.find(IAC)
        self.pending = data[cut:] if cut >= 0 else b''
        return text + self.without_cr(data[:cut] if cut >= 0 else data)

    def without_cr(self, text):
        if text and self.after_offer:
            self.after_offer = False
            text = text.removeprefix(b'\r')
        return text

    def on_command(self, command):
        self.commands.append(command)
        self.after_offer = command == bytes([WILL, CHARSET])
        if answer := self.answers.get(command):
            self.send_bytes(answer)

    def text_of(self, line):
        """Without colours."""
        return re.sub('\x1b\\[[0-9;]*m', '', super().text_of(line))

    def tell(self, *data):
        """Send telnet bytes: the commands that come back because of it."""
        __tracebackhide__ = True
        before = len(self.commands)
        self.send_bytes(bytes(data))
        self.barrier()
        return self.commands[before:]


# One command, whole: an option, a subnegotiation, or another one.
COMMAND = re.compile(
    rb'\xff(?:[\xfb-\xfe].|\xfa(?:[^\xff]|\xff[^\xf0])*\xff\xf0|[\xec-\xf9])', re.DOTALL)


def heard(speaker, *listeners):
    """What each of the listeners got up to all that the speaker has caused so far."""
    __tracebackhide__ = True
    speaker.barrier()
    return [listener.barrier() for listener in listeners]


def assert_silence(speaker, *listeners):
    """Nobody got anything by what the speaker has done."""
    __tracebackhide__ = True
    assert heard(speaker, *listeners) == [[]] * len(listeners)


@contextlib.contextmanager
def stopped(room):
    """Stop the daemon by SIGSTOP for a while."""
    os.kill(room.pid, SIGSTOP)
    try:
        wait_until(lambda: state(room.pid) == 'T', 'the daemon to stand still')
        yield
    finally:
        os.kill(room.pid, SIGCONT)
