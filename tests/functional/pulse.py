#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Two people who talk while others attack: how long does a line take?

usage: pulse.py HOST PORT INTERVAL

A process of its own, so that whoever attacks does not slow its clock. One says a line
each INTERVAL seconds and waits until the other has it. Says "ready" when both are in; at
the end of its input, it says the numbers as one line of JSON.
"""

import json
import select
import socket
import sys
import time

DEADLINE = 60


def enter(address, name):
    sock = socket.create_connection(address, timeout=DEADLINE)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.sendall(f'/nick {name}\n'.encode())
    read_to(sock, f'is now {name}\r\n'.encode())
    return sock


def read_to(sock, wanted):
    """Read until this has come. The rest of what came with it is of no interest."""
    got = b''
    while wanted not in got:
        data = sock.recv(1 << 20)
        if not data:
            sys.exit(f'closed before {wanted}')
        got = got[-len(wanted):] + data


def main():
    host, port, interval = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    listener, speaker = (enter((host, port), name) for name in ('pulse', 'heart'))
    speaker.sendall(b'hello\n')
    read_to(listener, b'heart: hello\r\n')
    print('ready', flush=True)
    took = []
    while True:
        # What the speaker hears from others is not to fill his queue.
        while select.select([speaker], [], [], 0)[0]:
            speaker.recv(1 << 20)
        start = time.monotonic()
        speaker.sendall(b'beat %d\n' % len(took))
        read_to(listener, b'heart: beat %d\r\n' % len(took))
        took.append((time.monotonic() - start) * 1000)
        if select.select([sys.stdin], [], [], interval)[0]:
            break
    took.sort()
    last = len(took) - 1
    print(json.dumps({'lines': len(took), 'p50': took[last // 2],
                      'p99': took[last * 99 // 100], 'max': took[last]}), flush=True)


main()
