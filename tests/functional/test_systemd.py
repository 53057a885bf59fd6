# SPDX-License-Identifier: ISC
"""The units in a systemd that was booted for them (machine.py)."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness import wait_until
from machine import FILE, PROGRAM, Knocking, Machine, why_not

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))

OPEN = '[listen main]\naddress = 127.0.0.1:4000\n'
PASSED = ('[listen main]\naddress = fd:main\n'
          '[listen local]\naddress = fd:local\nspeak = line\n')
LOCAL = '/run/prattled.sock'

# The watchdog, in less time than the units give.
QUICK = '[Service]\nWatchdogSec=1s\n'


@pytest.fixture
def machine(tmp_path):
    machine = Machine(tmp_path)
    try:
        machine.install()
        yield machine
    finally:
        machine.close()


@pytest.fixture
def service(machine):
    """A machine with prattled.service, which has opened its address."""
    machine.configure(OPEN)
    machine.systemctl('enable', '--now', 'prattled')
    return machine


@pytest.fixture
def sockets(machine):
    """A machine whose sockets are open, and nobody has come yet."""
    machine.configure(PASSED)
    machine.systemctl('enable', '--now', 'prattled.socket', 'prattled-local.socket')
    return machine


@pytest.fixture(params=['prattled', 'prattled-socket'])
def either(request):
    """A machine, and which of the two services it has."""
    kind = 'service' if request.param == 'prattled' else 'sockets'
    return request.getfixturevalue(kind), request.param


def main_pid(machine, unit):
    return int(machine.show(unit, 'MainPID'))


def test_service(service):
    # It has been waited for until one can come.
    ann = service.person()
    assert ann.people() == 1
    assert service.show('prattled', 'ActiveState') == 'active'
    pid = main_pid(service, 'prattled')
    assert service.run('ps', '-o', 'user=,args=', '-p', str(pid)).stdout.split() == [
        'prattle', PROGRAM, '--config', FILE]
    folders = service.run('stat', '-c', '%U %a', '/run/prattle', '/var/lib/prattle')
    assert folders.stdout == 'prattle 755\nprattle 750\n'
    service.systemctl('stop', 'prattled')
    ann.expect('^-- The room is closing')
    assert service.show('prattled', 'ActiveState') == 'inactive'
    assert service.show('prattled', 'Result') == 'success'
    assert not (service.root / 'run/prattle').exists()


def test_log_and_levels_in_the_journal(service):
    service.person()
    service.wait_journal('^conn 1: connect from 127')
    service.systemctl('kill', '-s', 'USR1', 'prattled')
    service.wait_journal('^status: 1 people, ')
    infos = service.run('journalctl', '-q', '-o', 'cat', '-u', 'prattled',
                        'PRIORITY=6').stdout
    assert 'conn 1: connect' in infos and 'status:' not in infos


def test_sockets_by_name(sockets):
    assert sockets.show('prattled-socket', 'ActiveState') == 'inactive'
    ann = sockets.person()
    bob = sockets.person(LOCAL)
    assert ann.people() == 2
    ann.send('hello')
    bob.expect('^guest1: hello$')
    assert sockets.show('prattled-socket', 'ActiveState') == 'active'
    journal = sockets.journal()
    assert 'listening on 127.0.0.1:4000' in journal
    assert f'listening on unix:{LOCAL}' in journal
    # The local one is for text alone, as its section says: telnet is not answered.
    bob.send_bytes(b'\xff\xfd\x03\n')
    assert bob.barrier() == [] and b'\xff' not in bob.raw


def test_sockets_start_the_service_once_more(sockets):
    ann = sockets.person()
    sockets.systemctl('stop', 'prattled-socket')
    ann.expect('^-- The room is closing')
    assert sockets.show('prattled-socket', 'ActiveState') == 'inactive'
    assert sockets.person().people() == 1


def test_sockets_take_over_from_the_service(service):
    service.configure('[listen main]\naddress = fd:main\n')
    service.systemctl('start', 'prattled.socket')
    assert service.show('prattled', 'ActiveState') == 'inactive'
    assert service.person().people() == 1
    assert service.show('prattled-socket', 'ActiveState') == 'active'
    service.configure(OPEN)
    service.systemctl('start', 'prattled')
    assert service.show('prattled-socket', 'ActiveState') == 'inactive'
    assert service.show('prattled.socket', 'ActiveState') == 'inactive'
    assert service.person().people() == 1


def test_nobody_is_refused_while_the_service_restarts(sockets):
    sockets.person()
    with Knocking(sockets) as knocking:
        for _ in range(3):
            knocking.wait_more()
            sockets.systemctl('restart', 'prattled-socket')
        knocking.wait_more()
    assert knocking.refused == 0


def test_address_outlives_a_crash(service):
    service.person()
    with Knocking(service) as knocking:
        for count in range(1, 4):
            knocking.wait_more()
            service.systemctl('kill', '-s', 'KILL', 'prattled')
            service.wait_show('prattled', 'NRestarts', str(count))
            service.wait_show('prattled', 'ActiveState', 'active')
        knocking.wait_more()
    assert knocking.refused == 0
    assert service.person().people() >= 1


def test_killed_with_sockets(sockets):
    sockets.person()
    pid = main_pid(sockets, 'prattled-socket')
    with Knocking(sockets) as knocking:
        knocking.wait_more()
        sockets.systemctl('kill', '-s', 'KILL', 'prattled-socket')
        # By whom it is started anew, the manager or who knocks, is all the same.
        wait_until(lambda: main_pid(sockets, 'prattled-socket') not in (0, pid),
                   'another process')
        knocking.wait_more()
    assert knocking.refused == 0
    assert sockets.person().people() >= 1
    assert sockets.person(LOCAL).people() >= 2


def test_killed(either):
    machine, unit = either
    ann = machine.person()
    pid = main_pid(machine, unit)
    machine.systemctl('kill', '-s', 'KILL', unit)
    machine.wait_show(unit, 'NRestarts', '1')
    machine.wait_show(unit, 'ActiveState', 'active')
    assert main_pid(machine, unit) not in (0, pid)
    assert ann.receive() == b''
    assert machine.person().people() == 1


def test_sessions_are_kept_at_a_restart(either):
    machine, unit = either
    ann, bob = machine.person().rename('ann'), machine.person()
    ann.send('/join #tea')
    ann.expect('^-- In #tea')
    bob.send_bytes(b'half')
    with Knocking(machine) as knocking:
        for _ in range(3):
            pid = main_pid(machine, unit)
            knocking.wait_more()
            machine.systemctl('restart', unit)
            assert main_pid(machine, unit) not in (0, pid)
        knocking.wait_more()
    assert knocking.refused == 0
    bob.send_bytes(b' a line\n')
    ann.expect(f'{bob.nick}: half a line$')
    assert any('#tea' in line for line in ann.ask('/rooms'))
    # Nobody is left in the store, neither then nor at the end.
    opened = '1' if unit == 'prattled' else '0'
    machine.wait_show(unit, 'NFileDescriptorStore', opened)
    machine.systemctl('stop', unit)
    ann.expect('^-- The room is closing')
    bob.expect('^-- The room is closing')
    assert machine.show(unit, 'NFileDescriptorStore') == '0'
    machine.systemctl('start', unit)
    assert machine.person().people() == 1


def test_unix_socket_outlives_restart_and_crash(service):
    path = '/run/prattle/room'
    service.configure(f'[listen main]\naddress = 127.0.0.1:4000, unix:{path}\n')
    service.systemctl('reload', 'prattled')
    service.wait_journal('^reload: done$')
    ann = service.person(path).rename('ann')
    service.systemctl('restart', 'prattled')
    bob = service.person(path)
    assert ann.people() == 2
    ann.send('hello')
    bob.expect('^ann: hello$')
    service.systemctl('kill', '-s', 'KILL', 'prattled')
    service.wait_show('prattled', 'NRestarts', '1')
    service.wait_show('prattled', 'ActiveState', 'active')
    assert service.person(path).people() == 1
    service.wait_show('prattled', 'NFileDescriptorStore', '2')


def test_restart_with_a_mistake_says_goodbye(either):
    machine, unit = either
    ann = machine.person()
    machine.configure('[server]\nnam = x\n')
    assert machine.systemctl('restart', unit, check=False).returncode != 0
    ann.expect('^-- The room is closing')
    ann.expect_end()
    machine.wait_journal(rf'^restart: {FILE}:2: unknown key "nam"')


def test_restart_without_a_store_says_goodbye(service):
    service.drop_in('prattled.service', '[Service]\nFileDescriptorStoreMax=0\n')
    service.systemctl('restart', 'prattled')
    ann = service.person()
    service.systemctl('restart', 'prattled')
    ann.expect('^-- The room is closing')
    service.wait_journal('^restart: the service manager keeps nothing more')
    assert service.person().people() == 1


def test_reload(either):
    machine, unit = either
    config = OPEN if unit == 'prattled' else PASSED
    ann = machine.person()
    pid = main_pid(machine, unit)
    machine.configure(f'{config}[room #lobby]\ntopic = Tea\n')
    machine.systemctl('reload', unit)
    machine.wait_journal('^reload: done$')
    machine.wait_show(unit, 'ActiveState', 'active')
    assert ann.ask('/topic') == ['-- Topic of #lobby: Tea']
    # With a mistake the command fails, and all stays.
    machine.configure(f'{config}[room #lobby]\ntopik = Cake\n')
    assert machine.systemctl('reload', unit, check=False).returncode != 0
    machine.wait_journal(rf'^{FILE}:\d+: unknown key "topik"')
    machine.wait_show(unit, 'ActiveState', 'active')
    assert ann.ask('/topic') == ['-- Topic of #lobby: Tea']
    assert main_pid(machine, unit) == pid
    assert 'reload: failed' not in machine.journal()


def test_status_has_people_and_rooms(service):
    service.drop_in('prattled.service', QUICK)
    service.systemctl('restart', 'prattled')
    ann, _ = service.person(), service.person()
    ann.send('/join #tea')
    wait_until(lambda: re.search(r'^ +Status: "2 people in 2 rooms"$',
                                 service.systemctl('status', 'prattled').stdout,
                                 re.MULTILINE),
               lambda: service.systemctl('status', 'prattled').stdout)


def test_watchdog_is_fed(service):
    service.drop_in('prattled.service', QUICK)
    service.systemctl('restart', 'prattled')
    fed = set()
    wait_until(lambda: len(fed) >= 4 or fed.add(
        service.show('prattled', 'WatchdogTimestampMonotonic')), lambda: fed)
    assert service.show('prattled', 'NRestarts') == '0'


def test_watchdog_ends_one_that_is_stuck(service):
    service.drop_in('prattled.service', QUICK)
    service.systemctl('restart', 'prattled')
    pid = main_pid(service, 'prattled')
    service.systemctl('kill', '-s', 'STOP', 'prattled')
    service.wait_show('prattled', 'NRestarts', '1')
    service.wait_show('prattled', 'ActiveState', 'active')
    assert 'Watchdog timeout' in service.journal()
    assert main_pid(service, 'prattled') != pid
    assert service.person().people() == 1


def test_mistake_at_the_start(machine):
    machine.configure('[server]\nnam = x\n')
    done = machine.systemctl('start', 'prattled', check=False)
    assert done.returncode != 0
    machine.wait_journal(rf'^{FILE}:2: unknown key "nam"')
    assert 'status=1 ' in machine.show('prattled', 'ExecStartPre')
    # It is not tried for ever.
    machine.wait_show('prattled', 'ActiveState', 'failed')
    assert int(machine.show('prattled', 'NRestarts')) <= 5
    machine.configure(OPEN)
    machine.systemctl('reset-failed', 'prattled')
    machine.systemctl('start', 'prattled')
    assert machine.person().people() == 1


def test_what_the_daemon_does_is_allowed(service):
    """Hashing in a thread of its own, and writing what outlives it."""
    state = '[server]\nstate = /var/lib/prattle\n'
    service.configure(OPEN + state)
    service.systemctl('restart', 'prattled')
    ann = service.person().rename('ann')
    ann.send('/claim', 'correct horse', 'correct horse')
    ann.expect('^-- .*claimed the name ann')
    claims = service.root / 'var/lib/prattle/claims'
    wait_until(lambda: claims.exists() and claims.read_text().startswith('ann $'),
               'the claim')
    service.systemctl('restart', 'prattled')
    bob = service.person()
    bob.send('/nick ann', 'correct horse')
    bob.expect('is now ann$')


def test_restart_in_place(either):
    """Nothing of it is forbidden by the units: a child, a file in memory, the program anew."""
    machine, unit = either
    ann = machine.person()
    pid = main_pid(machine, unit)
    with Knocking(machine) as knocking:
        for _ in range(3):
            knocking.wait_more()
            done = machine.run('prattlectl', 'restart')
            assert re.fullmatch(r'Restarted as prattle \S+: .* still here\.\n', done.stdout)
        knocking.wait_more()
    assert knocking.refused == 0
    assert main_pid(machine, unit) == pid
    machine.wait_show(unit, 'ActiveState', 'active')
    assert ann.ask('hello') == []
    # A restart of the service, and its end, are what they were.
    machine.systemctl('restart', unit)
    assert main_pid(machine, unit) not in (0, pid)
    assert ann.ask('hello') == []
    machine.systemctl('stop', unit)
    ann.expect('^-- The room is closing')


def test_operators_without_privileges(either):
    """Whom the group makes one, with either unit; others are told so."""
    machine, unit = either
    machine.configure(f'{OPEN if unit == "prattled" else PASSED}'
                      '[control]\nmode = 0666\ngroup = prattle\n')
    machine.systemctl('restart', unit)
    words = ['setpriv', '--reuid=4321', '--clear-groups', 'prattlectl', 'uptime']
    done = machine.run(words[0], '--regid=prattle', *words[1:])
    assert done.stdout.startswith('Up ')
    done = machine.run(words[0], '--regid=4321', *words[1:], check=False)
    assert (done.returncode, done.stdout) == (1, '')
    assert 'You may not give commands here' in done.stderr


BOOT = '''
import sys
sys.path.insert(0, sys.argv[1])
from machine import Machine
print(Machine(sys.argv[2]).pid, flush=True)
sys.stdin.read()
'''


def test_nothing_is_left_of_a_test_that_is_killed(tmp_path):
    with subprocess.Popen(
            [sys.executable, '-c', BOOT, Path(__file__).parent, tmp_path],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE) as test:
        machine = int(test.stdout.readline())
        cgroup = Path(f'/proc/{machine}/cgroup').read_text()
        test.kill()
    # conftest.py makes orphans our children.
    os.waitpid(-1, 0)
    assert not Path(f'/proc/{machine}').exists()
    supervisor = re.search(r'/prattle-test\.(\d+)/', cgroup)[1]
    assert not Path(f'/proc/{supervisor}').exists()
    assert not list(Path('/sys/fs/cgroup').rglob(f'prattle-test.{supervisor}'))
    assert str(tmp_path) not in Path('/proc/self/mountinfo').read_text()
