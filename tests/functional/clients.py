# SPDX-License-Identifier: ISC
"""The real clients: how they are called, and a proxy that records what they get."""

import os
import re
import selectors
import shlex
import socket
import threading

import pexpect

from harness import DEADLINE, connect, wait_until

HOST = '127.0.0.1'

# How each is called: what follows its name. The name may have a second word, which
# comes before the options that a test adds.
COMMANDS = {
    'inetutils-telnet': '{host} {port}',
    'telnet-ssl': '{host} {port}',  # netkit's
    'busybox telnet': '{host} {port}',
    'plink -telnet': '-P {port} {host}',
    'tf5': '-v -f {host} {port}',
    'tt++': "-G -e '#session room {host} {port}'",
    'nc.openbsd': '{host} {port}',
    'nc.traditional': '{host} {port}',
    'busybox nc': '{host} {port}',
    'ncat': '{host} {port}',
    'socat': '- TCP:{host}:{port}',
    'plink -raw': '-P {port} {host}',
    # Reading its input in turns with the socket, and no word about how far it is.
    'curl': '--no-progress-meter -N -T . telnet://{host}:{port}',
}

# They leave the editing of the line to the daemon when it asks for it.
EDITED = ['inetutils-telnet', 'telnet-ssl', 'busybox telnet', 'plink -telnet']

# They speak telnet, and have an input line of their own.
OWN_LINE = ['tf5', 'tt++']

TELNETS = [*EDITED, *OWN_LINE]

# They never speak telnet, or (curl) not before they are spoken to.
PLAIN = [name for name in COMMANDS if name not in TELNETS]

# Characters of one to four bytes, among them those that a BSD telnet takes for its
# keys as long as nobody has asked for BINARY.
GREETING = 'héllo Ü “quotes” Привет 日本語 😀'

# What can be typed into a client, where that is less than everything.
TYPED = {
    'telnet-ssl': GREETING.replace('”', ''),  # a byte of it is ^], the key to its menu
    'tf5': 'hello',  # Debian's takes the eighth bit off each byte, both ways
}

# What a client shows of that.
SHOWN = {'tf5': 'hello'}


def words(program, port, *options):
    """The words that start a client."""
    name, *more = program.split()
    rest = COMMANDS[program].format(host=HOST, port=port)
    return [name, *more, *options, *shlex.split(rest)]


# Colours, or none.
SGR = r'(?:\x1b\[[0-9;]*m)*'


class Terminal(pexpect.spawn):
    """A client at a terminal, where somebody types."""

    linesep = '\r'  # what the Enter key sends

    def __init__(self, program, args, home, *, size=(24, 80), term='xterm'):
        super().__init__(
            program, args, echo=False, timeout=DEADLINE, encoding='utf-8',
            dimensions=size, env={
                'TERM': term, 'LC_ALL': 'C.UTF-8', 'HOME': str(home),
                'PATH': os.environ['PATH']})
        self.delaybeforesend = None
        self.is_tf = program.endswith('/tf5')

    def send_command(self, line):
        """Type a command of the daemon's. Those with a slash are tf's own."""
        self.sendline(f'/send {line}' if self.is_tf else line)

    def expect_said(self, nick, text):
        """Wait for somebody's line, in colours or not."""
        __tracebackhide__ = True
        self.expect(f'{SGR}{nick}{SGR}: {re.escape(text)}\r')

    def expect_rename(self, nick):
        __tracebackhide__ = True
        self.expect(f'-- {SGR}\\w+{SGR} is now {SGR}{nick}')

    def expect_prompt(self):
        """Wait until the daemon edits the line, and shows where."""
        __tracebackhide__ = True
        self.expect(r'\r#lobby> \x1b\[K')


class Recorder:
    """A proxy on loopback that keeps every byte it carries, either way."""

    def __init__(self, address):
        self.address = address
        self.to_client = bytearray()
        self.to_daemon = bytearray()
        self.listener = socket.create_server((HOST, 0))
        self.port = self.listener.getsockname()[1]
        self.socks = [self.listener]
        self.daemon_ended = False
        self.thread = threading.Thread(target=self.carry, daemon=True)
        self.thread.start()

    def carry(self):
        """Carry one connection to its end."""
        try:
            client, _ = self.listener.accept()
        except OSError:  # nobody came
            return
        daemon = connect(self.address)
        self.socks += [client, daemon]
        with selectors.DefaultSelector() as selector:
            selector.register(client, selectors.EVENT_READ, (daemon, self.to_daemon))
            selector.register(daemon, selectors.EVENT_READ, (client, self.to_client))
            while selector.get_map():
                for key, _ in selector.select():
                    if not self.pass_on(key.fileobj, *key.data):
                        selector.unregister(key.fileobj)
                        self.daemon_ended |= key.fileobj is daemon

    @staticmethod
    def pass_on(source, target, record):
        """Carry some bytes. False at the end of the input, which is passed on."""
        try:
            data = source.recv(65536)
            record += data
            if data:
                target.sendall(data)
            else:
                target.shutdown(socket.SHUT_WR)
        except OSError:
            return False
        return bool(data)

    def wait(self, wanted, mark=0):
        """Wait until the client has been sent these bytes, behind `mark`."""
        __tracebackhide__ = True
        wait_until(lambda: wanted in self.to_client[mark:],
                   lambda: f'{wanted!r} in {bytes(self.to_client[mark:])!r}')

    def wait_end(self):
        """Wait until the daemon has ended its side of the connection."""
        __tracebackhide__ = True
        wait_until(lambda: self.daemon_ended, 'the end of the connection')

    def close(self):
        for sock in self.socks:
            try:
                sock.shutdown(socket.SHUT_RDWR)  # which wakes who waits for it
            except OSError:
                pass
        self.thread.join(DEADLINE)
        for sock in self.socks:
            sock.close()
