# SPDX-License-Identifier: ISC
"""The control socket over restarts in place: who asks for one, and who is at something."""

import contextlib
import json
import re
import shutil
import socket
import subprocess
import threading
from signal import SIGUSR2

import pytest

from harness import DEADLINE, Control, binary, control_tool, ctl, stopped, wait_until
from test_restart import COPY, check_state, install, installed  # noqa: F401

OK, FAILED = 0, 1

DONE = r'Restarted as prattle \S+: 1 person is still here\.'
WHY = 'The restart has failed, and nothing has changed: '


@pytest.fixture
def house(installed, prattled):  # noqa: F811
    house = prattled(control=True)
    house.installed = installed
    return house


# Who asks for it


def test_outcome_is_told(house):
    ann, = house.people('ann')
    for _ in range(3):
        line, = house.ctl('restart')
        assert re.fullmatch(DONE, line)
    line, = house.ctl('--json', 'restart')
    answer = json.loads(line)
    assert answer.pop('ok') is True
    text, = answer.pop('text')
    assert re.fullmatch(DONE, text) and not answer
    assert ann.people() == 1
    # By then it is the new program that answers.
    house.wait_log('(?:goes on with 1 people, (?s:.*)){4}')


def test_outcome_by_nc(house, need):
    house.people('ann')
    done = subprocess.run([need('nc.openbsd'), '-N', '-U', house.control], text=True,
                          input='restart\njson restart\nbans\nrestart', check=True,
                          capture_output=True, timeout=DEADLINE)
    lines = done.stdout.splitlines()
    assert re.fullmatch(f'- {DONE}', lines[0])
    assert re.fullmatch(DONE, json.loads(lines[2])['text'][0])
    assert lines[4] == '- Nobody is banned or mute.'
    assert re.fullmatch(f'- {DONE}', lines[6])
    assert lines[1::2] == ['ok'] * 4


BROKEN = {
    'says why': (b'#!/bin/sh\necho no, thanks >&2\nexit 1\n', '{}: no, thanks'),
    'says nothing': (b'#!/bin/sh\nexit 3\n', '{} has ended with status 3 and not said why'),
    'dies': (b'#!/bin/sh\nkill -SEGV $$\n', '{} was ended by signal 11'),
    'vanishes': (b'#!/bin/sh\nrm "$0"\necho state ok\n',
                 "can't execute {}: No such file or directory"),
}


@pytest.mark.parametrize('what', BROKEN)
def test_program_that_is_broken(house, what):
    ann, = house.people('ann')
    good = house.installed.read_bytes()
    content, why = BROKEN[what]
    why = WHY + why.format(house.installed)
    install(house.installed, content)
    assert ctl(house.control, 'restart') == (FAILED, '', f'prattlectl: {why}\n')
    install(house.installed, content)
    code, out, err = ctl(house.control, '-j', 'restart')
    assert (code, err) == (FAILED, '')
    assert json.loads(out) == {'ok': False, 'errors': [why]}
    assert ann.people() == 1
    install(house.installed, good)
    assert re.fullmatch(DONE, house.ctl('restart')[0])


def test_program_that_is_none_at_all(house):
    house.people('ann')
    for content, why in (None, 'No such file or directory'), (b'', 'Exec format error'):
        if content is None:
            house.installed.unlink()
        else:
            install(house.installed, content)
        assert ctl(house.control, 'restart') == (
            FAILED, '', f"prattlectl: It goes on as it is: can't execute {house.installed}: "
            f'{why}.\n')


def test_configuration_with_a_mistake(house):
    house.people('ann')
    house.write('[room #lobby]\ntopik = Tea\n')
    code, out, err = ctl(house.control, 'restart')
    assert (code, out) == (FAILED, '')
    assert err.startswith(f'prattlectl: {WHY}{house.installed}: {house.file}:2: unknown key')
    assert err.count('\n') == 1


HANGS = b'#!/bin/sh\nexec sleep 1000\n'


def test_program_that_does_not_answer(prattled, installed, connect_to):  # noqa: F811
    house = prattled('[control]\nconnections = 2\n', control=True)
    ann, = house.people('ann')
    install(installed, HANGS)
    asker = connect_to(house)
    asker.send('restart', 'uptime')
    house.wait_log('restart: asking')
    # Others are not held up, and are told. For them he makes no way.
    for _ in range(3):
        other = connect_to(house)
        assert other.ask('uptime')[-1] == 'ok'
    assert other.ask('restart') == [
        '! It goes on as it is: a restart is under way already.', 'failed']
    ann.ask('hello')
    assert asker.answer() == [
        f'! {WHY}{installed} has not answered within 10 s', 'failed']
    assert asker.answer()[-1] == 'ok'


def test_end_while_one_waits_for_a_restart(house, connect_to):
    install(house.installed, HANGS)
    asker = connect_to(house)
    asker.send('restart')
    house.wait_log('restart: asking')
    assert ctl(house.control, 'shutdown')[0] == OK
    assert asker.answer() == [f'! {WHY}prattled is about to end', 'failed']
    asker.ended()
    assert house.wait_exit() == 0


def test_who_has_asked_may_go(house, connect_to):
    ann, = house.people('ann')
    good = house.installed.read_bytes()
    for content, outcome in (good, 'goes on with 1 people'), (BROKEN['dies'][0], 'signal 11'):
        install(house.installed, content)
        mark = house.log_mark()
        with contextlib.closing(Control(house.control)) as asker:
            asker.send('restart')
        house.wait_log(outcome, mark)
        assert house.ctl('uptime')
    assert ann.people() == 1


# It is content with the state, and then can't go on for another reason.
FICKLE = '''#!/bin/sh
case $* in
*--check-state*) exec {} "$@";;
*) exec {} "$@" -o limits.clients=-1;;
esac
'''


def test_program_that_can_not_go_on_after_all(house, tmp_path, connect_to):
    ann, = house.people('ann')
    real = tmp_path / 'real'
    shutil.copy(binary(), real)
    install(house.installed, FICKLE.format(real, real).encode())
    events, asker = connect_to(house), connect_to(house)
    events.watch()
    asker.send('restart')
    assert asker.answer() == [
        '! The new program could not go on, and everybody has been disconnected: see the log',
        'failed']
    asker.ended()
    # A program gets no words that are none of its.
    events.ended()
    assert 'Goodbye' in ann.expect_end()[-1]
    assert house.wait_exit() == 78
    assert 'limits.clients' in house.log()
    house.process.returncode = 0


# Who is at something


def test_socket_stays(house):
    inode = house.control.stat().st_ino
    stop = threading.Event()
    codes = set()

    def knock():
        while not stop.is_set():
            codes.add(ctl(house.control, 'uptime')[0])

    knocker = threading.Thread(target=knock)
    knocker.start()
    for _ in range(10):
        house.ctl('restart')
    stop.set()
    knocker.join()
    assert codes == {OK}
    assert house.control.stat().st_ino == inode
    house.stop()
    assert not house.control.exists()


def test_socket_that_somebody_has_removed_is_made_anew(house):
    house.control.unlink()
    mark = house.log_mark()
    house.signal(SIGUSR2)
    house.wait_log('goes on with', mark)
    wait_until(lambda: ctl(house.control, 'uptime')[0] == OK, 'the socket')


def test_socket_goes_where_the_configuration_wants_it(prattled, tmp_path):
    one, two = tmp_path / 'one', tmp_path / 'two'
    room = prattled(f'[control]\nsocket = {one}\n', control=None, ready='control socket ')
    kept = Control(one)
    room.write(f'[control]\nsocket = {two}\n')
    assert kept.ask('restart')[-1] == 'ok'
    assert ctl(two, 'uptime')[0] == OK and not one.exists()
    room.write(f'[control]\nsocket = {tmp_path}/no/where\n')
    assert kept.ask('restart')[-1] == 'ok'
    assert 'No such file or directory; the control socket stays as it was\n' in room.log()
    assert ctl(two, 'uptime')[0] == OK
    kept.close()


def test_pipe_goes_on(house, connect_to):
    ann, = house.people('ann')
    tool = connect_to(house)
    assert tool.ask('json say #lobby -') == ['more']
    for n in range(5):
        tool.sock.sendall(f'line {n}\nhalf a '.encode())
        ann.expect_next(f'-- root: line {n}')
        house.ctl('restart')
        tool.sock.sendall(b'line\n')
        ann.expect_next('-- root: half a line')
    tool.sock.shutdown(socket.SHUT_WR)
    house.ctl('restart')
    assert json.loads(tool.line()) == {'ok': True, 'text': ['Lines said in #lobby: 10.']}
    assert tool.answer() == ['ok']
    tool.ended()


def test_pipe_loses_nothing(prattled, need, tmp_path):
    room = prattled('[control]\nsay_rate = 500\nsay_burst = 10\n'
                    '[limits]\nsend_queue_soft = 0\n', control=True)
    ann, = room.people('ann')
    path = tmp_path / 'lines'
    path.write_text(''.join(f'line {n}\n' for n in range(1000)))
    with open(path, 'rb') as lines, subprocess.Popen(
            [control_tool(), '-s', room.control, 'say', 'lobby', '-'], stdin=lines,
            stdout=subprocess.PIPE, text=True) as tool:
        for n in range(1000):
            ann.expect_next(f'-- root: line {n}')
            if n % 200 == 50:
                room.ctl('restart')
        assert tool.stdout.read() == 'Lines said in #lobby: 1000.\n'
    assert tool.returncode == OK


def test_pipe_may_say_no_more_for_a_restart(prattled, connect_to):
    room = prattled('[control]\nsay_rate = 1\nsay_burst = 50\n', control=True)
    ann, = room.people('ann')
    tool = connect_to(room)
    assert tool.ask('say #lobby -') == ['more']
    tool.send(*[f'line {n}' for n in range(400)])
    ann.expect('root: line 49$')
    room.ctl('restart')
    # Time for all of them, if it were not for the rate.
    assert sum(len(ann.barrier()) for _ in range(50)) < 40


def test_events_go_on(prattled, connect_to):
    room = prattled('[server]\nrestart_notice = Hold on.\n', control=True)
    tools = [connect_to(room) for _ in range(3)]
    for tool in tools:
        tool.watch()
    ann, = room.people('ann')
    for n in range(3):
        ann.send(f'line {n}')
        room.ctl('restart')
        for tool in tools:
            assert tool.event()['text'] == f'line {n}'
            # Not even what is told by the restart itself is missing.
            assert tool.event()['text'] == 'Hold on.'
    tools[0].close()
    ann.ask('bye')
    assert tools[1].event()['text'] == 'bye'


def test_events_behind_a_restart(house, connect_to):
    ann, = house.people('ann')
    for _ in range(5):
        tool = connect_to(house)
        tool.send('restart', 'events')
        assert tool.answer()[-1] == 'ok'
        assert tool.event()['event'] == 'begin'
        ann.ask('hello')
        assert tool.event()['text'] == 'hello'


def test_slow_reader_of_events_gets_all_that_is_not_counted(prattled, connect_to):
    room = prattled('[limits]\nsend_queue_soft = 4k\nsend_time = 1h\n', control=True)
    slow = connect_to(room)
    slow.watch()
    ann, = room.people('ann')
    for n in range(2000):
        ann.send(f'{n} {"x" * 500}')
        if n in (500, 1500):
            ann.barrier()
            room.ctl('restart')
    ann.barrier()
    slow.expect_numbered(2000)
    ann.send('the end')
    assert slow.event()['text'] == 'the end'


def test_reader_who_never_reads_is_disconnected_by_the_next_one(prattled, connect_to):
    room = prattled('[limits]\nsend_queue_soft = 4k\nsend_time = 2s\n[log]\nlevel = debug\n',
                    control=True)
    slow = connect_to(room)
    slow.send('events')
    ann, = room.people('ann')
    ann.send(*[f'{n} {"x" * 500}' for n in range(3000)])
    ann.barrier()
    room.ctl('restart')
    room.wait_log(r'goes on (?s:.*)control: uid \d+ pid \d+ has left: too slow to read$')


def test_answers_that_are_not_read_yet(house, connect_to):
    tool = connect_to(house)
    tool.sock.setblocking(False)
    count = 0
    with contextlib.suppress(BlockingIOError):
        for count in range(2000):
            tool.sock.send(b'help\n')
    wanted = count
    for _ in range(3):
        house.ctl('restart')
    tool.sock.settimeout(DEADLINE)
    answers = [tool.answer() for _ in range(wanted)]
    assert answers == [answers[0]] * wanted and answers[0][-1] == 'ok'


def test_half_a_request_goes_on(house, connect_to):
    tool = connect_to(house)
    tool.sock.sendall('wall h\u00e9'.encode()[:-1])
    ann, = house.people('ann')
    house.ctl('restart')
    tool.sock.sendall('h\u00e9!\n'.encode()[2:])
    assert tool.answer() == ['ok']
    ann.expect_next('-- root to all: h\u00e9!')


def test_whoever_has_left_meanwhile_is_forgotten(house, connect_to):
    tools = [Control(house.control) for _ in range(5)]
    tools[0].watch()
    assert tools[1].ask('say #lobby -') == ['more']
    with stopped(house):
        tools[2].send('restart')
        for tool in tools:
            tool.close()
    house.wait_log('goes on with')
    house.wait_log('audit')
    assert house.ctl('uptime')


# The state


def test_state_holds_what_they_are_at(house, tmp_path, connect_to):
    pipe, events = connect_to(house), connect_to(house)
    assert pipe.ask('say #lobby -') == ['more']
    events.watch()
    good = house.installed.read_bytes()
    install(house.installed, COPY)
    assert ctl(house.control, 'restart')[0] == FAILED
    install(house.installed, good)
    code, out, err = check_state(f'{house.installed}.state', tmp_path)
    assert (code, err) == (OK, '')
    assert out.startswith('state ok: ')
    # Whoever looks at it does not take the socket away.
    assert house.control.exists() and pipe.sock.fileno() != -1
