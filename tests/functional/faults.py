# SPDX-License-Identifier: ISC
"""Faults: one day in the life of a daemon, on which one call fails.

The calls are counted, and made to fail, by tests/fault/shim.c. A fault is the name of a
kind of call, as `sendmsg@socket`, an error, and which of these calls has it. Whatever it
is, at most one session may end, and everybody else gets every line; if memory is short
once, nobody notices anything. A daemon that can't start says so, and by its exit code. At
a restart in place the old program goes on or the new one has everybody, unless that was
begun already when its call failed: then it says why it ends.

tools/fault-all goes through all of them; test_fault.py through a sample.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import errno
import mmap
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from harness import (AYT, DO, ECHO, IAC, NAWS, SB, SE, SGA, TTYPE, WILL, binary,
                     environment)

# Seconds after which what is waited for is taken to never come.
PATIENCE = float(os.environ.get('PRATTLE_TEST_DEADLINE', '60'))

STEP = 0.003
SECRET = 'correct horse battery'
SHORT = 'short'

# What can become of each kind of call. What is not here can't fail, or nobody looks.
ERRORS = {
    'malloc': 'ENOMEM',
    'accept4': 'EINTR EAGAIN ECONNABORTED EPROTO EPERM EMFILE ENFILE ENOBUFS ENOMEM',
    'access': 'EACCES EIO',
    'bind': 'EADDRINUSE EACCES',
    'close@file': 'EIO EINTR',
    'close@socket': 'EINTR',
    'epoll_create': 'EMFILE ENOMEM',
    'epoll_ctl@socket': 'ENOMEM ENOSPC',
    'epoll_ctl@pipe': 'ENOMEM ENOSPC',
    'epoll_ctl@other': 'ENOMEM ENOSPC',
    'epoll_wait': 'EINTR',
    'eventfd': 'EMFILE ENOMEM',
    'execve': 'ENOENT ENOMEM',
    'fchmod': 'EPERM EIO',
    'fsync': 'EIO ENOSPC',
    'getrandom': 'EINTR',
    'getsockname': 'ENOBUFS',
    'ioctl@socket': 'EINVAL',
    'listen': 'EADDRINUSE',
    'memfd_create': 'EMFILE ENFILE ENOMEM',
    'mmap@file': 'ENOMEM',
    'open': 'EMFILE ENFILE ENOMEM EACCES EINTR ENOSPC',
    'pipe': 'EMFILE',
    'posix_spawn': 'EAGAIN ENOMEM ENOENT',
    'pthread_create': 'EAGAIN',
    'pwrite@file': 'ENOSPC ENOMEM EINTR short',
    'read@file': 'EIO EINTR short',
    'read@other': 'EAGAIN',
    'recv@socket': 'EINTR EAGAIN ECONNRESET ETIMEDOUT ENOMEM short',
    'rename': 'ENOSPC EIO EACCES',
    'send@socket': 'EINTR EAGAIN ENOBUFS ENOMEM EPIPE ECONNRESET ETIMEDOUT short',
    'sendmsg@socket': 'EINTR EAGAIN ECONNREFUSED ENOBUFS ENOMEM EPIPE ECONNRESET ETIMEDOUT '
                      'short',
    'setsockopt': 'ENOMEM EINVAL',
    'shutdown': 'ENOTCONN',
    'socket': 'EMFILE ENFILE ENOBUFS',
    'stat': 'EACCES EIO',
    'unlink': 'EACCES EIO',
    'write@file': 'ENOSPC EIO EINTR short',
    'write@log': 'ENOSPC EIO EINTR EAGAIN EPIPE short',
    'writev@socket': 'EINTR EAGAIN ENOBUFS EPIPE ECONNRESET short',
}

# Those that may end a session, since they say that its connection is no more, or that
# the system has no room for it. Nobody may be lost by any other.
DEADLY = {
    'epoll_ctl@socket': 'ENOMEM ENOSPC',
    'recv@socket': 'ECONNRESET ETIMEDOUT ENOMEM',
    'send@socket': 'EPIPE ECONNRESET ETIMEDOUT',
    'sendmsg@socket': 'ECONNREFUSED EPIPE ECONNRESET ETIMEDOUT',
    'writev@socket': 'ENOBUFS EPIPE ECONNRESET',
}

# How a daemon may end that can't start: EX_UNAVAILABLE, EX_SOFTWARE, EX_OSERR,
# EX_CANTCREAT, EX_NOPERM, EX_CONFIG.
START_CODES = 69, 70, 71, 73, 77, 78

# The same of one that a restart has begun: EX_DATAERR, too.
END_CODES = 65, *START_CODES

# As struct slot in the shim.
SLOT = struct.Struct('<32sQQQq')
SLOTS_MAX = 1024

CONFIG = '''
[server]
state = {folder}/state
motd_file = {folder}/motd
settle = 0
[limits]
rate = 0
[listen tcp]
address = 127.0.0.1:0
[listen unix]
address = unix:{folder}/socket
send_buffer = 4k
[control]
socket = {folder}/control
[operator root]
hash = {hash}
[room #lobby]
topic = {topic}
'''


class Broken(Exception):
    """What may not happen has."""


class Lost(Exception):
    """A session has ended that nobody ended."""

    def __init__(self, person):
        super().__init__(person.nick)
        self.person = person


class Ended(Exception):
    """The program that a restart has begun could not go on."""


class Fault(collections.namedtuple('Fault', 'site error nth')):
    """One call that fails."""

    def __str__(self):
        return f'{self.site}:{self.error}:{self.nth}'

    @classmethod
    def parse(cls, text):
        site, error, nth = text.split(':')
        return cls(site, error, int(nth))

    @property
    def is_deadly(self):
        return self.error in DEADLY.get(self.site, '').split()

    @property
    def code(self):
        return -1 if self.error == SHORT else getattr(errno, self.error)


class Slots:
    """The file by which the shim is told what to do, and tells what was done."""

    order = {}  # where each kind of call has its slot, once a daemon has run

    def __init__(self, path):
        self.path = path
        with open(path, 'w+b') as file:
            file.truncate(SLOT.size * SLOTS_MAX)
            self.map = mmap.mmap(file.fileno(), 0)

    def close(self):
        self.map.close()

    def read(self):
        """The numbers of each kind of call, by its name."""
        found = {}
        for at in range(0, len(self.map), SLOT.size):
            name, *numbers = SLOT.unpack_from(self.map, at)
            if name[0] == 0:
                break
            name = name.rstrip(b'\0').decode()
            self.order[name] = at
            found[name] = numbers
        return found

    def calls(self, site):
        return SLOT.unpack_from(self.map, self.order[site])[1]

    def hits(self, site):
        return SLOT.unpack_from(self.map, self.order[site])[3]

    def set(self, fault, after=0):
        at = self.order[fault.site]
        struct.pack_into('<q', self.map, at + 56, fault.code)
        struct.pack_into('<Q', self.map, at + 40, fault.nth + after)


def shim():
    """The library, or None if there is none for this build."""
    path = Path(binary()).parent / 'tests/fault/shim.so'
    return path if path.exists() else None


def preload(slots):
    """The environment that makes calls fail."""
    return {'LD_PRELOAD': str(shim()), 'PRATTLE_FAULTS': str(slots.path)}


def wait(check, what):
    """The result of `check` as soon as it is true."""
    end = time.monotonic() + PATIENCE
    while not (result := check()):
        if time.monotonic() > end:
            raise Broken(f'waited in vain for {what}')
        time.sleep(STEP)
    return result


# What a terminal does not show: commands of telnet, and sequences of our editor.
UNSEEN = re.compile(rb'\xff\xfa.*?\xff\xf0|\xff[\xfb-\xfe].|\xff[\xec-\xf9]'
                    rb'|\x1b\[[0-9;?]*[a-zA-Z]', re.DOTALL)


class Person:
    """Somebody at a socket, in the manner of nc."""

    hello = b''
    end = b'\n'

    def __init__(self, address):
        self.nick = 'a newcomer'
        self.raw = b''
        family = socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX
        self.sock = socket.socket(family)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(address)
        if self.hello:
            self.send_bytes(self.hello)
        self.expect(r'In #lobby')

    def close(self):
        self.sock.close()

    def send_bytes(self, data):
        try:
            self.sock.sendall(data)
        except OSError:
            raise Lost(self) from None

    def send(self, line):
        """Type a line; what comes from now on is looked at."""
        mark = len(self.raw)
        self.send_bytes(line.encode() + self.end)
        return mark

    def receive(self):
        """False at the end."""
        try:
            data = self.sock.recv(65536)
        except socket.timeout:
            raise Broken(f'{self.nick} got nothing more behind {self.raw[-200:]!r}'
                         ) from None
        except OSError:
            data = b''
        self.raw += data
        return data != b''

    def expect(self, regex, mark=0):
        pattern = re.compile(regex.encode())
        while not (match := pattern.search(UNSEEN.sub(b'', self.raw[mark:]))):
            if not self.receive():
                raise Lost(self)
        return match[0].decode()

    def ask(self, line, regex):
        return self.expect(regex, self.send(line))

    def barrier(self):
        self.ask('/uptime', r'lines said: \d+')

    def read_to_end(self):
        while self.receive():
            pass


class Terminal(Person):
    """Somebody with a telnet client, whose line is edited by the daemon."""

    hello = bytes([IAC, WILL, TTYPE, IAC, SB, TTYPE, 0, *b'XTERM', IAC, SE,
                   IAC, WILL, NAWS, IAC, SB, NAWS, 0, 80, 0, 24, IAC, SE, IAC, AYT,
                   IAC, DO, ECHO, IAC, DO, SGA])
    end = b'\r\n'


def listening_port(pid):
    """The TCP port on which a process listens, or None."""
    inodes = set()
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for fd in os.scandir(f'/proc/{pid}/fd'):
            with contextlib.suppress(FileNotFoundError):
                inodes.add(os.readlink(fd.path))
    for line in Path('/proc/net/tcp').read_text(encoding='ascii').splitlines()[1:]:
        _, local, _, state, *_, inode = line.split()[:10]
        if state == '0A' and f'socket:[{inode}]' in inodes:
            return int(local.rpartition(':')[2], 16)
    return None


def listens(path):
    """Does anybody listen at this unix socket?"""
    lines = Path('/proc/net/unix').read_text(encoding='utf-8').splitlines()
    return any(fields[3] == '00010000' and fields[-1] == str(path)
               for fields in map(str.split, lines))


class Day:
    """The daemon and its people, from the start to the end."""

    def __init__(self, folder, fault=None):
        self.folder = Path(folder)
        self.fault = fault
        self.people = {}
        self.lost = 0
        self.said = 0
        (self.folder / 'state').mkdir()
        (self.folder / 'motd').write_text('Be kind.\n', encoding='ascii')
        self.slots = Slots(self.folder / 'slots')
        self.hash = hash_of(SECRET)
        self.write('Tea')
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.manager.bind(str(self.folder / 'manager'))
        if fault is not None:
            self.slots.set(fault)
        with open(self.folder / 'log', 'wb') as log:
            self.process = subprocess.Popen(
                [binary(), '-c', str(self.folder / 'prattled.ini')],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=environment(folder, NOTIFY_SOCKET=str(self.folder / 'manager'),
                                **preload(self.slots)))

    def write(self, topic):
        (self.folder / 'prattled.ini').write_text(CONFIG.format(
            folder=self.folder, hash=self.hash, topic=topic), encoding='ascii')

    def log(self):
        return (self.folder / 'log').read_text(encoding='ascii')

    def descriptors(self):
        return len(os.listdir(f'/proc/{self.process.pid}/fd'))

    def run(self):
        """Live it. What was seen, in a word."""
        try:
            if not self.start():
                return 'refused'
            for step in (self.arrive, self.talk, self.claim, self.talk, self.rule,
                         self.reload, self.control, self.stall, self.churn, self.restart,
                         self.talk):
                self.bear(step)
            self.stop()
            self.check_files()
        except Ended:
            return 'ended'
        except (Broken, OSError) as error:
            raise Broken(f'{self.fault}: {error}\n{self.log()[-1500:]}') from error
        return 'lost' if self.lost else 'unnoticed'

    def close(self):
        for person in self.people.values():
            person.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.manager.close()
        self.slots.close()

    def bear(self, step):
        """Take a step, again if somebody was lost, which may happen once."""
        while True:
            try:
                return step()
            except Lost as lost:
                self.lost += 1
                if self.process.poll() is not None:
                    raise Broken(f'ended by {self.process.returncode}') from None
                if self.lost > 1:
                    raise Broken(f'one session too many is lost: {lost}') from None
                if self.fault is None or not self.fault.is_deadly:
                    raise Broken(f'{lost} is lost') from None
                lost.person.close()
                self.people.pop(lost.person.nick, None)

    # The steps. Each can be taken again.

    def start(self):
        path = self.folder / 'socket'

        def look():
            if self.process.poll() is not None:
                return self.process.returncode
            port = listening_port(self.process.pid)
            self.doors = {'tcp': ('127.0.0.1', port), 'unix': str(path)}
            return bool(port and listens(path) and listens(self.folder / 'control'))

        code = wait(look, 'a daemon that listens')
        if code is True:
            return True
        # Even for lack of memory: fopen() and pthread_create() want some, too.
        if self.fault is None or code not in START_CODES:
            raise Broken(f'ended at the start by {code}')
        if not re.search(r'error: |prattled\.ini: ', self.log()):
            raise Broken('did not say why it does not start')
        return False

    def enter(self, nick, kind, door):
        if nick in self.people:
            return
        person = kind(self.doors[door])
        try:
            answer = person.ask(f'/nick {nick}', rf'is now {nick}\b|Passphrase of|!! ')
            if answer.startswith('Passphrase'):
                person.ask(SECRET, f'is now {nick}')
            elif answer.startswith('!!'):
                raise Broken(f'{nick} may not be {nick}')
        except Lost:
            person.close()
            raise
        person.nick = nick
        self.people[nick] = person

    def arrive(self):
        self.enter('ann', Person, 'tcp')
        self.enter('bob', Person, 'unix')
        self.enter('cid', Terminal, 'tcp')

    def talk(self):
        """Everybody says something to everybody."""
        self.arrive()
        for speaker in list(self.people.values()):
            self.said += 1
            word = f'word{self.said}x'
            speaker.send(word)
            speaker.barrier()
            for person in self.people.values():
                if person is not speaker:
                    person.expect(rf'{speaker.nick}: {word}\r?\n')

    def insist(self, person, line, wanted):
        """Ask for something that may be refused once, because of the fault."""
        answer = person.ask(line, f'{wanted}|!! ')
        if answer == '!! ':
            answer = person.ask(line, f'{wanted}|!! ')
        if answer == '!! ':
            raise Broken(f'{person.nick} got no {wanted}')

    def claim(self):
        self.arrive()
        ann = self.people['ann']
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            answer = ann.ask('/claim', r'New passphrase|claimed .* already|!! Names.*\n')
            if 'already' in answer:
                return
            if answer.startswith('!!'):
                time.sleep(STEP)  # the file is read again in some seconds
                continue
            ann.ask(SECRET, 'once more')
            if 'claimed' in ann.ask(SECRET, 'You have claimed|!! '):
                return
        raise Broken('ann may not claim her name')

    def rule(self):
        """Somebody becomes operator, bans an address, and rereads the file."""
        self.arrive()
        bob = self.people['bob']
        if 'Pass' in bob.ask('/oper root', 'Passphrase.*|You are'):
            bob.ask(SECRET, 'You are .*operator|-- .*')
        bob.ask('/ban 192.0.2.7 1h no reason', 'Set: .*')
        self.write('Cakes')
        self.insist(bob, '/rehash', 'has been read again')

    def reload(self):
        """HUP, which may be refused once, and USR1."""
        self.arrive()
        for topic in 'Scones', 'Buns':
            self.write(topic)
            self.signal(signal.SIGHUP)
        self.signal(signal.SIGUSR1)

    def control(self):
        """An operator's tool asks, says, and reads events; it may be lost once."""
        self.arrive()
        try:
            self.use_control()
        except OSError:
            if self.fault is None or self.process.poll() is not None:
                raise
            self.use_control()

    def use_control(self):
        with socket.socket(socket.AF_UNIX) as sock, sock.makefile() as answers:
            sock.settimeout(PATIENCE)
            sock.connect(str(self.folder / 'control'))
            sock.sendall(b'status\njson who\nsay #lobby -\nfrom afar\n')
            sock.shutdown(socket.SHUT_WR)
            lines = answers.read().splitlines()
        if lines.count('ok') != 3:
            raise OSError(f'the tool got {lines}')
        with socket.socket(socket.AF_UNIX) as sock, sock.makefile() as events:
            sock.settimeout(PATIENCE)
            sock.connect(str(self.folder / 'control'))
            sock.sendall(b'events\n')
            first = events.readline()
            self.people['ann'].ask('/me waves', 'ann waves')
            second = events.readline()
        if '"begin"' not in first or '"acted"' not in second:
            raise OSError(f'the tool got {first} and {second}')

    def stall(self):
        """Somebody asks much, and reads late: the daemon has to queue it."""
        self.arrive()
        bob = self.people['bob']
        for _ in range(8):
            bob.send('/help')
        self.people['ann'].barrier()
        bob.barrier()

    def signal(self, number):
        """Send a signal, and wait until it is seen to."""
        bit = 1 << (number - 1)
        status = Path(f'/proc/{self.process.pid}/status')
        self.process.send_signal(number)

        def is_taken():
            pending = re.findall(r'(?:Sig|Shd)Pnd:\s+(\w+)', status.read_text())
            return not any(int(mask, 16) & bit for mask in pending)

        wait(is_taken, 'the signal to be taken')
        # What it has to do comes before what comes after it, in one turn or the next.
        for _ in range(2):
            self.people['bob'].barrier()

    def churn(self):
        """Some come and go, in each manner; nothing is left of them."""
        self.arrive()
        before = self.descriptors()
        quitter = Person(self.doors['tcp'])
        quitter.send('/quit')
        quitter.read_to_end()
        quitter.close()
        half = Person(self.doors['unix'])
        half.send_bytes(b'half a line')
        half.sock.shutdown(socket.SHUT_WR)
        half.read_to_end()
        half.close()
        reset = Person(self.doors['tcp'])
        reset.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                              struct.pack('ii', 1, 0))
        reset.close()
        wait(lambda: self.descriptors() <= before, 'descriptors to be closed')

    def restart(self):
        """The program begins anew, or the one there was goes on, and all stay."""
        self.arrive()
        self.process.send_signal(signal.SIGUSR2)

        def is_over():
            code = self.process.poll()
            if code is not None:
                self.check_end(code)
                raise Ended
            hidden = self.fault is not None and self.fault.site == 'write@log' \
                and self.slots.hits(self.fault.site)
            # What the new program says then, it says before it ends: wait for that.
            old, _, new = self.log().partition('restart: going over to ')
            return hidden or 'error: restart: ' in old \
                or re.search(r'error: restart: failed|restart: .* goes on with', new)

        wait(is_over, 'the end of the restart')

    def check_end(self, code):
        """Behind execve(2) there is no way back. Then it says why it can't go on."""
        _, is_over, log = self.log().partition('restart: going over to ')
        if self.fault is None or not is_over or code not in END_CODES:
            raise Broken(f'ended at the restart by {code}')
        if not re.search(r'error: ', log):
            raise Broken('did not say why it does not go on')

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        for person in self.people.values():
            person.read_to_end()
            if b'closing' not in person.raw:
                self.lost += 1
            person.close()
        if self.lost > (self.fault is not None and self.fault.is_deadly):
            raise Broken('somebody got no goodbye')
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise Broken('did not end') from None
        if code != 0:
            raise Broken(f'ended by {code}')

    def check_files(self):
        """What was to be kept is there, and the log has not lost its head."""
        claims = (self.folder / 'state/claims').read_text(encoding='ascii')
        bans = (self.folder / 'state/bans').read_text(encoding='ascii')
        if not re.fullmatch(r'ann \S+ claimed=\S+ seen=\S+\n', claims):
            raise Broken(f'claims: {claims!r}')
        if not re.search(r'^.*192\.0\.2\.7.*\n\Z', bans, re.MULTILINE):
            raise Broken(f'bans: {bans!r}')
        log = self.log()
        if log.count("can't write") > 1 or log.count("can't accept") > 1:
            raise Broken('said the same more than once')
        left = os.listdir(self.folder / 'state')
        if sorted(left) != ['bans', 'claims'] and self.fault.site != 'unlink':
            raise Broken(f'left behind: {left}')


hashes = {}


def hash_of(secret):
    """A hash that takes no time, from the program itself."""
    if secret not in hashes:
        with tempfile.TemporaryDirectory() as folder:
            slots = Slots(Path(folder) / 'slots')
            done = subprocess.run(
                [binary(), '--hash'], input=secret + '\n', text=True, check=True,
                stdout=subprocess.PIPE, env=environment(folder, **preload(slots)))
            slots.read()
            slots.close()
            hashes[secret] = done.stdout.strip()
    return hashes[secret]


def live(fault=None):
    """One day: what was seen, and the slots at its end."""
    hash_of(SECRET)  # with it the order of slots is known
    folder = tempfile.mkdtemp(prefix='prattle.')
    try:
        day = Day(folder, fault)
        try:
            return day.run(), day.slots.read()
        finally:
            day.close()
    finally:
        shutil.rmtree(folder)


def all_faults():
    """How many calls of each kind there are on a day without a fault; all faults."""
    _, slots = live()
    calls = {site: numbers[0] for site, numbers in slots.items() if numbers[0] > 0}
    return calls, [Fault(site, error, nth) for site, errors in ERRORS.items()
                   for error in errors.split()
                   for nth in range(1, calls.get(site, 0) + 1)]


def spread(faults, count):
    """So many of them, evenly."""
    count = min(count, len(faults))
    return [faults[i * len(faults) // count] for i in range(count)]


def sample(faults, count):
    """Half of them of memory, which most calls are about, half of all the others.

    Of those there is each error of each kind of call at least once, if they suffice.
    """
    memory = [fault for fault in faults if fault.site == 'malloc']
    first = [fault for fault in faults if fault.site != 'malloc' and fault.nth == 1]
    others = [fault for fault in faults if fault.site != 'malloc' and fault.nth > 1]
    half = min(len(memory), max(count // 2, count - len(first) - len(others)))
    first = spread(first, count - half)
    return spread(memory, half) + first + spread(others, count - half - len(first))


class Results:
    """What became of many faults."""

    def __init__(self):
        self.seen = collections.Counter()
        self.broken = []
        self.lock = threading.Lock()

    def try_one(self, fault):
        try:
            word, slots = live(fault)
            if slots[fault.site][2] == 0:
                word = 'not reached'
        except Broken as error:
            word = 'broken'
            with self.lock:
                self.broken.append(str(error))
        with self.lock:
            self.seen[word] += 1

    def try_all(self, faults, jobs, tell=lambda results: None):
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            for _ in pool.map(self.try_one, faults):
                tell(self)

    def __str__(self):
        return ', '.join(f'{n} {word}' for word, n in sorted(self.seen.items()))


def main():
    parser = argparse.ArgumentParser(description='Let every call of the daemon fail.')
    parser.add_argument('-j', '--jobs', type=int, default=2 * (os.cpu_count() or 1),
                        help='daemons at a time')
    parser.add_argument('-n', '--sample', type=int, help='only so many, evenly spread')
    parser.add_argument('-l', '--list', action='store_true', help='only count the calls')
    parser.add_argument('what', nargs='*', metavar='FAULT',
                        help='SITE or SITE:ERROR or SITE:ERROR:N (default: all)')
    options = parser.parse_args()
    if shim() is None:
        sys.exit('there is no shim in this build')
    calls, faults = all_faults()
    if options.what:
        faults = [fault for fault in faults if any(
            f'{fault}:'.startswith(f'{what}:') for what in options.what)]
    if options.sample:
        faults = sample(faults, options.sample)
    for site, count in calls.items():
        print(f'{count:6} {site}' + ('' if site in ERRORS else ' (left alone)'))
    print(f'{len(faults)} faults')
    if options.list:
        return
    results = Results()
    start = time.monotonic()

    def tell(results):
        done = sum(results.seen.values())
        if sys.stdout.isatty() or done % 500 == 0:
            print(f'\r{done}: {results}', end='', flush=True)

    results.try_all(faults, options.jobs, tell)
    print(f'\r{results}; {time.monotonic() - start:.0f} s')
    for text in results.broken:
        print(f'\nBROKEN {text}')
    sys.exit(bool(results.broken))


if __name__ == '__main__':
    main()
