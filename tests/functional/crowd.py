# SPDX-License-Identifier: ISC
"""Many people at once, who only listen."""

import os
import selectors
import threading

from harness import DEADLINE, connect, wait_until


class Crowd:
    """Many people, read by one thread that keeps what each has got."""

    def __init__(self, address, size):
        self.socks = [connect(address) for _ in range(size)]
        self.got = [bytearray() for _ in range(size)]
        self.closed = set()
        self.error = None
        self.selector = selectors.DefaultSelector()
        for n, sock in enumerate(self.socks):
            sock.setblocking(False)
            self.selector.register(sock, selectors.EVENT_READ, n)
        self.wake, wake = os.pipe()
        self.selector.register(self.wake, selectors.EVENT_READ, None)
        self.stop_fd = wake
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        while True:
            for key, _ in self.selector.select():
                if key.data is None:
                    return
                self.read_one(key.fileobj, key.data)

    def read_one(self, sock, n):
        try:
            data = sock.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError as error:
            self.error, data = error, b''
        self.got[n] += data
        if not data:
            self.selector.unregister(sock)
            self.closed.add(n)

    def wait(self, end):
        """Wait until everybody has got something that ends like this."""
        __tracebackhide__ = True

        def all_have():
            assert self.error is None, self.error
            assert not self.closed, f'{len(self.closed)} were disconnected'
            return all(got.endswith(end) for got in self.got)

        wait_until(all_have, lambda: f'{end!r} at {self.missing(end)} people')

    def missing(self, end):
        return sum(not got.endswith(end) for got in self.got)

    def lines(self, n):
        """What one of them has got, without the ends of lines."""
        return self.got[n].decode().split('\r\n')[:-1]

    def leave(self):
        os.write(self.stop_fd, b'.')
        self.thread.join(DEADLINE)
        for fd in self.wake, self.stop_fd:
            os.close(fd)
        for sock in self.socks:
            sock.close()
        self.selector.close()
