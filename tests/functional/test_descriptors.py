# SPDX-License-Identifier: ISC
"""Out of descriptors: nobody notices, nothing spins, and newcomers get in afterwards."""

import contextlib
import os
import resource
import socket
import time

import pytest

import faults
from harness import DEADLINE, connect, ctl, wait_until

LINES = 200
CANNOT = r"warning: listen 127\.0\.0\.1:\d+: can't accept: (.*); pausing\n"
AGAIN = r'notice: listen 127\.0\.0\.1:\d+: accepting again\n'


@pytest.fixture
def slots(tmp_path):
    """Counts the calls of a daemon; None if this build can't."""
    if faults.shim() is None:
        yield None
        return
    slots = faults.Slots(tmp_path / 'slots')
    yield slots
    slots.close()


@pytest.fixture
def room(prattled, slots):
    room = prattled(env=faults.preload(slots) if slots else None)
    if slots:
        slots.read()
    return room


@contextlib.contextmanager
def no_descriptors(room):
    """It can't have any more of them."""
    used = len(os.listdir(f'/proc/{room.pid}/fd'))
    limits = resource.prlimit(room.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(room.pid, resource.RLIMIT_NOFILE, (used, limits[1]))
    try:
        yield
    finally:
        resource.prlimit(room.pid, resource.RLIMIT_NOFILE, limits)


def test_nobody_notices(room, slots):
    ann, bob = room.people('ann', 'bob')
    with contextlib.ExitStack() as stack:
        with no_descriptors(room):
            for _ in range(5):
                stack.enter_context(connect(room.address))
            assert room.wait_log(CANNOT)[1] == 'Too many open files'
            calls, start = slots.calls('accept4') if slots else 0, time.monotonic()
            for n in range(LINES):
                ann.send(f'line {n}')
                bob.expect_next(f'ann: line {n}')
            # It looks once a second, however many turns it makes meanwhile.
            if slots:
                passed = time.monotonic() - start
                assert slots.calls('accept4') - calls <= passed + 2
        wait_until(lambda: ann.people() == 7, 'those who waited')
    room.wait_log(AGAIN)
    assert room.log().count("can't accept") == 1


def test_who_closes_makes_room(room):
    ann, bob = room.people('ann', 'bob')
    with no_descriptors(room):
        with connect(room.address) as waiting:
            room.wait_log(CANNOT)
            bob.close()
            assert waiting.recv(9) == b'-- Welcom'
            assert ann.people() == 2


def test_operator_gets_in(prattled):
    room = prattled('[log]\nlevel = debug\n', control=True)
    room.people('ann', 'bob')
    mark = 0
    with no_descriptors(room), connect(room.address):
        room.wait_log(CANNOT)
        # One after the other: when one has left nobody else gets what he had.
        for _ in range(3):
            code, out, err = ctl(room.control, 'who')
            assert (code, err) == (0, '') and 'ann' in out
            mark = room.wait_log('control: .* has left', mark).end()
        assert ctl(room.control, 'say', '#lobby', 'hold on')[0] == 0
    assert "control: can't accept" not in room.log()


def test_second_operator_waits(prattled):
    room = prattled(control=True)
    with no_descriptors(room):
        with socket.socket(socket.AF_UNIX) as first, \
                socket.socket(socket.AF_UNIX) as second:
            for sock in first, second:
                sock.settimeout(DEADLINE)
                sock.connect(str(room.control))
                sock.sendall(b'uptime\n')
            assert first.recv(2) == b'- '
            room.wait_log("warning: control: can't accept: Too many open files; pausing")
            first.close()
            assert second.recv(2) == b'- '


@pytest.mark.parametrize('error', ['ECONNABORTED', 'EINTR', 'EPROTO', 'ENETUNREACH'])
def test_one_peer_who_is_gone_is_no_reason_to_pause(room, slots, error):
    if slots is None:
        pytest.skip('no library for faults in this build')
    ann, = room.people('ann')
    slots.set(faults.Fault('accept4', error, 1), after=slots.calls('accept4'))
    room.connect()
    assert ann.people() == 2
    assert slots.read()['accept4'][2] == 1, 'the fault was not reached'
    assert "can't accept" not in room.log()


@pytest.mark.parametrize('error', ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'])
def test_pause_for_what_is_lacking(room, slots, error):
    if slots is None:
        pytest.skip('no library for faults in this build')
    slots.set(faults.Fault('accept4', error, 1), after=slots.calls('accept4'))
    room.connect()
    room.wait_log(CANNOT)
    room.wait_log(AGAIN)
