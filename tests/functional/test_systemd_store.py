# SPDX-License-Identifier: ISC
"""Restarts of the service, and crashes, in a systemd that was booted for them."""

import pytest

machine = pytest.importorskip('machine')

pytestmark = pytest.mark.skipif(machine.why_not() is not None,
                                reason=str(machine.why_not()))


@pytest.fixture
def service(tmp_path):
    """A machine with prattled.service, which has opened its address."""
    one = machine.Machine(tmp_path)
    try:
        one.install()
        one.configure('[listen main]\naddress = 127.0.0.1:4000\n')
        # More starts than systemd likes.
        one.drop_in('prattled.service', '[Unit]\nStartLimitIntervalSec=0\n')
        one.systemctl('enable', '--now', 'prattled')
        yield one
    finally:
        one.close()


def test_restart_of_the_service_keeps_everybody(service):
    ann, bob = service.person().rename('ann'), service.person()
    bob.send_bytes(b'half')
    pids = set()
    with machine.Knocking(service) as knocking:
        for _ in range(5):
            pids.add(service.show('prattled', 'MainPID'))
            service.systemctl('restart', 'prattled')
            knocking.wait_more()
    assert knocking.refused == 0 and len(pids) == 5
    bob.send_bytes(b' a line\n')
    ann.expect(f'^{bob.nick}: half a line$')
    # To be ended is something else.
    service.systemctl('stop', 'prattled')
    assert ann.expect_end()[-1] == '-- The room is closing. Goodbye!'


def test_address_outlives_a_crash(service):
    service.person()
    with machine.Knocking(service) as knocking:
        for count in range(1, 4):
            service.systemctl('kill', '-s', 'KILL', 'prattled')
            service.wait_show('prattled', 'NRestarts', str(count))
            service.wait_show('prattled', 'ActiveState', 'active')
            knocking.wait_more()
    assert knocking.refused == 0
    assert service.person().people() >= 1
